/* Text, collected and written in large pieces: whole lines. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

void out_text(const char *text)
{
	const size_t room = sizeof(out.buf) - out.len, len = strlen(text);

	memcpy(out.buf + out.len, text, len < room ? len : room);
	out.len += len < room ? len : room;
}

/* By hand, as nearly all is: a printf() for each word would be most of the work. */
void out_hex(uint64_t value, unsigned int digits)
{
	static const char names[] = "0123456789abcdef";

	if (digits > sizeof(out.buf) - out.len)
		return;
	for (unsigned int i = digits; i-- > 0; value >>= 4)
		out.buf[out.len + i] = names[value & 15];
	out.len += digits;
}

void out_pad(size_t column)
{
	const size_t room = sizeof(out.buf) - out.len;
	size_t have = out.len - out.line;
	size_t len = have < column ? column - have : 1;

	if (len > room)
		len = room;
	memset(out.buf + out.len, ' ', len);
	out.len += len;
}

void out_end_line(void)
{
	while (out.len > out.line && out.buf[out.len - 1] == ' ')
		out.len--;
	out_text("\n");
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
