/*
 * Messages to the person at the terminal, on stderr.
 *
 * Every line reads "kvm-vmm: subject: reason", and an error that the user can
 * act on says the next step. Guest output never passes through here.
 *
 * log_error(), log_warn() and log_info() never wait, so they may be called from
 * anywhere, whatever is locked: what stderr does not take just now comes when
 * it does (log_loop.h). A text of many lines waits for its reader, and is not
 * for those who hold a lock.
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

/* @len bytes of whole lines as they are, in one piece; printed always. Waits for
 * the reader, except on the thread that has called log_attach(). */
void log_text(const char *text, size_t len);

/* "; " and what a user can do about the errno @err, or "". */
const char *log_advice(int err);

/* Turns details on (--verbose) or off. */
void log_set_verbose(int on);

#endif
