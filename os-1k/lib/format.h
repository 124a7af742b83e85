/* Text of numbers, and numbers of text. */
#ifndef OS1K_FORMAT_H
#define OS1K_FORMAT_H

#include <stdarg.h>

/*
 * Gives the characters of @format to @put, one after the other. Knows %d %u %x
 * %s %c %%, a width, and before it 0 for leading zeros or - for blanks behind.
 */
void format(void (*put)(char c), const char *format, va_list args);

enum number_result { NUMBER_OK, NUMBER_NONE, NUMBER_TOO_LARGE };

/*
 * Reads a decimal integer at *@text, blanks and a sign before it allowed, into
 * *@value, and moves *@text behind it. NUMBER_TOO_LARGE: not in 32 bits; *@text
 * is behind it all the same. NUMBER_NONE: no digit there, nothing moved.
 */
enum number_result number_read(const char **text, int *value);

#endif
