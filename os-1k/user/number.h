/* Numbers in text. */
#ifndef OS1K_NUMBER_H
#define OS1K_NUMBER_H

enum number_result { NUMBER_OK, NUMBER_NONE, NUMBER_TOO_LARGE };

/*
 * Reads a decimal integer at *@text, blanks and a sign before it allowed, into
 * *@value, and moves *@text behind it. NUMBER_TOO_LARGE: not in 32 bits; *@text
 * is behind it all the same. NUMBER_NONE: no digit there, nothing moved.
 */
enum number_result number_read(const char **text, int *value);

#endif
