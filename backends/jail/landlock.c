/*
 * Landlock: no file can be opened, made or executed, whatever rights there are; no
 * TCP either for those without a network, and neither sockets without a file nor
 * signals lead out (landlock(7)). What is open stays open.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/jail/jail.h"

/* As the kernel has them today; Debian's headers know the first two versions. */
#define CREATE_RULESET 444
#define RESTRICT_SELF  446
#define ASK_VERSION    1
#define VERSION_KNOWN  6

struct ruleset {
	uint64_t files, network, scopes;
};

/* How many bits of each there are, by version (Linux, uapi/linux/landlock.h). */
static const struct {
	uint8_t files, network, scopes;
	uint8_t size; /* bytes of the structure */
} versions[VERSION_KNOWN + 1] = {
	[1] = { 13, 0, 0, 8 },	[2] = { 14, 0, 0, 8 },	[3] = { 15, 0, 0, 8 },
	[4] = { 15, 2, 0, 16 }, [5] = { 16, 2, 0, 16 }, [6] = { 16, 2, 2, 24 },
};

static uint64_t all(unsigned int bits)
{
	return (1ull << bits) - 1;
}

int landlock_enter(const struct jail *jail)
{
	long has = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
	int version = has > VERSION_KNOWN ? VERSION_KNOWN : has;
	struct ruleset nothing;
	int fd;
	bool stands;

	if (version <= 0)
		return 0;
	nothing = (struct ruleset){
		.files = all(versions[version].files),
		.network = jail->has_network ? 0 :
					       all(versions[version].network),
		.scopes = all(versions[version].scopes),
	};
	fd = syscall(CREATE_RULESET, &nothing, versions[version].size, 0);
	if (fd < 0)
		return 0;
	stands = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
		 !syscall(RESTRICT_SELF, fd, 0);
	close(fd);
	return stands ? version : 0;
}
