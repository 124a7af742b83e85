/*
 * Messages to the person at the terminal. One write per line, so that lines
 * of different threads do not mix; a raw terminal still gets whole lines
 * because core/term.c keeps output processing on.
 */
#include "util/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024

static atomic_int verbose;

static void log_line(const char *level, const char *fmt, va_list args)
{
	char line[LINE_MAX_BYTES];
	int head = snprintf(line, sizeof(line), "kvm-vmm: %s", level);
	int room = (int)sizeof(line) - head - 1;
	int body = vsnprintf(line + head, room, fmt, args);

	if (body >= room)
		body = room - 1;
	line[head + body] = '\n';
	if (write(STDERR_FILENO, line, head + body + 1) < 0)
		return; /* nobody is left to tell */
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
	if (write(STDERR_FILENO, text, len) < 0)
		return; /* nobody is left to tell */
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

void log_set_verbose(int on)
{
	atomic_store(&verbose, on);
}
