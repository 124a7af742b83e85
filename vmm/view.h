/*
 * What the terminal shows: what the guests print by their serial ports, or the
 * screen of the guest in front. The screen is drawn by a display
 * (include/display.h); meanwhile output and messages are kept, 64 KiB of each,
 * and come out when it is left.
 *
 * Without --display, the only guest of a run that has printed nothing and writes on
 * its screen brings that to the front. All of it belongs to the main thread.
 */
#ifndef MKVM_VIEW_H
#define MKVM_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "util/event.h"
#include "view_terminal.h"

struct console;
struct display;
struct picture;
struct surface;
struct vm;

struct view {
	const struct display *display; /* NULL: there is no screen to see */
	void *state;		       /* the display's */
	struct surface *surface;
	struct picture *picture; /* NULL: no graphics yet */
	struct event_loop *loop;
	struct event_source tick; /* timerfd */
	struct console *console;
	struct vm *vms; /* one per guest */
	unsigned int nr_vms;
	struct view_terminal terminal; /* what is drawn on */
	bool waits; /* for a guest that writes on its screen */
	bool shown; /* the user wants the screen in front */
	bool begun; /* and that is what the terminal shows */
	bool ended;
	size_t at, len; /* of terminal.buf, what is not written yet */
};

/* Whether there is a display called @name, or it is "none"; behind a comma may be
 * how it draws graphics. 0, or -EINVAL after one message. */
int view_check(const char *name);

/* Whether @name, NULL if none was given, asks for a screen that a guest should
 * know of. */
bool view_is_wanted(const char *name);

/* Finds out what can be shown by guests that go without what @without names;
 * @annotated: VM exits are printed. 0, or the exit status after one message. */
int view_open(struct view *view, const char *name, const char *const *without,
	      bool annotated);
void view_close(struct view *view);

/* The guests, @nr of them at @vms, begin. A host that has too little of
 * something leaves them without, after one message. */
void view_start(struct view *view, struct event_loop *loop,
		struct console *console, struct vm *vms, unsigned int nr);

/* The user wants to see the other one. */
void view_switch(struct view *view);

/* The process was stopped and goes on. */
void view_resume(struct view *view);

/* All guests have ended: leaves the screen, and its text on the terminal. */
void view_end(struct view *view);

#endif
