/*
 * Frames over a stream socket: 4 bytes, the length as a big-endian number, then
 * the frame, and so on. QEMU's `-netdev stream`, passt and kvm-net speak this.
 */
#ifndef MKVM_NET_STREAM_H
#define MKVM_NET_STREAM_H

#include "net.h"

/* Of a back end that has such a socket; a struct net_end comes first, so that
 * most of these are the back end's functions as they are. */
struct net_stream {
	struct net_end end; /* its fd is the socket, while there is one */
	const char *peer;   /* in messages: "/tmp/cable"; or NULL */

	uint8_t *in; /* what has come: frames, and the beginning of one */
	size_t in_start, in_len;
	bool is_drained;  /* the socket has no more, until it says so */
	bool has_hung_up; /* but an end */

	uint8_t *out; /* what is to go: small frames, or what did not */
	size_t out_len;

	bool is_over; /* nothing comes any more: the socket is to be closed */
	unsigned int losses; /* times that the peer has gone, since the start */
};

/* Its memory, for frames of both directions. 0, or -ENOMEM. */
int net_stream_init(struct net_stream *stream, const struct net *net);

/* The socket @fd, which does not block, is the stream's from now on. */
void net_stream_begin(struct net_stream *stream, int fd);

/* Likewise gone, and with it whatever was under way. */
void net_stream_end(struct net_stream *stream);

/* See include/net.h. After ready() the caller has to look at `is_over`. */
void net_stream_ready(struct net_end *end, uint32_t events);
bool net_stream_next(struct net_end *end, struct net_frame *frame);
void net_stream_done(struct net_end *end);
void net_stream_send(struct net_end *end, const struct net_header *header,
		     const struct iovec *iov, unsigned int nr, size_t len);
void net_stream_flush(struct net_end *end);

/* Ends the stream, if there is one, and frees its memory. */
void net_stream_free(struct net_stream *stream);

#endif
