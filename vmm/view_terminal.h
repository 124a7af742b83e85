/*
 * The terminal that a view draws on: its size, its colours, and whether it has pixels,
 * which it is asked when there are graphics for the first time.
 */
#ifndef MKVM_VIEW_TERMINAL_H
#define MKVM_VIEW_TERMINAL_H

#include <stdbool.h>

#include "display.h"
#include "terminal/ask.h"

struct console;

#define VIEW_BYTES 16384 /* at most so much is written for one picture */

/* How graphics are drawn. */
enum view_style { VIEW_EITHER, VIEW_BLOCKS, VIEW_SIXEL };

struct view_terminal {
	bool utf8, colour, deep, shapes;
	enum view_style style;
	struct ask ask; /* what it can */
	char *buf;	/* few, or, once there were sixels, DISPLAY_ROOM */
	char few[VIEW_BYTES];
};

/* How graphics are to be drawn, enum view_style, as the name of a display says
 * behind a comma; NULL: no name was given. -EINVAL: there is no such style. */
int view_style_in(const char *name);

/* What the environment says, and a buffer. */
void view_terminal_open(struct view_terminal *t, const char *name);

void view_terminal_close(struct view_terminal *t);

/* What is drawn on now. */
struct display_terminal view_terminal_now(struct view_terminal *t);

/* Bytes at buf: enough for what is drawn on. */
size_t view_terminal_room(const struct view_terminal *t);

/* There are graphics: adds the question to @text, once. False: it is to be answered
 * before anything is drawn, which takes 0.3 seconds at most. */
bool view_terminal_is_known(struct view_terminal *t,
			    const struct console *console, struct text *text);

/* A tick has gone by: keys that looked like the beginning of an answer are typed, if
 * they have waited. As long as ask_is_open(), on the screen or not, ticks go by. */
void view_terminal_tick(struct view_terminal *t, struct console *console);

/* The guests have ended: has an answer that is on its way come here, and not to the
 * shell, for 0.2 seconds at most. What else is typed was for the guest, and lost. */
void view_terminal_await(struct view_terminal *t);

#endif
