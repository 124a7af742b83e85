/* One line to a run, and what it answers. */
#ifndef MKVM_CONTROL_CLIENT_H
#define MKVM_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl.h"

/* An answer that comes piece by piece. */
struct client_answer {
	char *text;
	size_t len, size;
};

/* Sends @line, which ends with its newline. 0 or -errno. */
int client_send(int fd, const char *line, size_t len);

/* Takes what there is. 1: the answer is whole, and is one of JSON; 0: more is to
 * come; or -errno: -EPROTO for what is no answer. */
int client_receive(int fd, struct client_answer *answer);
void client_free(struct client_answer *answer);

/* The answer to `console`, into memory of its own, as client_receive() does; and this
 * terminal as the guest's, until the user leaves or the run ends: exit status. */
int attach_begin(int fd, struct client_answer *answer);
int attach(int fd);

/* `ctl list`; exit status. */
int list_runs(bool as_json);

/* `ctl stop --all`, with @seconds, or NULL; exit status. */
int stop_all_runs(const char *seconds, bool as_json);

/* Calls @found with the path and name of each socket in the user's folder; how many
 * there were. */
unsigned int list_sockets(void (*found)(void *arg, const char *path,
					const char *name),
			  void *arg);

#endif
