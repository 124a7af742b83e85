/*
 * Who sees the guest's screen beside the terminal: --display NAME[=ARG] of a viewer
 * (include/viewer.h). What they show is the guest in front.
 */
#ifndef MKVM_VIEWERS_H
#define MKVM_VIEWERS_H

#include <stdbool.h>

struct console;
struct event_loop;
struct vm;

/* --display @arg. 1: a viewer's, and taken; 0: it is none's; -EINVAL after one
 * message. */
int viewers_take(const char *arg);

/* Whether there is one: a screen that a guest should know of. */
bool viewers_are_wanted(void);

/* Opens what they need, before guests are built. 0, or an exit status after one message,
 * and with nothing left to undo. */
int viewers_open(struct event_loop *loop);
void viewers_close(void);

/*
 * The @nr guests at @vms are about to begin, and the process is about to lose its
 * rights: threads that open files are made. 0, or an exit status after one message;
 * viewers_end() is due either way.
 */
int viewers_start(struct console *console, struct vm *vms, unsigned int nr);

/* All guests have ended, and are still there. */
void viewers_end(void);

#endif
