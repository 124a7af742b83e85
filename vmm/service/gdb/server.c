/*
 * The server's thread: waits for clients, of whom there is one at a time, for what
 * that one says, and for vCPUs that stop. Whatever happens to the connection, the
 * guest goes on without it.
 */
#define _GNU_SOURCE /* accept4() */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/sandbox.h"
#include "core/vm.h"
#include "service/gdb/inner.h"
#include "util/event.h"
#include "util/log.h"
#include "util/thread.h"

enum { WAKE, LISTENER, CLIENT, NR_FDS };

/* There is room for what one more packet, or a stop, has to say. */
static bool has_room(const struct gdb *gdb)
{
	return sizeof(gdb->out) - gdb->out_len >= 2 * PACKET_FRAME;
}

/* The client is gone, or has to go. */
static void hang_up(struct gdb *gdb)
{
	if (gdb->client < 0)
		return;
	close(gdb->client);
	gdb->client = -1;
	if (gdb->attached)
		run_detach(gdb);
}

static void flush(struct gdb *gdb)
{
	ssize_t count = 0;

	if (gdb->client < 0)
		return;
	if (gdb->out_len)
		count = send(gdb->client, gdb->out, gdb->out_len, MSG_NOSIGNAL);
	if (count < 0 && errno != EAGAIN && errno != EINTR) {
		hang_up(gdb);
		return;
	}
	if (count > 0) {
		gdb->out_len -= (size_t)count;
		memmove(gdb->out, gdb->out + count, gdb->out_len);
	}
	if (!gdb->out_len && gdb->leaving)
		hang_up(gdb);
}

static void put(struct gdb *gdb, const char *bytes, size_t len)
{
	if (sizeof(gdb->out) - gdb->out_len < len) {
		gdb->out_len = 0; /* it does not read what it is told */
		gdb->leaving = true;
		return;
	}
	memcpy(gdb->out + gdb->out_len, bytes, len);
	gdb->out_len += len;
}

void server_send(struct gdb *gdb)
{
	gdb->last_len = reply_frame(&gdb->reply, gdb->last);
	put(gdb, gdb->last, gdb->last_len);
}

static void acknowledge(struct gdb *gdb, bool good)
{
	if (gdb->acks)
		put(gdb, good ? "+" : "-", 1);
}

static void take(struct gdb *gdb, uint8_t byte)
{
	switch (packet_take(&gdb->reader, byte)) {
	case PACKET_WHOLE:
		acknowledge(gdb, true);
		session_packet(gdb);
		break;
	case PACKET_LONG:
		acknowledge(gdb, true);
		session_refuse(gdb);
		break;
	case PACKET_BAD:
		acknowledge(gdb, false);
		if (!gdb->acks)
			session_refuse(gdb);
		break;
	case PACKET_NAK:
		if (gdb->acks)
			put(gdb, gdb->last, gdb->last_len);
		break;
	case PACKET_INTERRUPT:
		session_interrupt(gdb);
		break;
	case PACKET_ACK:
	case PACKET_NONE:
		break;
	}
}

static bool is_hungry(const struct gdb *gdb)
{
	return gdb->in_at < gdb->in_len && has_room(gdb) && !gdb->leaving;
}

/* Takes what has been received, as long as there is room for answers. */
static void digest(struct gdb *gdb)
{
	while (is_hungry(gdb))
		take(gdb, gdb->in[gdb->in_at++]);
}

static void receive(struct gdb *gdb)
{
	ssize_t count = recv(gdb->client, gdb->in, sizeof(gdb->in), 0);

	if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
		hang_up(gdb);
		return;
	}
	gdb->in_at = 0;
	gdb->in_len = count > 0 ? (size_t)count : 0;
}

/* One that has closed its end, though not all of what it said has been read. */
static bool is_gone(int client)
{
	struct pollfd fd = { client, POLLRDHUP, 0 };

	return poll(&fd, 1, 0) > 0;
}

static void admit(struct gdb *gdb)
{
	int fd = accept4(gdb->listener, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);
	int on = 1;

	if (fd < 0)
		return;
	if (gdb->client >= 0 && is_gone(gdb->client))
		hang_up(gdb);
	if (gdb->client >= 0) {
		close(fd); /* there is one already */
		return;
	}
	/* Not for a local socket, and no harm there. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	gdb->client = fd;
	gdb->in_at = gdb->in_len = gdb->out_len = gdb->last_len = 0;
	packet_start(&gdb->reader);
	session_start(gdb);
}

/* Whether the guest is no more, and the server has to go. */
static bool is_over(struct gdb *gdb, bool *quit)
{
	bool over;

	pthread_mutex_lock(&gdb->lock);
	over = gdb->over;
	*quit = gdb->quit;
	pthread_mutex_unlock(&gdb->lock);
	return over;
}

/* What the client said before it could know that the guest is no more: it may
 * have told it to go on, and waits to hear how it ended. */
static void hear_last(struct gdb *gdb)
{
	if (gdb->client >= 0 && !gdb->leaving && gdb->in_at == gdb->in_len)
		receive(gdb);
	if (gdb->client >= 0)
		digest(gdb);
}

/* What vCPUs have to say. False: the server has to go. */
static bool attend(struct gdb *gdb)
{
	bool quit, over = is_over(gdb, &quit);

	if (over)
		hear_last(gdb);
	if (gdb->client >= 0 && gdb->running && run_is_halting(gdb))
		session_stopped(gdb, false);
	if (over)
		gdb->leaving = true;
	if (gdb->client >= 0)
		digest(gdb);
	flush(gdb);
	return !quit;
}

static bool wait_for_something(struct gdb *gdb, struct pollfd fds[NR_FDS])
{
	const short talks = gdb->out_len ? POLLOUT : 0;
	const short hears = gdb->in_at == gdb->in_len ? POLLIN : 0;

	fds[WAKE] = (struct pollfd){ gdb->wake, POLLIN, 0 };
	fds[LISTENER] = (struct pollfd){ gdb->listener, POLLIN, 0 };
	fds[CLIENT] = (struct pollfd){ gdb->client, talks | hears, 0 };
	return poll(fds, NR_FDS, is_hungry(gdb) ? 0 : -1) > 0;
}

static void *serve(void *arg)
{
	struct gdb *gdb = arg;
	struct pollfd fds[NR_FDS];

	if (sandbox_thread(SANDBOX_SERVICE, 0))
		return NULL;
	while (attend(gdb)) {
		if (!wait_for_something(gdb, fds))
			continue;
		if (fds[WAKE].revents)
			event_ack(gdb->wake);
		if (fds[CLIENT].revents & ~POLLOUT && gdb->in_at == gdb->in_len)
			receive(gdb);
		if (fds[LISTENER].revents)
			admit(gdb);
	}
	hang_up(gdb);
	return NULL;
}

int server_start(struct gdb *gdb)
{
	int err = 0;

	gdb->client = -1;
	gdb->wake = event_fd();
	if (gdb->wake < 0)
		return gdb->wake;
	err = thread_start(&gdb->thread, serve, gdb);
	if (err) {
		log_error("--gdb: thread: %s", strerror(-err));
		close(gdb->wake);
	}
	return err;
}

void server_stop(struct gdb *gdb)
{
	pthread_mutex_lock(&gdb->lock);
	gdb->quit = true;
	pthread_mutex_unlock(&gdb->lock);
	event_notify(gdb->wake);
	pthread_join(gdb->thread, NULL);
	close(gdb->wake);
}
