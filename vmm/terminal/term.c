/*
 * The host terminal. Fatal signals restore it and then take their usual
 * course, so that a core dump and the exit status stay what they would be.
 */
#include "terminal/term.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "util/bus_error.h"
#include "util/signal_self.h"

static struct termios saved;
static volatile sig_atomic_t is_raw; /* also read by a signal handler */

/* Likewise: where to, and what, to have the terminal show what it did before. */
static _Atomic(const char *) leave;
static volatile sig_atomic_t leave_fd;

void term_die(int sig)
{
	term_restore();
	signal(sig, SIG_DFL);
	signal_self(sig);
}

void term_catch(int sig)
{
	/* By then the default is back: this time it is final. */
	struct sigaction action = { .sa_handler = term_die,
				    .sa_flags = SA_RESETHAND | SA_NODEFER };

	sigaction(sig, &action, NULL);
}

static void catch_fatal_signals(void)
{
	static const int fatal[] = { SIGSEGV, SIGILL,  SIGFPE,	  SIGABRT,
				     SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF,
				     SIGTRAP, SIGIO,   SIGSTKFLT };

	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		term_catch(fatal[i]);
	bus_error_else(term_die); /* some are not fatal */
}

bool term_is_ours(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);

	/* ENOTTY: one that does not control us cannot stop us, either. */
	return group < 0 || group == getpgrp();
}

bool term_raw(void)
{
	struct termios raw;

	/* Raw already, after a SIGCONT: what was saved is what to restore. */
	if (!is_raw && tcgetattr(STDIN_FILENO, &saved))
		return false;
	raw = saved;
	raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR |
			 ICRNL | IXON);
	raw.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cflag &= ~(CSIZE | PARENB);
	raw.c_cflag |= CS8;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	catch_fatal_signals();
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw))
		return false;
	is_raw = 1;
	return true;
}

void term_out_size(unsigned int *columns, unsigned int *lines)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col ||
	    !size.ws_row)
		size = (struct winsize){ 0 };
	*columns = size.ws_col;
	*lines = size.ws_row;
}

bool term_out_cell(unsigned int *width, unsigned int *height)
{
	struct winsize size = { 0 };

	*width = *height = 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col ||
	    !size.ws_row)
		return false;
	*width = size.ws_xpixel / size.ws_col;
	*height = size.ws_ypixel / size.ws_row;
	return *width && *height && size.ws_xpixel % size.ws_col == 0 &&
	       size.ws_ypixel % size.ws_row == 0;
}

bool term_is_one(void)
{
	struct stat in, out;

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	       !fstat(STDIN_FILENO, &in) && !fstat(STDOUT_FILENO, &out) &&
	       in.st_rdev == out.st_rdev;
}

void term_size(unsigned int *columns, unsigned int *lines)
{
	*columns = *lines = 0;
	if (isatty(STDIN_FILENO))
		term_out_size(columns, lines);
}

void term_screen(int fd, const char *sequence)
{
	if (sequence)
		catch_fatal_signals();
	leave_fd = fd;
	atomic_store(&leave, sequence);
}

bool term_is_screen(void)
{
	return atomic_load(&leave);
}

void term_restore(void)
{
	const char *sequence = atomic_exchange(&leave, NULL);

	/* As far as it goes: whoever hangs here could not be restored, either. */
	if (sequence && write(leave_fd, sequence, strlen(sequence)) < 0)
		sequence = NULL;
	if (!is_raw)
		return;
	is_raw = 0;
	if (term_is_ours()) /* or what the shell has set is in force */
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}
