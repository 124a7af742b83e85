/* Between the parts of the hypercall port: calls (hypercall.c), and those of a guest
 * that is saved and restored (hypercall_saved.c, or hypercall_none.c). */
#ifndef MKVM_HYPERCALL_DEVICE_H
#define MKVM_HYPERCALL_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

#define HC_FIFO_SIZE 16 /* characters that wait to be asked for */

/* What the next `in` gives. */
enum answer {
	ANSWER_ONES,   /* always: nothing was called, or nobody knows it */
	ANSWER_RESULT, /* the next bytes of the result */
	ANSWER_CHAR,   /* a character, which is a result of one byte */
	ANSWER_RANDOM, /* always fresh random bytes */
	ANSWER_SAVED,  /* what became of HC_SAVE, likewise one byte */
};

struct hypercall {
	struct board *board;

	/* What is remembered of it begins here. */
	uint8_t fifo[HC_FIFO_SIZE];
	unsigned int head, len;
	bool refused; /* input() left something behind */

	uint8_t bl; /* argument of the call */
	enum answer answer;
	uint64_t result;   /* what has not been read of it, low byte first */
	uint32_t restores; /* how often the guest was restored */
};

/* The call of @function, if it is one of those. False: it is none. */
bool hypercall_saved_call(struct hypercall *hc, uint8_t function);

/* What became of HC_SAVE. */
uint8_t hypercall_saved_result(struct hypercall *hc);

#endif
