/*
 * What this process still needs by its name once all files are open: a directory
 * that the guest shares, a socket's file that is to be removed at the end. Whoever
 * has such a thing says so when it opens it; the sandbox lets that through and
 * nothing else. Before there are threads.
 */
#ifndef MKVM_REACH_H
#define MKVM_REACH_H

#include <stdbool.h>

enum reach {
	REACH_READ,    /* files below a directory are opened, read only */
	REACH_WRITE,   /* the same, and made, changed and removed */
	REACH_REMOVE,  /* this one file is removed at the end */
	REACH_REPLACE, /* this one file is written beside, and replaced */
};

struct reachable {
	enum reach how;
	char *path;		/* as it was named */
	struct reachable *next; /* NULL: the last */
};

/* Remembers @path, which is copied. Without memory it is not let through. */
void reach_add(enum reach how, const char *path);

/* All, or NULL. */
const struct reachable *reach_first(void);

/* Whether there is one of that kind. */
bool reach_has(enum reach how);

#endif
