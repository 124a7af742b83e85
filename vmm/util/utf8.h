/* UTF-8 (RFC 3629): characters as bytes. */
#ifndef MKVM_UTF8_H
#define MKVM_UTF8_H

#include <stddef.h>

#define UTF8_MAX 4

/* Bytes of the character at @text, 1 to UTF8_MAX, of which there are @room at most;
 * 0: it is none. Behind a byte that is none, nothing is read. */
unsigned int utf8_length(const char *text, size_t room);

/* Puts character @code at @bytes; how many those are. What is none becomes U+FFFD. */
size_t utf8_put(unsigned int code, char bytes[UTF8_MAX]);

#endif
