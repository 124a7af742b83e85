/* What each GSI leads to, beyond the pins that KVM has wired by itself. */
#ifndef MKVM_ROUTES_H
#define MKVM_ROUTES_H

#include "chip.h"

struct vm;

/* Their `route`: GSI @gsi, not below IRQCHIP_LINES, is @message from now on. 0, or
 * -errno; any thread. */
int routes_set(struct vm *vm, unsigned int gsi,
	       const struct dev_message *message);

/* Those below are the pins of the 8259s and the I/O APIC in the kernel; or they
 * are the @count messages at @messages, from 0 on. Likewise. */
void routes_set_pins(struct vm *vm);
int routes_set_low(struct vm *vm, const struct dev_message *messages,
		   unsigned int count);

#endif
