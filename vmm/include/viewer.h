/*
 * The contract between a guest's screen and those who see it beside the terminal: a
 * window, a page, a file. A row for each, chosen by --display NAME[=ARG]; there may
 * be several at once. (What draws on the terminal is in display.h.)
 *
 * A viewer knows no devices and no guests: it asks for the picture of the guest in
 * front, and gives it keys and the like, by the viewer_*() functions, which
 * vmm/viewers.c has. All of it is the main thread's but put(), which files are for.
 */
#ifndef MKVM_VIEWER_H
#define MKVM_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

struct event_loop;
struct picture;	  /* util/picture.h */
struct view_port; /* what a viewer is given to look through */

#define VIEWER_COUNTS 16 /* kinds of VM exits, at most */

/* VM exits that one device has answered, or of one other kind, so far. */
struct viewer_count {
	const char *name;
	uint64_t exits;
};

struct viewer {
	const char *name; /* for --display */
	const char *arg;  /* what may follow: "[=PORT]"; "" for nothing */
	const char *what; /* one line for --list */

	/* Whether --display NAME may be given @arg; NULL: none was. When the command
	 * line is read. 0, or -EINVAL after one message. */
	int (*check)(const char *arg);

	/*
	 * Opens what has to be open, before a guest runs: sockets and programs
	 * beside this one. @loop is the main thread's. Its state, or NULL after one
	 * message.
	 */
	void *(*open)(const char *arg, struct view_port *port,
		      struct event_loop *loop);

	/* It is over: @viewer, the state, goes. */
	void (*close)(void *viewer);

	/* The guest in front has printed the @len bytes at @text by its console.
	 * NULL: not told. */
	void (*printed)(void *viewer, const void *text, size_t len);

	/*
	 * Writes @picture to files, which open() has named: on a thread of its own,
	 * every *@every_ns, which open() sets, and a last time when the guest has
	 * ended. 0, or -errno after one message, and it is not called any more.
	 * NULL: this viewer has no files.
	 */
	int (*put)(void *viewer, const struct picture *picture);

	bool counts; /* it asks for viewer_counts() */
};

#define VIEWER(row) TABLE_ROW(viewer, viewer, row)

/* How often put() is called. In open(). */
void viewer_every(struct view_port *port, uint64_t ns);

/*
 * The picture that the guest in front shows, to picture->pixels, where there is room
 * for the largest. False: there is nothing to be seen, or not just now, as a vCPU is
 * at the device.
 */
bool viewer_look(struct view_port *port, struct picture *picture);

/* A key of its keyboard, KEY_* of <linux/input-event-codes.h>; its mouse, by how
 * much it was moved, wheel notches towards the user, and which buttons are down
 * now: bit 0 the left one, 1 the right, 2 the middle. */
void viewer_key(struct view_port *port, unsigned int code, bool down);
void viewer_pointer(struct view_port *port, int dx, int dy, int wheel,
		    unsigned int buttons);

/* @len bytes are typed at its console, all of them or none: how many were. */
size_t viewer_type(struct view_port *port, const void *text, size_t len);

/* Its buttons. */
void viewer_power(struct view_port *port);
void viewer_reset(struct view_port *port);

/* What it has been answered so far; how many there are. */
unsigned int viewer_counts(struct view_port *port,
			   struct viewer_count counts[VIEWER_COUNTS]);

#endif
