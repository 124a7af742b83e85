/*
 * The file that a snapshot is to be in. It comes into being under another name
 * beside it, FILE.tmp, and has its own once it is whole: at any time FILE is what it
 * was before or what it is to be. What is left of one that was not finished is
 * written over by the next; anything else of that name is left alone: a user's work,
 * or another user's file, who would read along.
 */
#ifndef MKVM_SNAPSHOT_TARGET_H
#define MKVM_SNAPSHOT_TARGET_H

#include <stdbool.h>
#include <sys/types.h>

#define TARGET_WHY_BYTES 512

struct target {
	const char *path; /* as it was named; readable as long as this is open */
	int folder;	  /* a descriptor */
	char *name, *tmp; /* in there */
	uid_t user;	  /* whose file it is to be */
	int fd;	     /* of tmp, while it is written; the caller may take it */
	bool is_new; /* that was not there before */
	char why[TARGET_WHY_BYTES]; /* what has failed, "FILE: reason" */
};

/* All that can fail: 0, or -errno with the reason in target->why. */

/* @path is where a snapshot may go: nothing is there, or one. Its folder is opened. */
int target_open(struct target *target, const char *path);
void target_close(struct target *target);

/* Begins: target->fd is empty. */
int target_begin(struct target *target);

/* What was written lies on the disk. */
int target_sync(struct target *target);

/* Ends: FILE is what was written, for good; or it is as before, unless @ok. */
int target_end(struct target *target, bool ok);

/* Prints the reason, with the @option that named the file. Returns @err. */
int target_say(const struct target *target, const char *option, int err);

#endif
