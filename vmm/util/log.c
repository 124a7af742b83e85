/*
 * Messages to the person at the terminal. One line at a time, so that those
 * of different threads do not mix; a raw terminal still gets whole lines
 * because terminal/term.c keeps output processing on.
 */
#include "util/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/reopen.h"

#define LINE_MAX_BYTES 1024

#define SLICE_MS   100
#define SLICES_MAX 10

static atomic_int verbose;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a line at a time */
static int out = STDERR_FILENO;
static atomic_bool hurried;
static atomic_int slices = SLICES_MAX; /* to wait yet, when hurried */

/* The main thread has other things to do than to wait for a reader. */
static bool may_wait(void)
{
	if (getpid() != syscall(SYS_gettid) && !atomic_load(&hurried))
		return true;
	return atomic_load(&slices) > 0 && atomic_fetch_sub(&slices, 1) > 0;
}

/* Whoever has the lock may be waiting for a reader itself. */
static bool take_lock(void)
{
	struct timespec until;

	do {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += SLICE_MS * 1000000L;
		until.tv_sec += until.tv_nsec / NS_PER_SEC;
		until.tv_nsec %= NS_PER_SEC;
		if (!pthread_mutex_timedlock(&lock, &until))
			return true;
	} while (may_wait());
	return false;
}

/* All of it, unless nobody reads and there is no time left to wait. */
static void write_all(const char *text, size_t len)
{
	struct pollfd wait = { .events = POLLOUT };

	if (!take_lock())
		return;
	wait.fd = out;
	while (len) {
		ssize_t done = write(out, text, len);

		if (done > 0) {
			text += done;
			len -= done;
		} else if (done < 0 && errno == EAGAIN && may_wait()) {
			poll(&wait, 1, SLICE_MS);
		} else if (done == 0 || errno != EINTR) {
			break; /* nobody is left to tell */
		}
	}
	pthread_mutex_unlock(&lock);
}

static void log_line(const char *level, const char *fmt, va_list args)
{
	char line[LINE_MAX_BYTES];
	int head = snprintf(line, sizeof(line), "kvm-vmm: %s", level);
	int room = (int)sizeof(line) - head - 1;
	int body = vsnprintf(line + head, room, fmt, args);

	if (body >= room)
		body = room - 1;
	line[head + body] = '\n';
	write_all(line, head + body + 1);
}

void log_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line("", fmt, args);
	va_end(args);
}

void log_warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line("warning: ", fmt, args);
	va_end(args);
}

void log_info(const char *fmt, ...)
{
	va_list args;

	if (!atomic_load_explicit(&verbose, memory_order_relaxed))
		return;
	va_start(args, fmt);
	log_line("", fmt, args);
	va_end(args);
}

void log_text(const char *text, size_t len)
{
	write_all(text, len);
}

const char *log_advice(int err)
{
	switch (err) {
	case EMFILE:
		return "; raise `ulimit -n` or start fewer guests";
	case ENOMEM:
	case EAGAIN: /* of pthread_create() */
		return "; start fewer guests or give them a smaller --mem";
	default:
		return "";
	}
}

void log_never_block(void)
{
	out = reopen_nonblock(STDERR_FILENO);
}

void log_hurry(void)
{
	atomic_store(&hurried, true);
}

void log_set_verbose(int on)
{
	atomic_store(&verbose, on);
}
