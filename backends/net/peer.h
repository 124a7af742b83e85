/*
 * Who is at the other end: kvm-vmm, and behind it the guest. Frames come and go by a
 * stream socket, as QEMU has them (stream.c), or by memory that both share
 * (ring.c).
 */
#ifndef BACKENDS_NET_PEER_H
#define BACKENDS_NET_PEER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_POLLED 2 /* descriptors that a peer has at most */

enum peer_state {
	PEER_THERE,
	PEER_GONE,
	PEER_LIES /* what comes are no frames */
};

struct peer {
	/* Room for a frame of @len bytes, and 7 more, to the guest; NULL: there is none, and
	 * it is lost. commit() says that it is there. */
	uint8_t *(*reserve)(size_t len);
	void (*commit)(size_t len);

	/* Sends a long frame without reserve(), behind all others. False: not
	 * this one, or not just now. NULL: never. */
	bool (*send)(const void *frame, size_t len);

	/* What was committed goes. */
	void (*flush)(void);

	/* So much waits that what would make more of it shall wait, too. */
	bool (*is_behind)(void);

	/* Writes what to wait for, as waiting_poll() has it, to @polled, PEER_POLLED of them; returns how
	 * many. *@now: there is something already. */
	unsigned int (*wait)(struct pollfd *polled, bool *now);

	/* Hands all frames that have come to @take, which may change them. */
	enum peer_state (*receive)(const struct pollfd *polled,
				   void (*take)(uint8_t *frame, size_t len));
};

/* The stream socket @fd; NULL: it is none. */
const struct peer *peer_stream(int fd);

/* Memory at the descriptor @memory, of the size of struct net_ring; @mine is the
 * eventfd that wakes us, @theirs the other's. @fd is a socket that only tells, by
 * being closed, that the other has ended. NULL: they are none. */
const struct peer *peer_ring(int fd, int memory, int mine, int theirs);

#endif
