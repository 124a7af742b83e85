/*
 * Messages of initcpio to the person at the terminal, on stderr.
 *
 * Whoever prints also returns the errno that decides the exit status, so that
 * a failing path reads `return report_at(...)`: -EINVAL for bad input (64),
 * anything else for a host that failed (70).
 */
#ifndef MKVM_INITCPIO_REPORT_H
#define MKVM_INITCPIO_REPORT_H

/* Where a request came from: a line of a list, or a folder (line 0). */
struct origin {
	const char *file;
	unsigned int line;
	unsigned int rank; /* position on the command line; later ones win */
};

/* Prints "FILE:LINE: message" and returns -EINVAL. */
int report_at(const struct origin *at, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints "initcpio: message" and returns -EINVAL. */
int report_bad(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints "initcpio: message" and returns -EIO. */
int report_failed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints "initcpio: out of memory" and returns -ENOMEM. */
int report_memory(void);

#endif
