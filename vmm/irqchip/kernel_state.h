/* What is remembered of the interrupt controllers in the host kernel: their
 * `save` and `load`. */
#ifndef MKVM_KERNEL_STATE_H
#define MKVM_KERNEL_STATE_H

struct stash;
struct vm;

int kernel_save(struct vm *vm, struct stash *out);
int kernel_load(struct vm *vm, struct stash *in);

#endif
