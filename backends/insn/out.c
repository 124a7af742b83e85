/* Text, collected and written in large pieces: whole lines. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "backends/insn/insn.h"

#define LINE_MAX_BYTES 4096 /* no line is longer */

struct out out;

void out_add(const char *fmt, ...)
{
	const size_t room = sizeof(out.buf) - out.len;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(out.buf + out.len, room, fmt, args);
	va_end(args);
	if (len > 0)
		out.len += (size_t)len < room ? (size_t)len : room - 1;
}

void out_pad(size_t column)
{
	do {
		out_add(" ");
	} while (out.len - out.line < column && out.len + 1 < sizeof(out.buf));
}

void out_end_line(void)
{
	while (out.len > out.line && out.buf[out.len - 1] == ' ')
		out.len--;
	out_add("\n");
	out.line = out.len;
	if (out.len > sizeof(out.buf) - LINE_MAX_BYTES)
		out_flush();
}

void out_drop_line(void)
{
	out.len = out.line;
}

/* Another may have made it not to block. */
static bool wait_for_room(void)
{
	struct pollfd room = { .fd = out.fd, .events = POLLOUT };

	return errno == EINTR ||
	       (errno == EAGAIN && (poll(&room, 1, -1) >= 0 || errno == EINTR));
}

bool out_flush(void)
{
	size_t done = 0;

	while (done < out.len && !out.failed) {
		ssize_t len = write(out.fd, out.buf + done, out.len - done);

		if (len >= 0)
			done += len;
		else if (!wait_for_room())
			out.failed = true;
	}
	out.len = out.line = 0;
	return !out.failed;
}
