/* Starting a program that lies beside this one. */
#define _GNU_SOURCE /* clone() */
#include "util/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/log.h"
#include "util/log_loop.h"
#include "util/sanitized.h"

#define STACK_SIZE 16384

/* In our memory: no page table is copied. A sanitizer keeps account of threads, locks
 * and descriptors in there, and would take the new process's for ours. */
#define OUR_MEMORY (IS_SANITIZED ? 0 : CLONE_VM)

/* What ends a program that was started: a descriptor of its process. */
struct handle {
	pid_t pid;
	int fd;
	struct handle *next;
};

static struct handle *handles; /* main thread */

/* It has not been waited for, so its number is nobody else's. */
static void keep_handle(pid_t pid)
{
	struct handle *handle = malloc(sizeof(*handle));

	if (!handle)
		return;
	*handle = (struct handle){ pid, syscall(SYS_pidfd_open, pid, 0),
				   handles };
	handles = handle;
}

static void drop_handle(pid_t pid)
{
	struct handle **at = &handles, *handle;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	handle = *at;
	if (!handle)
		return;
	*at = handle->next;
	if (handle->fd >= 0)
		close(handle->fd);
	free(handle);
}

void backend_kill(pid_t pid)
{
	for (const struct handle *h = handles; h; h = h->next)
		if (h->pid == pid && h->fd >= 0)
			syscall(SYS_pidfd_send_signal, h->fd, SIGKILL, NULL, 0);
}

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

/* What is started, and how. */
struct start {
	const char *path;
	char *const *argv;
	char **env;
	const int *fds;
	unsigned int nr;
	int parent; /* a descriptor that can be read once we have ended; or -1 */
	bool maps;  /* it is in a user namespace, as these */
	uid_t uid;
	gid_t gid;
	/* Its word: rights over that it did not get. In memory of both. */
	atomic_bool *refused;
};

static bool write_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, line, strlen(line)) > 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* Number 0 in there is our own, so that the rights over what is in there survive
 * execve(2); outside it stays whoever we are. */
static bool map_user(uid_t uid, gid_t gid)
{
	char users[32], groups[32];

	snprintf(users, sizeof(users), "0 %u 1", uid);
	snprintf(groups, sizeof(groups), "0 %u 1", gid);
	return write_line("/proc/self/setgroups", "deny") &&
	       write_line("/proc/self/uid_map", users) &&
	       write_line("/proc/self/gid_map", groups);
}

static bool parent_lives(int fd)
{
	struct pollfd ended = { .fd = fd, .events = POLLIN };

	return poll(&ended, 1, 0) <= 0;
}

/* On a stack of its own, while we wait; and ends when we do. */
static int become(void *arg)
{
	struct start *start = arg;
	sigset_t none;

	sigemptyset(&none);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || !parent_lives(start->parent))
		_exit(BACKEND_NOT_STARTED);
	if (start->maps && !map_user(start->uid, start->gid)) {
		atomic_store(start->refused, true);
	} else if (!place(start->fds, start->nr)) {
		sigprocmask(SIG_SETMASK, &none, NULL);
		execve(start->path, start->argv, start->env);
	}
	_exit(BACKEND_NOT_STARTED);
}

static pid_t start_in(struct start *start, int spaces)
{
	_Alignas(16) char stack[STACK_SIZE];
	pid_t pid;

	start->maps = spaces & CLONE_NEWUSER;
	atomic_store(start->refused, false);
	pid = clone(become, stack + sizeof(stack),
		    OUR_MEMORY | CLONE_VFORK | SIGCHLD | spaces, start);
	if (pid < 0)
		return -errno;
	if (!atomic_load(start->refused))
		return pid;
	backend_wait(pid);
	return -EPERM;
}

/*
 * As the only process that it can see, if this host lets us: root may do that, and
 * others in a user namespace, if they may have those.
 */
static pid_t start_alone(struct start *start)
{
	const size_t len = sizeof(*start->refused);
	pid_t pid;

	start->refused = mmap(NULL, len, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (start->refused == MAP_FAILED)
		return -errno;
	pid = start_in(start, CLONE_NEWPID);
	if (pid < 0)
		pid = start_in(start, CLONE_NEWPID | CLONE_NEWUSER);
	if (pid < 0)
		pid = start_in(start, 0);
	munmap(start->refused, len);
	return pid;
}

pid_t backend_start(char *const *argv, char *setting, const int *fds,
		    unsigned int nr)
{
	static char verbose[] = BACKEND_VERBOSE "=1";
	char *env[] = { verbose, setting, NULL };
	char path[PATH_MAX];
	struct start start = {
		.path = path,
		.argv = argv,
		.env = log_is_verbose() ? env : env + 1,
		.fds = fds,
		.nr = nr,
		.uid = geteuid(),
		.gid = getegid(),
	};
	int err = find_program(argv[0], path, sizeof(path));
	pid_t pid;

	if (err)
		return err;
	start.parent = syscall(SYS_pidfd_open, getpid(), 0);
	pid = start_alone(&start);
	if (start.parent >= 0)
		close(start.parent);
	if (pid > 0)
		keep_handle(pid);
	return pid;
}

int backend_wait(pid_t pid)
{
	int status;

	drop_handle(pid);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return BACKEND_NOT_STARTED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
