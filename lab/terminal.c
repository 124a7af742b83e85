/*
 * The terminal that the lab was started on, and the host's clock.
 */
#define _GNU_SOURCE
#include "outside.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define ESCAPE_BYTE  0x1d /* Ctrl-] */
#define ESCAPE_COUNT 3
#define TSC_SPAN_NS  10000000 /* error below 100 ppm on any machine */

/* The terminal is one per process; signal handlers need no access to it. */
static struct termios saved;
static bool is_saved;

unsigned int terminal_mask(void)
{
	unsigned int mask = 0;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (isatty(fd))
			mask |= 1u << fd;
	return mask;
}

/* The descriptor of the terminal that output goes to, or -1. */
static int terminal_fd(unsigned int mask)
{
	static const int order[] = { STDOUT_FILENO, STDERR_FILENO,
				     STDIN_FILENO };

	for (int i = 0; i < 3; i++)
		if (mask & (1u << order[i]))
			return order[i];
	return -1;
}

void terminal_make_raw(unsigned int mask)
{
	struct termios mode;

	if (!(mask & (1u << STDIN_FILENO)) || tcgetattr(STDIN_FILENO, &saved))
		return;
	mode = saved;
	cfmakeraw(&mode);
	if (!(mask & (1u << STDOUT_FILENO)))
		mode.c_oflag = saved.c_oflag;
	is_saved = tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0;
}

void terminal_restore(void)
{
	if (is_saved)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	is_saved = false;
}

struct lab_winsize terminal_size(unsigned int mask)
{
	struct lab_winsize size = { 0, 0 };
	struct winsize ws;
	int fd = terminal_fd(mask);

	if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &ws) == 0) {
		size.rows = ws.ws_row;
		size.cols = ws.ws_col;
	}
	return size;
}

/* Opened anew, so that O_NONBLOCK does not reach the shell's descriptor. */
int terminal_open(unsigned int mask)
{
	char path[32];
	int fd = terminal_fd(mask);
	int own;

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return own >= 0 ? own : fd;
}

bool terminal_is_escape(const unsigned char *buf, size_t len)
{
	static int run;

	for (size_t i = 0; i < len; i++) {
		run = buf[i] == ESCAPE_BYTE ? run + 1 : 0;
		if (run == ESCAPE_COUNT)
			return true;
	}
	return false;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/*
 * Measured, because "cpu MHz" of /proc/cpuinfo is the clock of the moment,
 * and the kernel does not tell its counter's rate.
 */
unsigned long tsc_khz(void)
{
	uint64_t t0 = now_ns();
	uint64_t c0 = __rdtsc();
	uint64_t t1;

	do {
		t1 = now_ns();
	} while (t1 - t0 < TSC_SPAN_NS);
	return (unsigned long)((__rdtsc() - c0) * 1000000 / (t1 - t0));
}
