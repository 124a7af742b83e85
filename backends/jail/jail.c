/*
 * The jail of back ends that read what guests have made, by libraries in C: what they
 * do not need is taken from them.
 */
#define _GNU_SOURCE /* unshare() */
#include "backends/jail/jail.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void limit(int resource, rlim_t value)
{
	struct rlimit now, new = { value, value };

	if (!getrlimit(resource, &now) && now.rlim_max > value)
		setrlimit(resource, &new);
}

static bool write_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, line, strlen(line)) > 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* In a namespace of its own a process has all rights, over what is in it: the
 * user's number stays the same, or not even an empty folder could be mounted. */
static bool unshare_files(const struct jail *jail)
{
	const int network = jail->has_network ? 0 : CLONE_NEWNET;
	char users[32], groups[32];

	snprintf(users, sizeof(users), "%u %u 1", getuid(), getuid());
	snprintf(groups, sizeof(groups), "%u %u 1", getgid(), getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS |
		    network))
		return !unshare(CLONE_NEWNS); /* root, without others */
	write_line("/proc/self/setgroups", "deny");
	return write_line("/proc/self/uid_map", users) &&
	       write_line("/proc/self/gid_map", groups);
}

/* An empty file system takes the place of what there was. */
static void leave_files(const struct jail *jail)
{
	if (!unshare_files(jail) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/proc", "tmpfs",
		  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k") ||
	    chdir("/proc"))
		return;
	if (!syscall(SYS_pivot_root, ".", "."))
		umount2(".", MNT_DETACH);
	else if (chroot("."))
		return;
	if (chdir("/"))
		return;
}

static void drop_rights(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
						 0 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	syscall(SYS_capset, &head, none);
}

bool jail_enter(const struct jail *jail)
{
	limit(RLIMIT_CORE, 0);
	if (!jail->has_files)
		limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_AS, jail->memory);
	limit(RLIMIT_NOFILE, jail->descriptors);
	leave_files(jail);
	drop_rights();
	return !prctl(PR_SET_DUMPABLE, 0) &&
	       !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && filter_enter(jail);
}
