/* Where a snapshot goes: see target.h. */
#include "service/snapshot/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/snapshot/format.h"
#include "util/log.h"
#include "util/reach.h"

#define MODE 0600 /* all that the guest knows is in there */

static int refuse(struct target *target, int err, const char *why)
{
	snprintf(target->why, sizeof(target->why), "%s: %s%s", target->path,
		 why, log_advice(-err));
	return err;
}

static int failed(struct target *target)
{
	int err = -errno;

	return refuse(target, err, strerror(-err));
}

/* Whether what is open there begins as one, or is empty: begun by one of us. */
static bool is_ours(int fd)
{
	char magic[SNAPSHOT_MAGIC_LEN];
	ssize_t len = pread(fd, magic, sizeof(magic), 0);

	return !len || (len == sizeof(magic) &&
			!memcmp(magic, SNAPSHOT_MAGIC, sizeof(magic)));
}

/* What is there already may be a user's work. 0 or -errno. */
static int check_place(struct target *target)
{
	struct stat st;
	bool ours;
	int fd;

	if (fstatat(target->folder, target->name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : failed(target);
	if (S_ISLNK(st.st_mode))
		return refuse(target, -ELOOP,
			      "is a symbolic link; name the file itself");
	if (!S_ISREG(st.st_mode))
		return refuse(target, -EINVAL,
			      "is not a regular file; a "
			      "snapshot is one");
	fd = openat(target->folder, target->name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return failed(target);
	ours = is_ours(fd);
	close(fd);
	return ours ? 0 :
		      refuse(target, -EEXIST,
			     "it exists, and is no snapshot; name another "
			     "file, or remove it");
}

static int open_folder(struct target *target)
{
	const char *slash = strrchr(target->path, '/');
	size_t len = slash ? (size_t)(slash - target->path) + 1 : 0;
	char *folder = len ? strndup(target->path, len) : strdup(".");
	const char *name = target->path + len;

	target->name = strdup(name);
	target->tmp = malloc(strlen(name) + sizeof(".tmp"));
	if (folder && target->name && target->tmp) {
		snprintf(target->tmp, strlen(name) + sizeof(".tmp"), "%s.tmp",
			 name);
		target->folder =
			open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	free(folder);
	return target->folder < 0 ? failed(target) : 0;
}

int target_open(struct target *target, const char *path)
{
	int err;

	*target = (struct target){
		.path = path, .folder = -1, .fd = -1, .user = geteuid()
	};
	err = open_folder(target);
	if (!err && (!*target->name || !strcmp(target->name, ".") ||
		     !strcmp(target->name, "..")))
		err = refuse(target, -EISDIR, "is a folder; name a file in it");
	if (!err)
		err = check_place(target);
	if (err)
		target_close(target);
	else
		reach_add(REACH_REPLACE, path);
	return err;
}

void target_close(struct target *target)
{
	if (target->folder >= 0)
		close(target->folder);
	free(target->name);
	free(target->tmp);
	target->name = target->tmp = NULL;
	target->folder = -1;
}

/* Whether FILE.tmp is what is open, still: another may have been faster. */
static bool is_there(const struct target *target)
{
	struct stat open, there;

	return !fstat(target->fd, &open) &&
	       !fstatat(target->folder, target->tmp, &there,
			AT_SYMLINK_NOFOLLOW) &&
	       open.st_dev == there.st_dev && open.st_ino == there.st_ino;
}

/* False: it has gone meanwhile, to be FILE. */
static bool open_tmp(struct target *target)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

	target->fd = openat(target->folder, target->tmp,
			    flags | O_CREAT | O_EXCL, MODE);
	target->is_new = target->fd >= 0;
	if (target->is_new || errno != EEXIST)
		return true;
	target->fd = openat(target->folder, target->tmp, flags);
	return target->fd >= 0 || errno != ENOENT;
}

static int take(struct target *target)
{
	while (!open_tmp(target))
		;
	if (target->fd < 0)
		return failed(target);
	if (!flock(target->fd, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ?
		       refuse(target, -EBUSY, "is being saved to just now") :
		       failed(target);
}

/* Whether FILE.tmp is a snapshot of this user's that was begun: its head, which is
 * written last, is there or is a hole yet. */
static bool may_be_written(const struct target *target)
{
	static const char hole[SNAPSHOT_MAGIC_LEN];
	char magic[SNAPSHOT_MAGIC_LEN];
	struct stat st;

	if (target->is_new)
		return true;
	return !fstat(target->fd, &st) && S_ISREG(st.st_mode) &&
	       st.st_uid == target->user && st.st_nlink == 1 &&
	       (is_ours(target->fd) ||
		(pread(target->fd, magic, sizeof(magic), 0) == sizeof(magic) &&
		 !memcmp(magic, hole, sizeof(magic))));
}

static void let_go(struct target *target)
{
	if (target->fd >= 0)
		close(target->fd);
	target->fd = -1;
}

int target_begin(struct target *target)
{
	int err = check_place(target);

	if (!err)
		err = take(target);
	while (!err && !is_there(target)) {
		let_go(target);
		err = take(target);
	}
	if (!err && !may_be_written(target))
		err = refuse(target, -EEXIST,
			     "beside it is a .tmp that no save has begun; "
			     "remove it, or name another file");
	if (!err && ftruncate(target->fd, 0))
		err = failed(target);
	if (err)
		let_go(target);
	return err;
}

int target_sync(struct target *target)
{
	return fsync(target->fd) ? failed(target) : 0;
}

int target_end(struct target *target, bool ok)
{
	int err = 0;

	if (ok && (renameat(target->folder, target->tmp, target->folder,
			    target->name) ||
		   (fsync(target->folder) && errno != EINVAL)))
		err = failed(target);
	if (!ok || err)
		unlinkat(target->folder, target->tmp, 0);
	let_go(target);
	return err;
}

int target_say(const struct target *target, const char *option, int err)
{
	if (err)
		log_error("%s: %s", option, target->why);
	return err;
}
