/* Starting a program that lies beside this one. */
#define _GNU_SOURCE /* vfork() */
#include "util/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where @program is: in the folder of this one. */
static int find_program(const char *program, char *path, size_t room)
{
	size_t size = strlen(program) + 1;
	ssize_t len = readlink("/proc/self/exe", path, room);
	char *slash;

	if (len < 0)
		return -errno;
	if (len + size > room)
		return -ENAMETOOLONG;
	path[len] = '\0';
	slash = strrchr(path, '/');
	memcpy(slash ? slash + 1 : path, program, size);
	return access(path, X_OK) ? -errno : 0;
}

/* Out of the way first: one's number may be another's place. */
static int place(const int *fds, unsigned int nr)
{
	int away[BACKEND_FDS_MAX];

	for (unsigned int i = 0; i < nr; i++) {
		away[i] = fcntl(fds[i], F_DUPFD, nr);
		if (away[i] < 0)
			return -1;
	}
	for (unsigned int i = 0; i < nr; i++)
		if (dup2(away[i], i) < 0)
			return -1;
	return syscall(SYS_close_range, nr, ~0u, 0);
}

/* On a stack that is the parent's, which waits; and ends with it. */
static void __attribute__((noreturn))
become(const char *path, char *const *argv, char *setting, pid_t parent,
       const int *fds, unsigned int nr)
{
	char *const env[] = { setting, NULL };
	sigset_t none;

	sigemptyset(&none);
	if (!prctl(PR_SET_PDEATHSIG, SIGKILL) && getppid() == parent &&
	    !place(fds, nr)) {
		sigprocmask(SIG_SETMASK, &none, NULL);
		execve(path, argv, env);
	}
	_exit(BACKEND_NOT_STARTED);
}

pid_t backend_start(char *const *argv, char *setting, const int *fds,
		    unsigned int nr)
{
	const pid_t parent = getpid();
	char path[PATH_MAX];
	int err = find_program(argv[0], path, sizeof(path));
	pid_t pid;

	if (err)
		return err;
	pid = vfork();
	if (!pid)
		become(path, argv, setting, parent, fds, nr);
	if (pid < 0)
		return -errno;
	return pid;
}

int backend_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return BACKEND_NOT_STARTED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
