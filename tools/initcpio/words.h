/*
 * Splits one line of a file list into words.
 *
 * Words stand between blanks. "Double quotes" keep blanks, a backslash takes
 * the character after it as it is, ${NAME} is the environment's value, and a #
 * at the start of a word begins a comment.
 */
#ifndef MKVM_INITCPIO_WORDS_H
#define MKVM_INITCPIO_WORDS_H

#include "report.h"

#include <stddef.h>

#define WORDS_MAX      64
#define WORDS_LINE_MAX 65536 /* bytes of one line after expansion */

struct words {
	char *text; /* the words, NUL after each */
	char *word[WORDS_MAX];
	size_t count;
};

/*
 * Splits line (no newline at its end). Returns 0 and words to be released with
 * words_free(), or prints and returns -EINVAL or -ENOMEM.
 */
int words_split(const struct origin *at, const char *line, struct words *out);

void words_free(struct words *words);

#endif
