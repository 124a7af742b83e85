/*
 * All entries of an archive in memory, by order and by name: what `ls` and
 * `verify` look at.
 */
#ifndef MKVM_INITCPIO_INDEX_H
#define MKVM_INITCPIO_INDEX_H

#include "newc.h"

#include <stdbool.h>
#include <stdio.h>

struct item {
	struct newc_entry e;
	char *name;	    /* cleaned: no leading slash, "." is the root */
	const char *why;    /* NULL, or why the name cannot be cleaned */
	struct item *twin;  /* the same name before it in the segment */
	struct item *first; /* of its hard links; itself when alone */
	struct item *data;  /* the one of its hard links with the bytes */
	unsigned int names; /* of its inode; kept in the first one */
};

struct index {
	struct item **items; /* trailers are not kept */
	size_t count;
	size_t room;
	struct item root;   /* for / where the archive does not say */
	void *by_name;	    /* tsearch() tree; the last one of a name counts */
	struct newc reader; /* where and why it ended, when it did badly */
};

/*
 * Reads the archive. Returns 0; -EINVAL when it is malformed, with the good
 * entries before that place in the index; -ENOMEM. Prints nothing. The bytes
 * must stay until index_free().
 */
int index_read(struct index *index, const void *data, size_t len);

/* The entry with that clean name, or NULL. */
struct item *index_find(const struct index *index, const char *name);

/*
 * The entry that Linux finds by that path, symlinks followed, or NULL: nothing
 * there, or symlinks that go round.
 */
const struct item *index_resolve(const struct index *index, const char *path);

/* The name with a slash before it and control characters as \ooo. */
void index_print_name(FILE *out, const struct item *item);
void index_print_bytes(FILE *out, const char *bytes, size_t n);

void index_free(struct index *index);

#endif
