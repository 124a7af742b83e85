/*
 * The registers of a vCPU that has left the guest, in run->s.regs. With
 * SYNC_REGS KVM brings them along (regs_sync.c; KVM API, KVM_CAP_SYNC_REGS);
 * without it (regs_sync_none.c), and where the host cannot, they are asked for.
 */
#ifndef MKVM_REGS_H
#define MKVM_REGS_H

#include "core/vcpu.h"

/* Arranges for vcpu->wanted_regs, KVM_SYNC_X86_..., to come with every exit. */
void regs_share(struct vcpu *vcpu);

/* Asks for those that did not come along, and ends the guest if KVM refuses. */
void regs_ask(struct vcpu *vcpu);

/* After every exit, on the vCPU's thread, before anyone looks at registers. */
static inline void regs_fetch(struct vcpu *vcpu)
{
	if (vcpu->run->kvm_valid_regs != vcpu->wanted_regs)
		regs_ask(vcpu);
}

#endif
