/* Printing for programs. */
#ifndef OS1K_PRINT_H
#define OS1K_PRINT_H

/* Prints with the conversions of format.h. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints bytes, however many. */
void print_bytes(const char *bytes, int len);

#endif
