/*
 * The contract between a network card and its back end: what is at the other end
 * of the cable. `--net NAME[=ARG]` chooses a row by its name.
 *
 * A back end knows frames and file descriptors, and neither cards nor guests.
 * It is opened on the main thread before there is a guest; after that, whoever
 * calls holds the lock of the card, one per end, and no call ever waits: what
 * cannot go on says when to come back. What comes over the cable is as hostile
 * as a guest: whoever is at the other end may be anybody.
 *
 * Frames are Ethernet's, from the destination's address on, without checksum.
 */
#ifndef MKVM_NET_H
#define MKVM_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "table.h"

#define NET_FRAME_MIN 14
#define NET_MTU	      1500
#define NET_MTU_MAX   65521	       /* with NET_FRAME_MIN, 16 bits */
#define NET_FRAME_MAX (65535 + 14 + 4) /* the largest segment, in a VLAN */
#define NET_MAC_LEN   6

/*
 * What is still to be done to a frame, as guests and the host's kernel say it
 * (VIRTIO 1.1, "Network Device", "Packet Transmission"); all zeroes: nothing.
 */
struct net_header {
	uint8_t flags, gso_type;
	uint16_t hdr_len;     /* a hint that nobody believes */
	uint16_t gso_size;    /* bytes of payload in each segment to be made */
	uint16_t csum_start;  /* the sum is that of all bytes from here on, */
	uint16_t csum_offset; /* and it goes so far behind that */
};

enum net_flags { NET_NEEDS_CSUM = 0x1, NET_DATA_VALID = 0x2 };
enum net_gso {
	NET_GSO_NONE = 0,
	NET_GSO_TCP4 = 1,
	NET_GSO_TCP6 = 4,
	NET_GSO_ECN = 0x80, /* beside one of the others */
};

/* One end of a cable; a back end's own state begins with it. The card looks at
 * it after each call. */
struct net_end {
	const struct net *net;

	/* What to wait for, by EPOLLET besides: then ready() is to be called.
	 * -1: there is nothing. */
	int fd;
	uint32_t events; /* EPOLLIN, ... of epoll */

	/* A socket besides, which says by hanging up that the other end has ended:
	 * then ready() is called with EPOLLHUP. It stays what it is. 0: none. */
	int lifeline;

	bool full; /* no frame is taken just now: send() may not be called */
	bool link; /* somebody is at the other end */

	unsigned int mtu; /* the largest packet that it takes; 0: NET_MTU */

	/* Headers may say something: send() passes them on. */
	bool takes_headers;
	/* What comes in has been checked: it may be NET_DATA_VALID. */
	bool is_checked;
};

/* A frame that has come, in memory of the back end's, which may be written to. */
struct net_frame {
	struct net_header header;
	uint8_t *data;
	size_t len; /* NET_FRAME_MIN to NET_FRAME_MAX */
};

struct net {
	const char *name; /* "socket" */
	const char *arg;  /* what may follow, for --help: "=PATH[,listen]" */
	const char *what; /* one line for --list */

	/* A new end, as @arg asks, which is NULL when nothing was given, and is
	 * not kept. NULL after one message. */
	struct net_end *(*open)(const char *arg);

	/* The same for a copy of a guest, which has what @arg names: without what
	 * only one can have. NULL: only one can have it. */
	struct net_end *(*open_copy)(const char *arg);

	/* The descriptor has one of @events (of epoll). The only call that
	 * changes `fd`, on the thread that waits for it. */
	void (*ready)(struct net_end *end, uint32_t events);

	/* The next frame that has come, which stays until done(). False: none
	 * has; when one does, the descriptor becomes readable. */
	bool (*next)(struct net_end *end, struct net_frame *frame);
	void (*done)(struct net_end *end);

	/* Takes the frame of @len bytes, NET_FRAME_MIN to NET_FRAME_MAX, in the
	 * @nr pieces at @iov, if need be by losing it. */
	void (*send)(struct net_end *end, const struct net_header *header,
		     const struct iovec *iov, unsigned int nr, size_t len);

	/* No more come for now: what was held back to go at once goes. NULL:
	 * nothing is. */
	void (*flush)(struct net_end *end);

	/* What the guest takes in headers; bits of enum net_offload. NULL: all
	 * the same to it. */
	void (*accept)(struct net_end *end, unsigned int offloads);

	/* The guest takes no frame until further notice, as it does not at
	 * first; or it does. NULL: all the same to it. */
	void (*stuck)(struct net_end *end, bool stuck);

	/* The guest has ended. Without the lock, from any thread, and whatever
	 * else is going on. NULL: all the same to it. */
	void (*leave)(struct net_end *end);

	void (*close)(struct net_end *end);
};

enum net_offload {
	NET_TAKES_CSUM = 1,
	NET_TAKES_TCP4 = 2,
	NET_TAKES_TCP6 = 4,
	NET_TAKES_ECN = 8,
};

#define NET(row) TABLE_ROW(net, net, row)

/* An end at which there is no cable, whatever the guest was told that it takes.
 * NULL after one message. */
struct net_end *net_unplugged(void);

#endif
