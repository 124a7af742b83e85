/*
 * Namespaces: what a process can see of the machine (namespaces(7)). kvm-vmm has
 * started it in a PID namespace, whose first process it then is; the others it makes
 * itself, once the libraries are loaded.
 */
#define _GNU_SOURCE /* unshare(), setresuid() */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/jail/jail.h"

#define NOBODY 65534

#define SPACES (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS)

static bool write_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, line, strlen(line)) > 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* In a user namespace of its own a process has all rights, over what is in it: its
 * user must have a number there, or not even an empty folder could be mounted. */
static bool unshare_as_user(int spaces)
{
	const unsigned int uid = getuid(), gid = getgid();
	char users[32], groups[32];

	snprintf(users, sizeof(users), "%u %u 1", uid, uid);
	snprintf(groups, sizeof(groups), "%u %u 1", gid, gid);
	return !unshare(CLONE_NEWUSER | spaces) &&
	       write_line("/proc/self/setgroups", "deny") &&
	       write_line("/proc/self/uid_map", users) &&
	       write_line("/proc/self/gid_map", groups);
}

/* Who it is outside of its user namespace; and whether it has one, where a single
 * user has a number: the machine's first has all of them. */
static unsigned int real_user(bool *own)
{
	unsigned int inside, outside = 0, count = 0;
	char map[64] = "";
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return getuid();
	if (read(fd, map, sizeof(map) - 1) > 0)
		sscanf(map, "%u %u %u", &inside, &outside, &count);
	close(fd);
	*own = count == 1;
	return *own ? outside : getuid();
}

/* An empty file system takes the place of what there was. */
static bool leave_files(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/proc", "tmpfs",
		  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k") ||
	    chdir("/proc"))
		return false;
	if (!syscall(SYS_pivot_root, ".", "."))
		return !umount2(".", MNT_DETACH) && !chdir("/");
	return !chroot(".") && !chdir("/");
}

/*
 * Root without rights still owns root's files and processes. A change of user makes
 * the kernel forget that the process is to end with its parent.
 */
static bool leave_root(void)
{
	int deadly = 0;
	bool left;

	prctl(PR_GET_PDEATHSIG, &deadly);
	left = !setgroups(0, NULL) && !setresgid(NOBODY, NOBODY, NOBODY) &&
	       !setresuid(NOBODY, NOBODY, NOBODY);
	if (deadly)
		prctl(PR_SET_PDEATHSIG, deadly);
	return left;
}

void rooms_enter(const struct jail *jail, struct jail_walls *walls)
{
	int spaces = SPACES | (jail->has_network ? 0 : CLONE_NEWNET);
	bool own_users = false;
	unsigned int user;

	if (!unshare(spaces) || unshare_as_user(spaces))
		walls->spaces = spaces;
	user = real_user(&own_users);
	if (getpid() == 1)
		walls->spaces |= CLONE_NEWPID;
	if (own_users)
		walls->spaces |= CLONE_NEWUSER;
	if (walls->spaces & CLONE_NEWNS)
		walls->no_files = leave_files();
	walls->is_root = !user && !leave_root();
}
