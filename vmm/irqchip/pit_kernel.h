/* The 8254 timer in the host kernel, of guests whose interrupt controllers are
 * there. Configured out (pit_kernel_none.c), they have no such timer. */
#ifndef MKVM_PIT_KERNEL_H
#define MKVM_PIT_KERNEL_H

struct vm;

/* Adds it to @vm, after the interrupt controllers and unless the run goes
 * without "pit". 0, or -errno after one message. */
int pit_kernel_create(struct vm *vm);

/* Leaves it as a BIOS does: irqchip/bios.h. */
void pit_kernel_as_bios(struct vm *vm);

#endif
