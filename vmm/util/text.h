/*
 * Text of several lines that is put together piece by piece, to be written
 * at once: what does not fit any more is left out, and never overruns.
 */
#ifndef MKVM_TEXT_H
#define MKVM_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *buf; /* always ends with a NUL */
	size_t size, len;
};

/* Starts an empty text in the @size bytes at @buf, at least 1. */
void text_init(struct text *text, char *buf, size_t size);

void text_add(struct text *text, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds spaces until the last line has @column characters. */
void text_pad(struct text *text, size_t column);

/* Adds byte @c as C would write it inside quotes: l, \n, \x80. */
void text_byte(struct text *text, uint8_t c);

#endif
