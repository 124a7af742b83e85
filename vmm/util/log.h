/*
 * Messages to the person at the terminal, on stderr.
 *
 * Every line reads "kvm-vmm: subject: reason", and an error that the user can
 * act on says the next step. Guest output never passes through here.
 */
#ifndef MKVM_LOG_H
#define MKVM_LOG_H

#include <stddef.h>

/* An error; printed always. Returns nothing: the caller returns -errno. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A warning; printed always. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A detail; printed with --verbose only. */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* @len bytes of whole lines as they are, in one write; printed always. */
void log_text(const char *text, size_t len);

/* "; " and what a user can do about the errno @err, or "". */
const char *log_advice(int err);

/*
 * From now on a reader who does not read holds up nothing for ever: the main
 * thread waits a second in all for room on stderr, other threads until
 * log_hurry(). Before the first thread starts.
 */
void log_never_block(void);

/* The program is to end: whoever waits for room gives up within a second. */
void log_hurry(void);

/* Turns details on (--verbose) or off. */
void log_set_verbose(int on);

#endif
