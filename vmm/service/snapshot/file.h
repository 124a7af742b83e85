/* A snapshot that is open for reading: its head has been checked. */
#ifndef MKVM_SNAPSHOT_FILE_H
#define MKVM_SNAPSHOT_FILE_H

#include <stdbool.h>

#include "service/snapshot/format.h"

struct snapshot {
	const char *path; /* as messages call it */
	int fd;
	struct snapshot_head head;
	char *own_path; /* likewise, to be freed; or NULL */
	char *bytes;	/* of the head, all of it */

	/* In there: */
	const char *image;  /* the guest's, for messages */
	const char *loader; /* its name */
	const char *folder; /* that the words were said in */
	const char *cpu;    /* of the host, for people */
	const char *base; /* name of the file that this one goes on from, or "" */
	const char **words; /* head.nr_words of them, and NULL */
	const struct snapshot_part *table;
	const struct snapshot_run *runs; /* head.nr_runs of them */
};

/*
 * Opens the file at @path, which stays readable as long as @file is, and checks its
 * head. 0, or -errno after one message (-EINVAL: it is no snapshot, or damaged).
 */
int snapshot_open(struct snapshot *file, const char *path);
void snapshot_close(struct snapshot *file);

/* Reads its parts into @parts, which is empty, and checks their sums. As above. */
int snapshot_read_parts(const struct snapshot *file, struct parts *parts);

/* Whether a terminal shows @text and obeys nothing in it. */
bool snapshot_is_printable(const char *text);

/* The name of the base that the snapshot at @fd speaks of, at most NAME_MAX bytes and
 * without a folder. False: it speaks of none, or of something else. */
bool snapshot_base_name(int fd, char *name);

/* The base of @file, which has one, in the same folder. As snapshot_open(). */
int snapshot_open_base(struct snapshot *base, const struct snapshot *file);

/* Whether somebody else than the user could have written it. */
bool snapshot_is_foreign(const struct snapshot *file);

#endif
