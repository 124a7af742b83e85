/*
 * --net tap[=NAME]: a TAP interface of this host, after its kernel's
 * Documentation/networking/tuntap.rst. One that is there already, made for the
 * user who runs this, or a new one that goes with the guest, for who has the
 * right to make one. Frames carry the header of include/net.h both ways
 * (IFF_VNET_HDR), so sums and segments are left to whoever needs them.
 *
 * Left out: the interface's addresses, bridge and routes, which are the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net.h"
#include "util/log.h"

#define TUN    "/dev/net/tun"
#define PIECES 256

struct tap {
	struct net_end end; /* first */
	char name[IFNAMSIZ];
	struct net_header header;
	uint8_t *data; /* one frame */
	size_t len;    /* 0: none is there */
};

static const struct net tap_end;

static const char *advice(int err)
{
	switch (err) {
	case ENOENT:
	case ENODEV:
		return "; this host has no TAP: modprobe tun";
	case EPERM:
	case EACCES:
		return "; to make one takes root: once, `ip tuntap add tap0 "
		       "mode tap user NAME`, then --net tap=tap0, or use "
		       "--net user";
	case EBUSY:
		return "; another program has it";
	case ENAMETOOLONG:
		return "; an interface's name has 15 characters at most";
	case EINVAL:
		return "; there is such an interface, and it is no TAP, or one "
		       "with several queues";
	}
	return log_advice(err);
}

/* The interface's MTU, if it is not the usual one. */
static unsigned int find_mtu(const char *name)
{
	struct ifreq ifr = { .ifr_mtu = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(ifr.ifr_name, name, IFNAMSIZ);
	if (fd < 0 || ioctl(fd, SIOCGIFMTU, &ifr))
		ifr.ifr_mtu = NET_MTU;
	if (fd >= 0)
		close(fd);
	return ifr.ifr_mtu > 0 && ifr.ifr_mtu <= NET_MTU_MAX ? ifr.ifr_mtu : 0;
}

/* 0 or -errno. */
static int attach(struct tap *tap, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };

	if (name)
		snprintf(ifr.ifr_name, IFNAMSIZ, "%s", name);
	tap->end.fd = open(TUN, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->end.fd < 0 || ioctl(tap->end.fd, TUNSETIFF, &ifr))
		return -errno;
	memcpy(tap->name, ifr.ifr_name, IFNAMSIZ);
	tap->end.mtu = find_mtu(tap->name);
	return 0;
}

static void tap_close(struct net_end *end)
{
	struct tap *tap = (struct tap *)end;

	if (end->fd >= 0)
		close(end->fd);
	free(tap->data);
	free(tap);
}

static struct net_end *tap_open(const char *arg)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	int err = tap ? 0 : -ENOMEM;

	if (arg && strlen(arg) >= IFNAMSIZ)
		err = -ENAMETOOLONG;
	if (tap) {
		tap->end = (struct net_end){ .net = &tap_end,
					     .fd = -1,
					     .events = EPOLLIN,
					     .link = true,
					     .takes_headers = true };
		tap->data = malloc(NET_FRAME_MAX);
		err = err ? err : tap->data ? attach(tap, arg) : -ENOMEM;
	}
	if (!err) {
		log_info("--net tap: this is interface %s", tap->name);
		return &tap->end;
	}
	log_error("--net tap%s%s: %s%s", arg ? "=" : "", arg ? arg : "",
		  strerror(-err), advice(-err));
	if (tap)
		tap_close(&tap->end);
	return NULL;
}

static void lose_link(struct tap *tap)
{
	if (tap->end.link)
		log_warn("--net tap=%s: the interface has gone: the link is "
			 "down",
			 tap->name);
	tap->end.link = false;
}

static void tap_ready(struct net_end *end, uint32_t events)
{
	if (events & EPOLLERR)
		lose_link((struct tap *)end);
}

static bool read_frame(struct tap *tap)
{
	const struct iovec iov[] = { { &tap->header, sizeof(tap->header) },
				     { tap->data, NET_FRAME_MAX } };
	ssize_t n = readv(tap->end.fd, iov, 2);

	if (n < 0 && errno == EBADFD)
		lose_link(tap);
	tap->len = n > (ssize_t)sizeof(tap->header) ? n - sizeof(tap->header) :
						      0;
	return n >= 0;
}

static bool tap_next(struct net_end *end, struct net_frame *frame)
{
	struct tap *tap = (struct tap *)end;

	while (tap->len < NET_FRAME_MIN)
		if (!read_frame(tap))
			return false;
	*frame = (struct net_frame){ tap->header, tap->data, tap->len };
	return true;
}

static void tap_done(struct net_end *end)
{
	((struct tap *)end)->len = 0;
}

/* An interface that is down refuses it, and so it is lost. */
static void tap_send(struct net_end *end, const struct net_header *header,
		     const struct iovec *iov, unsigned int nr, size_t len)
{
	struct iovec all[1 + PIECES] = { { (void *)header, sizeof(*header) } };

	(void)len;
	if (!end->link || nr > PIECES)
		return;
	memcpy(all + 1, iov, nr * sizeof(*iov));
	if (writev(end->fd, all, 1 + nr) < 0 && errno == EBADFD)
		lose_link((struct tap *)end);
}

static void tap_accept(struct net_end *end, unsigned int offloads)
{
	unsigned long flags = 0;

	if (offloads & NET_TAKES_CSUM) {
		flags |= TUN_F_CSUM;
		flags |= offloads & NET_TAKES_TCP4 ? TUN_F_TSO4 : 0;
		flags |= offloads & NET_TAKES_TCP6 ? TUN_F_TSO6 : 0;
		flags |= offloads & NET_TAKES_ECN ? TUN_F_TSO_ECN : 0;
	}
	/* Refused: frames come whole, as to any card. */
	if (ioctl(end->fd, TUNSETOFFLOAD, flags))
		log_info("--net tap: no offloads: %s", strerror(errno));
}

static const struct net tap_end = {
	.name = "tap",
	.arg = "[=NAME]",
	.what = "a TAP interface of this host",
	.open = tap_open,
	.ready = tap_ready,
	.next = tap_next,
	.done = tap_done,
	.send = tap_send,
	.accept = tap_accept,
	.close = tap_close,
};

NET(tap_end);
