/*
 * What we write to: a descriptor whose reader may be slow, stuck or gone.
 *
 * Whoever waits in write(2) hears neither signals nor keys, so nothing here
 * does: a sink is written to as far as it takes without waiting, and waiting
 * is a matter of its own, which ends within a second once there is hurry.
 */
#ifndef MKVM_SINK_H
#define MKVM_SINK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sink {
	int fd;	     /* what was given, or the same opened once more */
	bool is_own; /* close it */
	bool is_socket;
	bool may_block; /* it could not be opened once more: small pieces */
	pthread_mutex_t lock; /* a text at a time, see sink_lock() */
};

/* Descriptor @number as it is: where waiting does no harm. */
#define SINK_PLAIN(number)                                        \
	{                                                         \
		.fd = (number), .lock = PTHREAD_MUTEX_INITIALIZER \
	}

/*
 * Makes a sink of @fd, which we share with others: a pipe or a terminal is
 * opened once more, not to block, because that flag belongs to what was opened
 * and is our parent's, too. 0, or -errno when there are no descriptors left.
 */
int sink_share(struct sink *sink, int fd);

/* Makes a sink of @fd, which we have opened ourselves. */
void sink_own(struct sink *sink, int fd);

/* Closes what is the sink's own. 0, or -errno of close(2). */
int sink_close(struct sink *sink);

/* Writes what goes without waiting: bytes, or -errno, -EAGAIN for nothing. */
ssize_t sink_try(const struct sink *sink, const void *buf, size_t len);

/* Whether the sink says that it takes more. */
bool sink_is_ready(const struct sink *sink);

/* For texts in one piece among those of other threads. False: there is hurry,
 * and somebody else waits in the middle of his. */
bool sink_lock(struct sink *sink);
void sink_unlock(struct sink *sink);

/* Writes all of it and waits for the reader meanwhile; the caller has the lock.
 * 0, or -errno: -ETIMEDOUT when there is hurry and nobody reads. */
int sink_put(const struct sink *sink, const void *buf, size_t len);

/* The same with the lock taken and let go. */
int sink_write(struct sink *sink, const void *buf, size_t len);

/* The program is to end: from now on all waiting for readers together, that
 * of other threads included, ends after a second. */
void sink_hurry(void);

#endif
