/*
 * The jail of back ends that read what guests have made, by libraries in C: what they
 * do not need is taken from them.
 */
#define _GNU_SOURCE
#include "backends/jail/jail.h"

#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/util/backend.h"

static void limit(int resource, rlim_t value)
{
	struct rlimit now, new = { value, value };

	if (!getrlimit(resource, &now) && now.rlim_max > value)
		setrlimit(resource, &new);
}

/* One that messages go to may grow by them. */
static bool is_file(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

static void limit_all(const struct jail *jail)
{
	limit(RLIMIT_CORE, 0);
	if (!jail->has_files && !is_file(STDERR_FILENO))
		limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_AS, jail->memory);
	limit(RLIMIT_NOFILE, jail->descriptors);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_MEMLOCK, 0);
}

static void drop_rights(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
						 0 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	syscall(SYS_capset, &head, none);
}

static bool enter(const struct jail *jail, struct jail_walls *walls)
{
	rooms_enter(jail, walls);
	walls->landlock = landlock_enter(jail);
	drop_rights();
	return !prctl(PR_SET_DUMPABLE, 0) &&
	       !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

bool jail_enter(const struct jail *jail)
{
	struct jail_walls walls = { 0 };

	if (!enter(jail, &walls))
		return false;
	if (getenv(BACKEND_VERBOSE))
		show_walls(stderr, jail, &walls);
	limit_all(jail);
	return filter_enter(jail);
}

int jail_show(const struct jail *jail)
{
	struct jail_walls walls = { 0 };

	show_calls(jail);
	if (!enter(jail, &walls))
		return JAIL_UNAVAILABLE;
	show_walls(stdout, jail, &walls);
	return 0;
}

int jail_refuse(const struct jail *jail, int status, const char *what)
{
	fprintf(stderr, "%s: %s\n", jail->program, what);
	return status;
}

void jail_ignore_signals(void)
{
	static const int ignored[] = { SIGPIPE, SIGINT, SIGQUIT, SIGHUP,
				       SIGTSTP };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
}
