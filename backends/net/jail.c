/*
 * The jail of kvm-net. Its peer is the guest, and what the guest sends is read by
 * libslirp, in C. Connections to wherever the user may connect are its job, so that
 * is what cannot be taken from it; the rest is.
 */
#define _GNU_SOURCE /* unshare() */
#include "backends/net/jail.h"

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

#define MEMORY_MAX	(1ull << 30) /* bytes of address space */
#define DESCRIPTORS_MAX 1024	     /* network.c counts on it */

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
static bool unshare_files(void)
{
	char users[32], groups[32];

	snprintf(users, sizeof(users), "%u %u 1", getuid(), getuid());
	snprintf(groups, sizeof(groups), "%u %u 1", getgid(), getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS))
		return !unshare(
			CLONE_NEWNS); /* root, where there are no others */
	write_line("/proc/self/setgroups", "deny");
	return write_line("/proc/self/uid_map", users) &&
	       write_line("/proc/self/gid_map", groups);
}

/* An empty file system takes the place of what there was. */
static void leave_files(void)
{
	if (!unshare_files() ||
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

bool jail_enter(void)
{
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_AS, MEMORY_MAX);
	limit(RLIMIT_NOFILE, DESCRIPTORS_MAX);
	leave_files();
	drop_rights();
	return !prctl(PR_SET_DUMPABLE, 0) &&
	       !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && filter_enter();
}
