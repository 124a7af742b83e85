/* How stdout is to be written to: what it is, and what the user's environment
 * says of it. */
#ifndef MKVM_STYLE_H
#define MKVM_STYLE_H

#include <stdbool.h>

#include "terminal/screen.h"

/* Whether stdout is a terminal that can move its cursor, by TERM. */
bool style_moves(void);

/* Whether it has colours of 24 bits: COLORTERM, or a TERM that ends so. */
bool style_is_deep(void);

/* Whether the user wants no colours: NO_COLOR. */
bool style_is_plain(void);

/*
 * How the @nr guests called @names share stdout: alone, line by line, or, with
 * @interleave, as it comes. @annotated: messages come between any two characters.
 */
struct screen_config style_of(const char *const *names, unsigned int nr,
			      bool interleave, bool annotated);

#endif
