/* KVM's slots of memory: guest RAM, and the other side of include/device_memory.h. */
#ifndef MKVM_SLOTS_H
#define MKVM_SLOTS_H

#include <stdbool.h>

struct board;
struct vm;

/* Tells KVM of the RAM of @vm below the hole: in one slot; or, where a device has to
 * do with the @window, in two, and in others between them. 0, or -errno after
 * one message. */
int slots_add_low(struct vm *vm, bool window);

/* A device's part of it is over, and the VM's. */
void slots_free_board(struct board *board);
void slots_free(struct vm *vm);

#endif
