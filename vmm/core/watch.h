/*
 * The halt watch: notices a guest that can never run again.
 *
 * With the interrupt controllers in the kernel a halted vCPU sleeps inside
 * KVM_RUN, and a guest that stopped with interrupts off would hang the VMM for
 * ever. A timer looks at the CPU time of the vCPU threads; when all of them
 * stood still, each vCPU is asked whether anything could wake it.
 */
#ifndef MKVM_WATCH_H
#define MKVM_WATCH_H

#include <stdint.h>

#include "util/event.h"

struct vm;

struct watch {
	struct vm *vms;
	unsigned int nr_vms;
	struct event_source timer;
	struct watch_state *states; /* one per VM */
};

/* Starts watching those of @vms that need it. 0, or -errno after one message. */
int watch_start(struct watch *watch, struct event_loop *loop, struct vm *vms,
		unsigned int nr_vms);
void watch_stop(struct watch *watch);

#endif
