/* Numbers as users write them. */
#ifndef MKVM_SIZE_H
#define MKVM_SIZE_H

#include <stdint.h>

/* A whole decimal number from 0 to @max, and nothing else. 0 or -EINVAL. */
int size_number(const char *text, unsigned long max, uint64_t *value);

/* The same with K, M, G or T behind it, which stand for powers of 1024. */
int size_parse(const char *text, uint64_t *size);

/* Seconds, at most @max of them, perhaps with a fraction, in ns. 0 or -EINVAL. */
int size_seconds(const char *text, unsigned long max, uint64_t *ns);

#endif
