/*
 * The file that a snapshot is to be in. It comes into being under another name
 * beside it, FILE.tmp, and has its own once it is whole: at any time FILE is what it
 * was before or what it is to be. What is left of one that was not finished is
 * written over by the next.
 */
#ifndef MKVM_SNAPSHOT_TARGET_H
#define MKVM_SNAPSHOT_TARGET_H

struct target {
	const char *option; /* for messages */
	const char *path;   /* likewise */
	int folder;	    /* a descriptor */
	char *name, *tmp;   /* in there */
	int fd;		    /* of tmp, while it is written */
};

/* @path, as @option names it, is where a snapshot may go: nothing is there, or one.
 * Its folder is opened. 0, or -errno after one message. */
int target_open(struct target *target, const char *option, const char *path);
void target_close(struct target *target);

/* Begins: target->fd is empty. 0, or -errno after one message. */
int target_begin(struct target *target);

/* Ends: FILE is what was written, for good; or it is as before, unless @ok. 0, or
 * -errno after one message. */
int target_end(struct target *target, int ok);

#endif
