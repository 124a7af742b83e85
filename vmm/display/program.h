/*
 * A viewer that is a program beside this one, in a jail: kvm-web and kvm-vnc. It has
 * the sockets at which people call, and what a guest made reaches it as pixels and
 * text. What it says is checked here: it might be theirs.
 */
#ifndef MKVM_DISPLAY_PROGRAM_H
#define MKVM_DISPLAY_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "viewer.h"

struct program;

#define PROGRAM_LISTENERS 2

struct program_config {
	const char *name;   /* "kvm-web" */
	const char *option; /* "--display web" */
	const char *goal;   /* "make web" builds it */
	const char *word; /* said first, as command lines can be read; or NULL */
	bool counts;	  /* it is told viewer_counts() */
	int listeners[PROGRAM_LISTENERS]; /* that it gets; we keep none */
	unsigned int nr_listeners;
};

/* Starts it. NULL after one message. The listeners are closed either way. */
struct program *program_open(const struct program_config *config,
			     struct view_port *port, struct event_loop *loop);
void program_close(void *program);

/* See include/viewer.h. */
void program_printed(void *program, const void *text, size_t len);

/* --- Where people call: listen.c --- */

struct listen_place {
	char host[64];		 /* a number; "": both loopbacks */
	unsigned int port, last; /* the first that is free of these; 0: any */
};

/* "PORT", "HOST:PORT", "[HOST]:PORT" or "HOST" in *@place, whose other members are
 * the default. False: it is none of these. */
bool listen_parse(struct listen_place *place, const char *text);

/* Binds and listens for @config, which gets the descriptors; place->port is where.
 * False after one message. Without a host the second loopback may be missing. */
bool listen_open(struct program_config *config, struct listen_place *place);

#endif
