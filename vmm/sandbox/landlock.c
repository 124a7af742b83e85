/*
 * Landlock: which files a thread may still open, remove or make, whatever its user
 * may. What it has open stays as it is. Read: landlock(7); Linux,
 * Documentation/userspace-api/landlock.rst.
 */
#define _GNU_SOURCE /* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "util/reach.h"

/* All that a version of the interface knows to forbid; the header may be older. */
#define FS_RIGHTS_1 0x1fffULL	 /* EXECUTE to MAKE_SYM */
#define FS_REFER    (1ULL << 13) /* 2: from one folder to another */
#define FS_TRUNCATE (1ULL << 14) /* 3 */
#define FS_IOCTL    (1ULL << 15) /* 5: of devices */
#define NET_TCP	    3ULL	 /* 4: bind() and connect() */
#define SCOPE_NAMES 1ULL	 /* 6: sockets without a file */

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

struct ruleset {
	uint64_t fs, net, scoped;
};

int landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		       LANDLOCK_CREATE_RULESET_VERSION);
}

static void forbid_all(struct ruleset *rules, int version)
{
	*rules = (struct ruleset){ .fs = FS_RIGHTS_1 };
	if (version >= 2)
		rules->fs |= FS_REFER;
	if (version >= 3)
		rules->fs |= FS_TRUNCATE;
	if (version >= 4)
		rules->net = NET_TCP;
	if (version >= 5)
		rules->fs |= FS_IOCTL;
	if (version >= 6)
		rules->scoped = SCOPE_NAMES;
}

static size_t size_of(int version)
{
	if (version >= 6)
		return sizeof(struct ruleset);
	return version >= 4 ? offsetof(struct ruleset, scoped) :
			      offsetof(struct ruleset, net);
}

/* The folder that a file is removed from. */
static int open_folder(const char *path)
{
	char *copy = strdup(path), *slash = copy ? strrchr(copy, '/') : NULL;
	int fd;

	if (slash)
		slash[slash == copy] = '\0';
	fd = open(slash ? copy : ".", O_PATH | O_CLOEXEC);
	free(copy);
	return fd;
}

static uint64_t rights_of(enum reach how, const struct ruleset *rules)
{
	switch (how) {
	case REACH_READ:
		return FS_READ;
	case REACH_WRITE:
		return rules->fs & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE;
	case REACH_REMOVE:
		return LANDLOCK_ACCESS_FS_REMOVE_FILE;
	case REACH_REPLACE:
		return (LANDLOCK_ACCESS_FS_READ_FILE |
			LANDLOCK_ACCESS_FS_WRITE_FILE |
			LANDLOCK_ACCESS_FS_MAKE_REG |
			LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE) &
		       rules->fs;
	}
	return 0;
}

static bool is_of_folder(enum reach how)
{
	return how == REACH_REMOVE || how == REACH_REPLACE;
}

static int let_through(int fd, const struct reachable *r,
		       const struct ruleset *rules)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = rights_of(r->how, rules),
		.parent_fd = is_of_folder(r->how) ?
				     open_folder(r->path) :
				     open(r->path, O_PATH | O_CLOEXEC),
	};
	int err;

	if (beneath.parent_fd < 0)
		return 0; /* it has gone: there is nothing to let through */
	err = syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH,
		      &beneath, 0) ?
		      -errno :
		      0;
	close(beneath.parent_fd);
	return err;
}

int landlock_restrict(void)
{
	const int version = landlock_version();
	struct ruleset rules;
	int fd, err = 0;

	/* The first version forbids to move files between folders, whoever may. */
	if (version < 1 || (version < 2 && reach_has(REACH_WRITE)))
		return 0;
	forbid_all(&rules, version);
	fd = syscall(SYS_landlock_create_ruleset, &rules, size_of(version), 0);
	if (fd < 0)
		return -errno;
	for (const struct reachable *r = reach_first(); r && !err; r = r->next)
		err = let_through(fd, r, &rules);
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0))
		err = -errno;
	close(fd);
	return err ? err : version;
}
