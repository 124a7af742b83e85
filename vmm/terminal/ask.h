/*
 * Asking the terminal what it can, and telling its answer from what is typed: both
 * come by stdin, in any pieces. Whatever is no answer reaches the guest, in its
 * order; what may become one waits for a moment at most.
 *
 *   CSI ? 1 ; 1 ; 0 S   ->  CSI ? 1 ; 0 ; n S      n registers for colours
 *   CSI 16 t            ->  CSI 6 ; height ; width t    a character, in pixels
 *   CSI c               ->  CSI ? 6x ; ... ; 4 ; ... c  it has sixels
 *
 * All terminals answer the last one, and in order: then there is nothing to come.
 * (DEC, "VT330/VT340 Programmer Reference Manual", "Primary Device Attributes";
 * xterm, "Control Sequences".)
 */
#ifndef MKVM_ASK_H
#define MKVM_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASK_QUESTION "\033[?1;1;0S\033[16t\033[c"
#define ASK_MAX	     64 /* bytes of an answer at most */

enum ask_state {
	ASK_NOT,     /* nothing was asked */
	ASK_WAITING, /* nothing else is drawn yet */
	ASK_LATE,    /* it may still answer */
	ASK_OVER,    /* it has, or is not heard any more */
};

struct ask {
	enum ask_state state;
	unsigned int ticks;    /* since it was asked */
	unsigned int held_for; /* ticks */
	size_t len;	       /* of what may become an answer */
	uint8_t held[ASK_MAX];
	bool sixel;		/* it said so */
	unsigned int registers; /* for colours; 0: it did not say */
	unsigned int cell_width, cell_height; /* pixels; 0: likewise */
};

/* Whether there is somebody who could ask: else nothing else here does. */
extern const bool ask_is_here;

/* ASK_QUESTION is on its way. */
void ask_begin(struct ask *ask);

/* Takes answers out of the @len bytes at @in: what is typed goes to @out, where
 * there is room for ASK_MAX more; how many bytes that are. */
size_t ask_sift(struct ask *ask, const uint8_t *in, size_t len, uint8_t *out);

/* Some 30 ms have gone by: what was held for longer goes to @out, where there is
 * room for ASK_MAX; how many bytes that are. */
size_t ask_tick(struct ask *ask, uint8_t *out);

/* The same where nothing can be typed, and so nothing is read: what was held stays, and
 * whenever an answer comes, it is one. */
void ask_tick_full(struct ask *ask);

static inline bool ask_is_open(const struct ask *ask)
{
	return ask->state == ASK_WAITING || ask->state == ASK_LATE;
}

#endif
