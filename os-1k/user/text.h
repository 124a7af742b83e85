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

#endif
