/*
 * The byte mover of both ends of the lab; see pump.h.
 */
#include "pump.h"

#include <errno.h>
#include <unistd.h>

void pump_init(struct pump *pump, int from, int to, size_t step)
{
	pump->from = from;
	pump->to = to;
	pump->at = 0;
	pump->end = 0;
	pump->step = step;
	pump->moved = 0;
}

bool pump_is_done(const struct pump *pump)
{
	return pump->from < 0 && pump->at == pump->end;
}

void pump_poll(const struct pump *pump, struct pollfd fds[2])
{
	bool is_empty = pump->at == pump->end;

	fds[0].fd = is_empty ? pump->from : -1;
	fds[0].events = POLLIN;
	fds[0].revents = 0;
	fds[1].fd = is_empty ? -1 : pump->to;
	fds[1].events = POLLOUT;
	fds[1].revents = 0;
}

/* A terminal whose last user has gone answers EIO: that is its end. */
static int pump_fill(struct pump *pump)
{
	ssize_t n = read(pump->from, pump->buf, sizeof(pump->buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		pump->from = -1;
		return 0;
	}
	pump->at = 0;
	pump->end = (size_t)n;
	return (int)n;
}

static int pump_drain(struct pump *pump)
{
	size_t len = pump->end - pump->at;
	ssize_t n;

	if (len > pump->step)
		len = pump->step;
	n = write(pump->to, pump->buf + pump->at, len);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	pump->at += (size_t)n;
	pump->moved += (uint64_t)n;
	return 0;
}

int pump_move(struct pump *pump, const struct pollfd fds[2])
{
	if (fds[1].fd >= 0 && fds[1].revents)
		return pump_drain(pump);
	if (fds[0].fd >= 0 && fds[0].revents)
		return pump_fill(pump);
	if (pump->to < 0)
		pump->at = pump->end;
	return 0;
}
