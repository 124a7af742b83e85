/*
 * The power button of a guest, by Ctrl-A p or SIGPWR. A guest that listens shuts
 * down in its own time; a second press within POWER_AGAIN_S ends it at once.
 */
#ifndef MKVM_POWER_H
#define MKVM_POWER_H

#include <stdbool.h>

#define POWER_AGAIN_S 10

struct vm;

/* Presses it. On the main thread. */
void power_press(struct vm *vm);

/* Likewise, and a press more or less makes no difference. Whether the guest
 * listens. */
bool power_ask(struct vm *vm);

#endif
