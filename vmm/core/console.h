/*
 * The console: stdin to the device that listens, guest output to stdout.
 *
 *   stdin -> input ring -> device with the focus     (main thread only)
 *   devices -> output ring -> stdout                 (vCPUs fill, main drains)
 *
 * The escape key Ctrl-A is handled here and nowhere else, and only when stdin
 * is a terminal: piped bytes all reach the guest. When a ring is full its
 * writer waits, so nothing is lost however fast it comes.
 */
#ifndef MKVM_CONSOLE_H
#define MKVM_CONSOLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/event.h"
#include "util/ring.h"

struct board;

struct console {
	struct event_loop *loop;
	struct event_source in;	  /* stdin */
	struct event_source out;  /* stdout, while it cannot take more */
	struct event_source wake; /* output came, or a device has room */
	void (*quit)(void *arg, int status); /* the user wants out */
	void *quit_arg;

	/* Main thread only. */
	struct ring input;
	bool terminal;	 /* stdin is one: raw, escape key active */
	bool escaped;	 /* Ctrl-A was the last key */
	bool in_is_file; /* stdin is always ready: read when there is room */
	bool in_paused;	 /* the input ring is full, or stdin has ended */
	bool in_eof;
	bool out_waits; /* stdout cannot take more just now */

	_Atomic(struct board *) focus; /* gets the input; NULL: nobody yet */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t room;  /* the output ring has been drained */
	struct ring output;
	bool abandoned; /* nobody will read: drop output */
};

/*
 * Takes over stdin and stdout. @quit is called on the main thread when the
 * user types Ctrl-A x or stdout breaks. 0, or -errno after one message.
 */
int console_init(struct console *console, struct event_loop *loop,
		 void (*quit)(void *arg, int status), void *arg);

/* Restores the terminal and lets go of everything. */
void console_free(struct console *console);

/* Drops output from now on instead of waiting for stdout to take it. */
void console_abandon(struct console *console);

/* Whether all output has been written, or been given up. */
bool console_is_drained(struct console *console);

/* Queues guest output; waits when the ring is full. Any thread. */
void console_tx(struct console *console, const void *buf, size_t len);

/* @board listens and has room: it has the focus now. Any thread. */
void console_rx_ready(struct console *console, struct board *board);

/* The process was stopped and goes on, perhaps on another terminal state. */
void console_resume(struct console *console);

#endif
