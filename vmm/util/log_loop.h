/*
 * Messages on the thread that has an event loop: what stderr did not take at once
 * is written from there.
 */
#ifndef MKVM_LOG_LOOP_H
#define MKVM_LOG_LOOP_H

#include <stdbool.h>

/*
 * From now on this thread has a loop to run: it must not wait for the reader,
 * and @wake, which may be called from any thread, tells it to call log_go_on()
 * soon. Before other threads start. 0, or -errno of a lack of descriptors.
 */
int log_attach(void (*wake)(void));

/* stderr is another file from now on. Any thread; errors as above. */
int log_reopen(void);

/* Writes what had to wait. False: stderr does not take all of it yet, and it is
 * to be tried again in a while. */
bool log_go_on(void);

/* Keeps messages, 64 KiB of them, instead of writing them; or no more. */
void log_hold(bool on);

/* The other threads are gone: writes what is left, and waits from now on. */
void log_detach(void);

/* The first error of this thread's from now on is put at @text as well, for whoever
 * has asked for what fails; NULL: no more. */
void log_overhear(char *text, size_t size);

/* Whether details are on: log_set_verbose(). */
bool log_is_verbose(void);

#endif
