/* Numbers and strings as text. */
#ifndef OS1K_FORMAT_H
#define OS1K_FORMAT_H

#include <stdarg.h>

/*
 * Gives the characters of @text to @put, one after the other. Knows %d %u %x %s
 * %%, a width, and before it 0 for leading zeros or - for blanks behind.
 */
void format(void (*put)(char c), const char *text, va_list args);

#endif
