/* A whole trace, from a descriptor. */
#ifndef BACKENDS_INSN_STREAM_H
#define BACKENDS_INSN_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where it comes from: @read as read(2) does; before it waits, what was printed is
 * written, if @live. */
struct stream {
	ssize_t (*read)(void *arg, void *buf, size_t len);
	void *arg;
	bool live;
};

enum stream_end {
	STREAM_WHOLE, /* it says how its guests ended */
	STREAM_CUT,   /* it ends with a whole record, or in the middle of one */
	STREAM_WRONG, /* it is no trace from some place on */
	STREAM_OTHER, /* it is no trace at all */
	STREAM_IO     /* it cannot be read */
};

/* Reads and prints all of it. For STREAM_WRONG, @where is the place of the block, in
 * bytes, and @why what is wrong. */
enum stream_end stream_show(const struct stream *stream, uint64_t *where,
			    const char **why);

#endif
