/* The state that a loader describes, in the registers of KVM's ioctls. */
#ifndef MKVM_CPUREGS_H
#define MKVM_CPUREGS_H

#include "x86/cpustate.h"

struct kvm_regs;
struct kvm_sregs;

/*
 * Lays @cpu over @sregs, which KVM_GET_SREGS gave for a vCPU after reset, and
 * over @regs, of which nothing remains. Setting them is the caller's.
 */
void cpuregs_lay(const struct cpu_state *cpu, struct kvm_sregs *sregs,
		 struct kvm_regs *regs);

#endif
