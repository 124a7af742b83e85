/*
 * The console: one terminal, or a pair of pipes, for all guests.
 *
 *   stdin -> keys of the guest in front -> its device that listens
 *   devices -> terminal/output.c -> stdout
 *
 * Everything but the three functions that say "any thread" belongs to the
 * main thread. The escape key Ctrl-A is handled here and nowhere else, and
 * only when stdin is a terminal: piped bytes all reach the guest.
 *
 * The guest in front is the first that listens; from there on the user moves
 * the keyboard with Ctrl-A n, and when a guest ends it goes to the next. What
 * comes through a pipe stays with the first that listened.
 */
#ifndef MKVM_CONSOLE_H
#define MKVM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "terminal/keys.h"
#include "terminal/output.h"
#include "util/event.h"

struct board;
struct console;

/* One guest's end of the console. */
struct console_guest {
	struct console *console;
	unsigned int id;
	struct keys keys;
	bool ended;
};

struct console_config {
	const char *const *names; /* of the guests, as messages call them */
	unsigned int nr_guests;
	bool interleave; /* output as it comes, not line by line */
	bool annotated;	 /* messages will come between any two characters */
	const char *const *without; /* features left out: feature.h */
	/* Offers keys before any guest has them; how many, from the first on,
	 * are none of a guest's. @len 0: there will be no more. */
	size_t (*grab)(const uint8_t *buf, size_t len);
	/* Takes what a terminal answers out of the @len bytes at @in; how many
	 * are typed, in @out, which has room for ASK_MAX more. */
	size_t (*sift)(void *arg, const uint8_t *in, size_t len, uint8_t *out);
	/* Offers keys to @board; how many it took, or -EAGAIN: busy just now. */
	ssize_t (*input)(struct board *board, const uint8_t *buf, size_t len);
	void (*quit)(void *arg, int status);	   /* the user wants out */
	void (*power)(void *arg, unsigned int id); /* its power button */
	bool (*resize)(void *arg); /* tells guests; false: not all of them */
	void (*screen)(void *arg); /* to the guest's screen, or back */
	void (*eof)(void *arg); /* nothing more will come by a pipe or file */
	void *arg;
};

struct console {
	struct console_config config;
	struct event_loop *loop;
	struct event_source in;	  /* stdin */
	struct event_source wake; /* a device has room */
	struct event_source look; /* timerfd: are we in the foreground? */
	struct output output;
	struct console_guest *guests;
	struct console_guest *front; /* has the keyboard */
	bool terminal;		     /* stdin is one: the escape key counts */
	bool heard;		     /* some guest has listened */
	_Atomic(enum keys_place)
		place;	 /* what the terminal shows of the one in front */
	bool away;	 /* the terminal is not ours, or nobody wants it */
	bool looking;	 /* the timer for that is armed */
	bool resized;	 /* and not every guest was told */
	bool escaped;	 /* Ctrl-A was the last key */
	bool chosen;	 /* the user has moved the keyboard */
	bool in_is_file; /* stdin is always ready: read when there is room */
	bool in_paused; /* there is no room for more keys, or stdin has ended */
	bool in_eof;
};

/*
 * Gives each guest its end. config->quit is called on the main thread when the
 * user types Ctrl-A x or stdout breaks. 0, or -errno after one message, with
 * nothing left to undo.
 */
int console_init(struct console *console, struct event_loop *loop,
		 const struct console_config *config);

/* Takes over stdin and stdout. 0, or -errno after one message. */
int console_start(struct console *console);

/* Restores the terminal and lets go of everything. */
void console_free(struct console *console);

/* The @len bytes at @keys are typed at the terminal; there is room for them. */
void console_typed(struct console *console, const uint8_t *keys, size_t len);

/* Writes what there is, at once. */
static inline void console_flush(struct console *console)
{
	output_drain(&console->output);
}

/* Drops output from now on instead of waiting for stdout to take it. */
static inline void console_abandon(struct console *console)
{
	output_abandon(&console->output);
}

/* Whether all output has been written or given up. */
static inline bool console_is_drained(struct console *console)
{
	return output_is_drained(&console->output);
}

/* Whether there is more than stdout takes just now. */
static inline bool console_waits(const struct console *console)
{
	return console->output.waits;
}

/* The process was stopped and goes on, perhaps on another terminal state. */
void console_resume(struct console *console);

/* The terminal has another size: config->resize() is called until it is true. */
void console_resize(struct console *console);

/* Who gets the guest's keys just now; NULL: nobody yet. Any thread. */
static inline struct board *console_reader(const struct console_guest *guest)
{
	return keys_reader(&guest->keys, atomic_load(&guest->console->place));
}

/* @len keys for the guest, at most KEYS_CHUNK, as if they had been typed at it,
 * Ctrl-A included; how many there was room for: all or none. */
static inline size_t console_type(struct console_guest *guest,
				  const uint8_t *buf, size_t len)
{
	if (guest->ended || !keys_room(&guest->keys))
		return 0;
	keys_put(&guest->keys, buf, len);
	event_notify(guest->console->wake.fd);
	return len;
}

/* Whether the guest listens, has had all there was, and nothing more comes. */
bool console_awaits(const struct console_guest *guest);

/* A number that changes when any guest prints. */
static inline size_t console_count(struct console *console)
{
	return output_count(&console->output);
}

/* The guest has ended: it prints and reads no more. */
void console_end(struct console_guest *guest);

/* Queues guest output; waits when there is too much. Any thread. */
static inline void console_tx(struct console_guest *guest, const void *buf,
			      size_t len)
{
	output_put(&guest->console->output, guest->id, buf, len);
}

/* @board listens and has room: it gets the guest's keys now. Any thread. */
void console_rx_ready(struct console_guest *guest, struct board *board);

/* @board has room for more, if it still gets the keys. Any thread. */
void console_rx_more(struct console_guest *guest, struct board *board);

/* @board is the guest's keyboard: keys that are typed while its screen is shown
 * go there. Any thread. */
void console_keyboard(struct console_guest *guest, struct board *board);

/* @board is a keyboard that is lent what nobody asks for: keys_lend(). */
static inline void console_lends(struct console_guest *guest,
				 struct board *board)
{
	atomic_store(&guest->keys.quiet, board);
}

/* Whether no device of the guest has asked for keys yet. Any thread. */
static inline bool console_is_unasked(const struct console_guest *guest)
{
	return !atomic_load(&guest->keys.last);
}

/* Whether the terminal shows the screen of the guest in front. */
void console_set_at_screen(struct console *console, bool at_screen);
bool console_is_at_screen(const struct console_guest *guest);

/* A message of ours follows: output that came before it goes first. Any
 * thread. */
void console_before_message(struct console_guest *guest);

#endif
