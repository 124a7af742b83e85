/*
 * QEMU as a child process: its ports are socket pairs, so a port ends when
 * the keeper shuts its side; its log is a memfd, so nothing is left on disk.
 */
#define _GNU_SOURCE
#include "outside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What of the log a failure shows. */
#define TAIL_BYTES 2000

static const char *const port_names[PORT_END] = {
	[PORT_CONTROL] = "control", [PORT_IN] = "in",	[PORT_OUT] = "out",
	[PORT_ERR] = "err",	    [PORT_TTY] = "tty",
};

static int add_arg(char **args, int count, const char *fmt, int number,
		   const char *name)
{
	if (asprintf(&args[count], fmt, number, name) < 0)
		args[count] = NULL;
	return count + 1;
}

/* Makes the ports and appends the options that describe them to QEMU. */
static int add_ports(struct qemu *qemu, char **args, int count,
		     int theirs[PORT_END])
{
	args[count++] = strdup("-device");
	args[count++] = strdup("virtio-serial-device,max_ports=8");
	for (int i = PORT_CONTROL; i < PORT_END; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return -errno;
		qemu->ports[i] = pair[0];
		theirs[i] = pair[1];
		fcntl(pair[0], F_SETFL, O_NONBLOCK);
		args[count++] = strdup("-chardev");
		count = add_arg(args, count, "socket,fd=%d,id=%s", pair[1],
				port_names[i]);
		args[count++] = strdup("-device");
		count = add_arg(args, count, "virtserialport,nr=%d,chardev=%s",
				i, port_names[i]);
	}
	args[count] = NULL;
	return 0;
}

/* In the child. A process group of its own keeps Ctrl-C for the keeper. */
static void exec_qemu(char **args, const int theirs[PORT_END], int log,
		      pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(null, STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	for (int i = PORT_CONTROL; i < PORT_END; i++)
		fcntl(theirs[i], F_SETFD, 0);
	execvp(args[0], args);
	dprintf(STDERR_FILENO, "%s: %s\n", args[0], strerror(errno));
	_exit(127);
}

int qemu_start(struct qemu *qemu, char **args, int count)
{
	int theirs[PORT_END];
	pid_t parent = getpid();
	int err;

	qemu->log = memfd_create("lab-log", MFD_CLOEXEC);
	err = qemu->log < 0 ? -errno : add_ports(qemu, args, count, theirs);
	if (!err) {
		qemu->pid = fork();
		if (qemu->pid < 0)
			err = -errno;
	}
	if (err) {
		fprintf(stderr, "lab: QEMU: cannot start it: %s\n",
			strerror(-err));
		return err;
	}
	if (qemu->pid == 0)
		exec_qemu(args, theirs, qemu->log, parent);
	for (int i = PORT_CONTROL; i < PORT_END; i++)
		close(theirs[i]);
	qemu->pidfd = (int)syscall(SYS_pidfd_open, qemu->pid, 0);
	return 0;
}

void qemu_kill(struct qemu *qemu)
{
	if (qemu->pid <= 0)
		return;
	kill(qemu->pid, SIGKILL);
	while (waitpid(qemu->pid, NULL, 0) < 0 && errno == EINTR)
		;
	qemu->pid = 0;
}

void qemu_show_log(const struct qemu *qemu)
{
	char tail[TAIL_BYTES + 1];
	struct stat st;
	off_t from = 0;
	char *start = tail;
	ssize_t len;

	if (fstat(qemu->log, &st) == 0 && st.st_size > TAIL_BYTES)
		from = st.st_size - TAIL_BYTES;
	len = pread(qemu->log, tail, TAIL_BYTES, from);
	if (len <= 0)
		return;
	tail[len] = '\0';
	if (from > 0 && strchr(tail, '\n'))
		start = strchr(tail, '\n') + 1;
	fprintf(stderr, "lab: its last words (MKVM_LAB_LOG=FILE keeps all):\n");
	for (char *line; (line = strsep(&start, "\n")) != NULL;) {
		line[strcspn(line, "\r")] = '\0';
		if (*line || start)
			fprintf(stderr, "    %s\n", line);
	}
}

void qemu_save_log(const struct qemu *qemu, const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	off_t at = 0;

	while (file >= 0 && sendfile(file, qemu->log, &at, 1 << 20) > 0)
		;
	if (file < 0)
		fprintf(stderr, "lab: %s: cannot keep the log: %s\n", path,
			strerror(errno));
	else
		close(file);
}
