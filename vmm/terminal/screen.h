/*
 * How guests share one stdout.
 *
 *   raw          the bytes of the only guest, unchanged
 *   lines        whole lines, each with its guest's name in front; on a
 *                terminal in the guest's colour, and there the unfinished
 *                line of the guest that has the keyboard shows as it grows
 *   interleaved  bytes as they come, on a terminal in the guest's colour
 *
 * Lays bytes out in a ring, and knows nothing of threads, files and devices:
 * terminal/output.c calls it with its lock held.
 */
#ifndef MKVM_SCREEN_H
#define MKVM_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/ring.h"

#define SCREEN_LINE 1024 /* bytes; a longer line is cut into several */

enum screen_mode {
	SCREEN_RAW,
	SCREEN_LINES,
	SCREEN_INTERLEAVED,
};

struct screen_config {
	enum screen_mode mode;
	bool terminal; /* cursor movement is understood */
	bool colour;   /* and so are colours */
	bool live;     /* lines: show the unfinished line of the one in front */
	const char *const *names; /* of the guests; kept, not copied */
	unsigned int nr_guests;
};

struct screen_guest {
	bool ending; /* prints no more; its unfinished line waits for room */
	size_t len;  /* of the unfinished line */
	unsigned int returns; /* carriage returns in it */
	uint8_t line[SCREEN_LINE];
};

struct screen {
	struct screen_config config;
	struct ring *out;
	struct screen_guest *guests; /* NULL in raw mode */
	unsigned int nr_ending;
	unsigned int name_width;
	int front;   /* the guest with the keyboard */
	int shown;   /* whose unfinished line the terminal shows, or -1 */
	int speaker; /* interleaved: whose colour is set, or -1 */
};

/* Sets @screen up to write into @out. 0 or -ENOMEM. */
int screen_init(struct screen *screen, const struct screen_config *config,
		struct ring *out);
void screen_free(struct screen *screen);

/* Names the guests, each in its colour, and says who has the keyboard. */
void screen_legend(struct screen *screen);

/* Takes up to @len bytes of guest @id's output; returns how many, which is
 * fewer only when the ring is too full. */
size_t screen_put(struct screen *screen, unsigned int id, const uint8_t *buf,
		  size_t len);

/* Guest @id has the keyboard now; with @say, tells so. */
void screen_set_front(struct screen *screen, unsigned int id, bool say);

/* Guest @id will print no more: shows its unfinished line, now or with a
 * later screen_catch_up(). */
void screen_end(struct screen *screen, unsigned int id);

/* There is room again: shows what waits for it. True when nothing does. */
bool screen_catch_up(struct screen *screen);

/* Leaves the terminal at the start of a line, for a message of ours. */
void screen_break(struct screen *screen);

/* The sequence that sets guest @id's colour, in @buf of @size bytes. */
void screen_colour(unsigned int id, char *buf, size_t size);

#endif
