/*
 * The console of a run without a terminal (--detached), at the broker's end: what
 * the guest prints is read as it comes, so that it never waits, and the last of it
 * is kept for whoever attaches; what clients type goes to it when it takes that.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "service/control/control.h"

#define DESK_BYTES 16384

static struct event_source console = { .fd = -1 };
static char ring[DESK_BYTES]; /* byte number n of what was printed is at n mod
			       * DESK_BYTES */
static uint64_t printed;
static bool stuck; /* it takes no more keys for now */

/* What there is. False: nothing more, for now or for ever. */
static bool read_on(void)
{
	size_t at = printed % DESK_BYTES;
	ssize_t len =
		recv(console.fd, ring + at, DESK_BYTES - at, MSG_DONTWAIT);

	if (len > 0) {
		printed += (size_t)len;
		return true;
	}
	if (!len || (errno != EAGAIN && errno != EINTR)) {
		event_del(&broker_loop, &console);
		console.fd = -1;
	}
	return false;
}

static void on_console(void *arg, uint32_t events)
{
	(void)arg;
	if (events & EPOLLOUT) {
		stuck = false;
		event_add(&broker_loop, &console, EPOLLIN);
	}
	if (events & ~EPOLLOUT && read_on())
		clients_show();
}

int desk_start(int fd)
{
	console = (struct event_source){ fd, on_console, NULL };
	return fd < 0 ? 0 : event_add(&broker_loop, &console, EPOLLIN);
}

void desk_end(void)
{
	while (console.fd >= 0 && read_on())
		clients_show();
}

uint64_t desk_oldest(void)
{
	return printed < DESK_BYTES ? 0 : printed - DESK_BYTES;
}

size_t desk_look(uint64_t *seen, const char **text)
{
	size_t at, len;

	if (*seen < desk_oldest())
		*seen = desk_oldest(); /* who is slow misses some */
	at = *seen % DESK_BYTES;
	len = (size_t)(printed - *seen);
	*text = ring + at;
	return len < DESK_BYTES - at ? len : DESK_BYTES - at;
}

size_t desk_type(const char *keys, size_t len)
{
	ssize_t sent;

	if (console.fd < 0)
		return len; /* nobody is there any more */
	if (stuck)
		return 0;
	sent = send(console.fd, keys, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent >= 0)
		return (size_t)sent;
	if (errno != EAGAIN && errno != EINTR)
		return len;
	stuck = true;
	event_add(&broker_loop, &console, EPOLLIN | EPOLLOUT);
	return 0;
}

static bool attach(struct ctl_call *call)
{
	if (!ctl_no_more(call, call->rest))
		return false;
	if (!control_run.detached) {
		ctl_refuse(call,
			   "start it with --detached, and it has one here",
			   "console: the run has a terminal, or files, of its "
			   "own");
		return false;
	}
	clients_attach(call);
	ctl_reply(call);
	return false;
}

static const struct ctl_command console_row = {
	.name = "console",
	.args = "",
	.what = "from here on, both ways, the guest's console (--detached)",
	.reach = CTL_RUN,
	.prepare = attach,
};
CTL(console_row);
