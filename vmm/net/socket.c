/*
 * --net socket=PATH: a cable to another program on this host, by a stream socket
 * of the Unix domain: a QEMU guest (-netdev stream), passt, another kvm-vmm. With
 * `,listen` the socket is made here, and the peer may come later, go, and another
 * may come; without, somebody has to listen there already.
 */
#define _GNU_SOURCE /* accept4() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/stream.h"
#include "util/log.h"
#include "util/reach.h"

#define LISTEN ",listen"

struct cable {
	struct net_stream stream; /* first: see net/stream.h */
	int listener;		  /* -1: none */
	struct sockaddr_un address;
};

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int to_peer(const struct cable *cable, int fd)
{
	return connect(fd, (const struct sockaddr *)&cable->address,
		       sizeof(cable->address));
}

static int to_path(const struct cable *cable, int fd)
{
	return bind(fd, (const struct sockaddr *)&cable->address,
		    sizeof(cable->address));
}

static bool is_socket(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISSOCK(st.st_mode);
}

/* Whether a program that has ended left the socket behind: then it goes. */
static bool remove_stale(const struct cable *cable)
{
	int fd = is_socket(cable->address.sun_path) ? new_socket() : -1;
	bool stale = fd >= 0 && to_peer(cable, fd) && errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return stale && !unlink(cable->address.sun_path);
}

static int start_listening(struct cable *cable)
{
	int fd = new_socket();
	int err = 0;

	if (fd < 0)
		return -errno;
	if (to_path(cable, fd))
		err = errno;
	if (err == EADDRINUSE && remove_stale(cable))
		err = to_path(cable, fd) ? errno : 0;
	if (!err && listen(fd, 1))
		err = errno;
	if (!err) {
		reach_add(REACH_REMOVE, cable->address.sun_path);
		cable->listener = cable->stream.end.fd = fd;
		return 0;
	}
	close(fd);
	return -err;
}

static int start_connected(struct cable *cable)
{
	int fd = new_socket();
	int err;

	if (fd >= 0 && !to_peer(cable, fd)) {
		net_stream_begin(&cable->stream, fd);
		return 0;
	}
	err = errno;
	if (fd >= 0)
		close(fd);
	return -err;
}

static const char *advice(int err, bool listens)
{
	if (listens && err == ENOENT)
		return "; its folder has to be there: `mkdir -p` makes it";
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return "; nobody listens there: start the other end first, or "
		       "let this one wait: socket=PATH,listen";
	case EADDRINUSE:
		return "; another program listens there, or it is a file";
	case EAGAIN:
		return "; whoever listens there does not answer";
	}
	return log_advice(err);
}

/* PATH[,listen]. False after one message. */
static bool take_path(struct cable *cable, const char *arg, bool *listens)
{
	const char *comma = arg ? strchr(arg, ',') : NULL;
	size_t len = comma ? (size_t)(comma - arg) : arg ? strlen(arg) : 0;

	*listens = comma;
	if (!len || (comma && strcmp(comma, LISTEN) != 0)) {
		log_error("--net socket=%s: give a path, and after it ,listen "
			  "if the other end is to come here",
			  arg ? arg : "");
		return false;
	}
	if (len >= sizeof(cable->address.sun_path)) {
		log_error("--net socket=%s: a path of a socket has at most %zu "
			  "characters",
			  arg, sizeof(cable->address.sun_path) - 1);
		return false;
	}
	cable->address.sun_family = AF_UNIX;
	memcpy(cable->address.sun_path, arg, len);
	return true;
}

static void socket_close(struct net_end *end)
{
	struct cable *cable = (struct cable *)end;

	if (cable->listener >= 0) {
		if (end->fd == cable->listener)
			end->fd = -1;
		close(cable->listener);
		unlink(cable->address.sun_path);
	}
	net_stream_free(&cable->stream);
	free(cable);
}

static const struct net socket_end;

static struct net_end *socket_open(const char *arg)
{
	struct cable *cable = calloc(1, sizeof(*cable));
	bool listens;
	int err;

	if (!cable || net_stream_init(&cable->stream, &socket_end)) {
		log_error("--net socket: %s", strerror(ENOMEM));
		free(cable);
		return NULL;
	}
	cable->listener = -1;
	if (take_path(cable, arg, &listens)) {
		cable->stream.peer = cable->address.sun_path;
		err = listens ? start_listening(cable) : start_connected(cable);
		if (!err)
			return &cable->stream.end;
		log_error("--net socket=%s: %s%s", arg, strerror(-err),
			  advice(-err, listens));
	}
	socket_close(&cable->stream.end);
	return NULL;
}

/* Who comes while somebody is there waits until that one has gone. */
static void take_peer(struct cable *cable)
{
	int fd = accept4(cable->listener, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return; /* it has gone again */
	net_stream_begin(&cable->stream, fd);
	log_info("--net socket=%s: a peer has come: the link is up",
		 cable->address.sun_path);
}

static void socket_ready(struct net_end *end, uint32_t events)
{
	struct cable *cable = (struct cable *)end;

	if (end->fd == cable->listener) {
		take_peer(cable);
		return;
	}
	net_stream_ready(end, events);
	if (cable->stream.is_over) {
		net_stream_end(&cable->stream);
		end->fd = cable->listener;
	}
}

static const struct net socket_end = {
	.name = "socket",
	.arg = "=PATH[,listen]",
	.what = "QEMU, passt, another kvm-vmm",
	.open = socket_open,
	.ready = socket_ready,
	.next = net_stream_next,
	.done = net_stream_done,
	.send = net_stream_send,
	.flush = net_stream_flush,
	.close = socket_close,
};

NET(socket_end);
