/* VM exits: why KVM_RUN returned, and what answers it. */
#ifndef MKVM_EXIT_H
#define MKVM_EXIT_H

#include <stdint.h>

struct vcpu;

enum exit_action {
	EXIT_RESUME, /* answered: enter the guest again */
	EXIT_HALT,   /* the guest halted, and nobody but it could wake it */
	EXIT_STOP,   /* the handler ended the guest with vm_stop() */
};

/*
 * Answers the exit that @vcpu->run describes. On the vCPU's own thread.
 */
enum exit_action exit_handle(struct vcpu *vcpu);

/* Ends the guest because --max-exits is used up, and says where it was. */
void exit_stop_at_limit(struct vcpu *vcpu);

#endif
