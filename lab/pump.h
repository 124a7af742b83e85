/*
 * A pump moves bytes from one descriptor to another through one buffer, and
 * stops reading while the other side does not take them: that is all the flow
 * control the lab needs. It never blocks when poll() says when to move.
 */
#ifndef LAB_PUMP_H
#define LAB_PUMP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PUMP_BUFFER 65536

struct pump {
	int from; /* -1: at its end */
	int to;	  /* -1: bytes are dropped */
	size_t at;
	size_t end;
	size_t step;	/* most bytes per write */
	uint64_t moved; /* bytes written so far */
	unsigned char buf[PUMP_BUFFER];
};

/*
 * Sets up a pump. @step bounds one write: a pipe that somebody else left
 * blocking takes PIPE_BUF bytes without blocking when poll() says so.
 */
void pump_init(struct pump *pump, int from, int to, size_t step);

/* True when the source has ended and every byte is out. */
bool pump_is_done(const struct pump *pump);

/* Fills two entries for poll(): what the pump waits for now. */
void pump_poll(const struct pump *pump, struct pollfd fds[2]);

/*
 * Moves what poll() found. Returns the number of bytes that were read (they
 * are the last ones in the buffer), 0, or -errno of a failed write.
 */
int pump_move(struct pump *pump, const struct pollfd fds[2]);

#endif
