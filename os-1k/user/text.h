/* What programs do with text, beyond lib/string.h. */
#ifndef OS1K_TEXT_H
#define OS1K_TEXT_H

#include <stdbool.h>
#include <stddef.h>

size_t strlen(const char *s);
void *memmove(void *to, const void *from, size_t len);
int strcmp(const char *a, const char *b);

/* Is there nothing more at @text but blanks? */
bool is_end(const char *text);

enum number_result { NUMBER_OK, NUMBER_NONE, NUMBER_TOO_LARGE };

/*
 * Reads a decimal integer at *@text, blanks and a sign before it allowed, into
 * *@value, and moves *@text behind it. NUMBER_TOO_LARGE: not in 32 bits; *@text
 * is behind it all the same. NUMBER_NONE: no digit there, nothing moved.
 */
enum number_result number_read(const char **text, int *value);

#endif
