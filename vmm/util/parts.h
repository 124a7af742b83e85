/*
 * The parts of a machine as they are remembered: each has a name, a number among
 * those of that name, the version of its layout, and its bytes. Their order
 * means nothing; every one is taken by whoever knows it, once.
 */
#ifndef MKVM_PARTS_H
#define MKVM_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/stash.h"

#define PART_NAME_MAX 31
#define PARTS_MAX     4096

struct part {
	char name[PART_NAME_MAX + 1];
	uint32_t nr; /* from 0 */
	uint32_t version;
	bool taken;
	struct stash stash;
};

struct parts {
	struct part **list;
	unsigned int nr;
	bool bad; /* no memory, or too many */
};

/* An empty stash for part number @nr of those called @name, whose layout is
 * @version. Never NULL: what finds no place makes @parts bad. It stays where it
 * is until parts_free(). */
struct stash *parts_add(struct parts *parts, const char *name, unsigned int nr,
			unsigned int version);

/* The bytes of that part, from the first one on. NULL after one message that
 * begins with @subject: there is none, or it is of another version. */
struct stash *parts_take(struct parts *parts, const char *subject,
			 const char *name, unsigned int nr,
			 unsigned int version);

/* All of them can be taken once more. */
void parts_again(struct parts *parts);

/* Whether there is such a part, taken or not. */
bool parts_have(const struct parts *parts, const char *name, unsigned int nr);

/* 0 once every part has been taken and read to its end; else -EINVAL after one
 * message that begins with @subject. */
int parts_check(const struct parts *parts, const char *subject);

/* Whether they were put together whole: there was memory for all. */
bool parts_are_whole(const struct parts *parts);

void parts_free(struct parts *parts);

#endif
