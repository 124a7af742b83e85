/*
 * What this host's kernel has for walls around kvm-vmm and its back ends. Tried by a
 * process of its own, as far as that leaves traces: docs/walls.md.
 */
#define _GNU_SOURCE /* unshare() */
#include "doctor.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LANDLOCK_CREATE_RULESET 444 /* which not every C library knows */
#define LANDLOCK_ASK_VERSION	1
#define LANDLOCK_WITH_NETWORK	4

#define SPACES                                                      \
	(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | \
	 CLONE_NEWUTS)

static void try_filters(struct finding *finding)
{
	const uint32_t trap = SECCOMP_RET_TRAP;
	bool there = !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &trap);

	finding->verdict = there ? VERDICT_OK : VERDICT_MISSING;
	snprintf(finding->detail, sizeof(finding->detail), "%s",
		 there ? "each thread makes its own system calls only" :
			 "is not offered: any system call can be made");
}

static void try_landlock(struct finding *finding)
{
	long version =
		syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_ASK_VERSION);

	finding->verdict = version > 0 ? VERDICT_OK : VERDICT_MISSING;
	if (version > 0)
		snprintf(finding->detail, sizeof(finding->detail),
			 "version %ld: no file by its name%s", version,
			 version < LANDLOCK_WITH_NETWORK ? "" : ", no TCP");
	else
		snprintf(finding->detail, sizeof(finding->detail),
			 "is not offered: files are guarded by system calls");
}

/* 0 or an errno; a namespace that may not be used is none. */
static int leave(void)
{
	if (unshare(SPACES) && unshare(CLONE_NEWUSER | SPACES))
		return errno;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? errno : 0;
}

static void try_namespaces(struct finding *finding)
{
	pid_t pid = fork();
	int status, err = pid < 0 ? errno : 0;

	if (!pid)
		_exit(leave());
	if (pid > 0 && waitpid(pid, &status, 0) == pid)
		err = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	finding->verdict = err ? VERDICT_MISSING : VERDICT_OK;
	if (err)
		snprintf(finding->detail, sizeof(finding->detail),
			 "may not be made: %s; back ends are less alone",
			 strerror(err));
	else
		snprintf(finding->detail, sizeof(finding->detail),
			 "back ends see no file, and nobody else");
}

const struct wall walls[WALLS] = {
	{ "system calls", try_filters },
	{ "Landlock", try_landlock },
	{ "namespaces", try_namespaces },
};
