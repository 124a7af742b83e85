/*
 * For devices that are remembered (device.h, `saved`): what makes sure of bytes that
 * come from a file.
 */
#ifndef MKVM_SAVED_H
#define MKVM_SAVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ison.h"

/* Whether all bools at these addresses are true or false. Any other byte must not
 * be looked at as one: a compiler takes it for whatever it likes. */
#define ARE_BOOLS(...)                                           \
	are_bools((const bool *const[]){ __VA_ARGS__ },          \
		  sizeof((const bool *const[]){ __VA_ARGS__ }) / \
			  sizeof(const bool *))

static inline bool are_bools(const bool *const *bools, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (*(const uint8_t *)bools[i] > 1)
			return false;
	return true;
}

/* Whether @val has no bit but those of @mask. */
static inline bool has_only(uint64_t val, uint64_t mask)
{
	return !(val & ~mask);
}

#endif
