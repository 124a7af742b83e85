/*
 * All entries of an archive, by order and by name, and the parts they come
 * from: what `ls` and `verify` look at. Of contents the beginning is kept.
 */
#ifndef MKVM_INITCPIO_INDEX_H
#define MKVM_INITCPIO_INDEX_H

#include "newc.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * What Linux unpacks in one go: archives that stand there as they are, or one
 * packed stream. An initramfs is one or several of them, one after another.
 */
struct part {
	size_t offset;	    /* in the file */
	const char *method; /* it is packed with; NULL: not packed */
	const char *fault;  /* why Linux cannot unpack it, or NULL */
};

struct item {
	struct newc_entry e; /* name and head are the item's own */
	size_t order;	     /* its place in the index */
	unsigned int part;
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
	struct item root; /* for / where the archive does not say */
	void *by_name;	  /* tsearch() tree; the last one of a name counts */
	struct part *parts;
	unsigned int nr_parts;
	uint64_t unpacked; /* bytes of all parts together */
	uint64_t limit;	   /* most of them */

	size_t bad_at;	  /* where it ended badly; see index_print_place() */
	bool bad_in_part; /* counted in what the last part unpacks to */
	char bad_why[160];
	struct newc reader;
};

/* Most bytes that parts may unpack to, for a file of so many bytes. */
#define INDEX_UNPACKED_MIN   ((uint64_t)16 << 20)
#define INDEX_UNPACKED_RATIO 1024

/*
 * Reads the bytes of a file as Linux does (parts.c), and unpacks at most limit
 * bytes, or what seems sound for the size of the file if that is 0. Returns 0;
 * -EINVAL when something is malformed, with the good entries before that place
 * in the index, bad_at and bad_why; -ENOMEM. Prints nothing.
 */
int index_read(struct index *index, const void *data, size_t len,
	       uint64_t limit);

/* For parts.c: an empty index; an entry (data is the index); the last step. */
void index_open(struct index *index);
newc_take index_add;
int index_tie(struct index *index);

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

/* "at byte N", or "at byte N of what is packed at byte M". */
void index_print_place(FILE *out, const struct index *index, unsigned int part,
		       size_t offset);

/* Prints on stderr why index_read() returned -EINVAL. */
void index_report(const struct index *index, const char *path);

void index_free(struct index *index);

#endif
