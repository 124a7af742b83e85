/*
 * Messages from the keeper to the init inside.
 */
#ifndef LAB_ORDER_H
#define LAB_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "link.h"

/* Bytes that wait to be written; all zero is an empty one. */
struct queue {
	char *data;
	size_t at;
	size_t end;
};

/* Appends bytes. Returns 0 or -ENOMEM. */
int queue_add(struct queue *queue, const void *buf, size_t len);

bool queue_is_empty(const struct queue *queue);

/* Writes what @fd, which does not block, takes now. */
void queue_send(struct queue *queue, int fd);

/* What the order is about; every list ends with NULL. */
struct wish {
	char **shares;	 /* directories to be seen */
	char **outs;	 /* and to be written */
	char **forwards; /* TCP ports of the host that lead inside */
	char **args;	 /* COMMAND */
};

/*
 * Packs the order to run a command in the current directory and environment;
 * the caller has filled the fields of @setup that come before the counts.
 * Returns 0 or -errno.
 */
int order_pack(struct queue *queue, struct lab_setup *setup,
	       const struct wish *wish);

/* Packs the news of the terminal's size. Returns 0 or -ENOMEM. */
int order_resize(struct queue *queue, struct lab_winsize size);

/* Adds a message that says nothing. 0 or -ENOMEM. */
int order_wake(struct queue *queue);

#endif
