/* No cable: the card of a copy, whose guest has the other end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "util/log.h"

static void unplugged_ready(struct net_end *end, uint32_t events)
{
	(void)end;
	(void)events;
}

static bool unplugged_next(struct net_end *end, struct net_frame *frame)
{
	(void)end;
	(void)frame;
	return false;
}

static void unplugged_done(struct net_end *end)
{
	(void)end;
}

/* A driver may send without a link; what it sends is gone. */
static void unplugged_send(struct net_end *end, const struct net_header *header,
			   const struct iovec *iov, unsigned int nr, size_t len)
{
	(void)end;
	(void)header;
	(void)iov;
	(void)nr;
	(void)len;
}

static void unplugged_close(struct net_end *end)
{
	free(end);
}

static const struct net unplugged = {
	.name = "unplugged",
	.ready = unplugged_ready,
	.next = unplugged_next,
	.done = unplugged_done,
	.send = unplugged_send,
	.close = unplugged_close,
};

struct net_end *net_unplugged(void)
{
	struct net_end *end = malloc(sizeof(*end));

	if (end)
		*end = (struct net_end){ .net = &unplugged,
					 .fd = -1,
					 .mtu = NET_MTU,
					 .takes_headers = true };
	else
		log_error("--net: %s", strerror(ENOMEM));
	return end;
}
