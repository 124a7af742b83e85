/* A run that begins with a snapshot in the place of an image. */
#ifndef MKVM_SNAPSHOT_RESTORE_H
#define MKVM_SNAPSHOT_RESTORE_H

#include <stdbool.h>

struct plan;
struct plug;
struct vm;

/* Whether it does: --restore was given. */
bool restore_is_on(void);

/* Of a guest that is one of several copies, beside each other: which, from 1. 0: it is
 * none. */
unsigned int restore_copy(void);

/* The name of the loader that has once loaded the guest. */
const char *restore_loader(void);

/* The folder in which the words of the machine were said. */
const char *restore_folder(void);

/* Plugs in what the words say, in that folder. As the plug itself. */
int restore_plug(const struct plug *plug, struct plan *plan, const char *arg);

/* Makes @vm, which is built and has not run, the guest that was saved. Main thread.
 * 0, or -errno after one message (-EINVAL: the file does not fit). */
int restore_vm(struct vm *vm);

#endif
