/*
 * Bytes that grow at their end as they are put, and are got back in the same order:
 * one part of what is remembered of a guest. Numbers lie as this CPU has
 * them; only the same kind of CPU reads them again.
 *
 * Nobody has to look at every single call. A stash that found no memory, or was
 * asked for more than it has, is bad from then on, and whatever is got from it
 * is zeroes.
 */
#ifndef MKVM_STASH_H
#define MKVM_STASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stash {
	uint8_t *data;
	size_t len;  /* bytes put */
	size_t room; /* bytes of memory at data; 0: they are another's */
	size_t at;   /* the next byte to be got */
	bool bad;
};

/* Puts the @len bytes at @from behind all others. */
void stash_put(struct stash *stash, const void *from, size_t len);

/* Gets the next @len bytes to @to. */
void stash_get(struct stash *stash, void *to, size_t len);

/* The next @len bytes where they lie; NULL, and bad: there are fewer. */
const void *stash_take(struct stash *stash, size_t len);

/* For a number or a structure: the variable itself. */
#define STASH_PUT(stash, variable) \
	stash_put(stash, &(variable), sizeof(variable))
#define STASH_GET(stash, variable) \
	stash_get(stash, &(variable), sizeof(variable))

/* How many bytes are still to be got. */
static inline size_t stash_left(const struct stash *stash)
{
	return stash->bad ? 0 : stash->len - stash->at;
}

/* Whether all has been got, and nothing else was asked for. */
static inline bool stash_is_done(const struct stash *stash)
{
	return !stash->bad && stash->at == stash->len;
}

void stash_free(struct stash *stash);

#endif
