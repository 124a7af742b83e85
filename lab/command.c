/*
 * COMMAND and its descriptors. Each of stdin, stdout and stderr is a terminal
 * inside exactly when it is one outside, else a pipe: so nothing is added to
 * a byte stream, and a program that asks isatty() hears the truth.
 */
#define _GNU_SOURCE
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { IN, OUT, ERR, STREAMS };

/*
 * Opens a terminal pair; returns the slave. The slave stays open here too:
 * the pair must outlive a COMMAND that closes and opens it again.
 */
static int tty_open(struct command *command, const struct lab_setup *setup)
{
	struct termios mode;
	int slave;

	command->tty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (command->tty < 0 || grantpt(command->tty) || unlockpt(command->tty))
		fail("/dev/ptmx", "cannot make a terminal");
	slave = open(ptsname(command->tty), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &mode))
		fail("/dev/pts", "cannot open the terminal");
	mode.c_iflag |= IUTF8;
	if (!setup->is_raw)
		mode.c_oflag &= ~(tcflag_t)OPOST;
	tcsetattr(slave, TCSANOW, &mode);
	command_resize(command, setup->size);
	return slave;
}

/* Our end does not block; COMMAND's end must. */
static void pipe_open(int *reader, int *writer, bool we_read)
{
	int fds[2];
	int ours;

	if (pipe2(fds, O_CLOEXEC))
		fail("pipe", "cannot make one");
	*reader = fds[0];
	*writer = fds[1];
	ours = we_read ? fds[0] : fds[1];
	fcntl(ours, F_SETFL, O_NONBLOCK);
}

static void exec_command(const struct order *order, const int theirs[STREAMS],
			 int tty)
{
	sigset_t none;
	int status;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (tty >= 0)
		ioctl(tty, TIOCSCTTY, 0);
	for (int fd = IN; fd < STREAMS; fd++)
		dup2(theirs[fd], fd);
	environ = order->envs;
	execvp(order->args[0], order->args);
	status = errno == ENOENT ? 127 : 126;
	dprintf(ERR, "lab: %s: cannot run it inside the lab: %s%s\n",
		order->args[0], strerror(errno),
		status == 127 ? "; files in /tmp need --share DIR" : "");
	_exit(status);
}

void command_start(struct command *command, const struct order *order)
{
	int theirs[STREAMS] = { -1, -1, -1 };
	int *ours[STREAMS] = { &command->in, &command->out, &command->err };
	uint32_t ttys = order->setup.ttys;
	int tty = -1;

	command->tty = -1;
	if (ttys)
		tty = tty_open(command, &order->setup);
	for (int fd = IN; fd < STREAMS; fd++) {
		*ours[fd] = -1;
		if (ttys & (1u << fd))
			theirs[fd] = tty;
		else if (fd == IN)
			pipe_open(&theirs[fd], ours[fd], false);
		else
			pipe_open(ours[fd], &theirs[fd], true);
	}
	if (ttys & (1u << IN))
		command->in = command->tty;
	command->pid = fork();
	if (command->pid < 0)
		fail("fork", strerror(errno));
	if (command->pid == 0)
		exec_command(order, theirs, tty);
	for (int fd = IN; fd < STREAMS; fd++)
		if (theirs[fd] != tty)
			close(theirs[fd]);
}

void command_resize(const struct command *command, struct lab_winsize size)
{
	struct winsize ws = { .ws_row = size.rows, .ws_col = size.cols };

	if (command->tty >= 0 && size.rows && size.cols)
		ioctl(command->tty, TIOCSWINSZ, &ws);
}
