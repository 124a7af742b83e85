/*
 * Messages to the person at the terminal, on stderr.
 *
 * Every line reads "kvm-vmm: subject: reason", and an error that the user can
 * act on says the next step. Guest output never passes through here.
 *
 * log_error(), log_warn() and log_info() never wait, so they may be called from
 * anywhere, whatever is locked: what stderr does not take just now comes when
 * it does. A text of many lines waits for its reader, and is not for those who
 * hold a lock.
 */
#ifndef MKVM_LOG_H
#define MKVM_LOG_H

#include <stdbool.h>
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

/*
 * From now on this thread has a loop to run: it must not wait for the reader,
 * and @wake, which may be called from any thread, tells it to call log_go_on()
 * soon. Before other threads start. 0, or -errno of a lack of descriptors.
 */
int log_attach(void (*wake)(void));

/* Writes what had to wait. False: stderr does not take all of it yet, and it is
 * to be tried again in a while. */
bool log_go_on(void);

/* The other threads are gone: writes what is left, and waits from now on. */
void log_detach(void);

/* Turns details on (--verbose) or off. */
void log_set_verbose(int on);

#endif
