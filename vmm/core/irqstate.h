/*
 * What is in a guest's interrupt controllers, wherever they are: in the host
 * kernel or devices of ours. For those who look inside a guest; nothing is
 * changed, and a guest that nobody looks at pays nothing.
 */
#ifndef MKVM_IRQSTATE_H
#define MKVM_IRQSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "chip.h"
#include "x86/apic.h"

struct vcpu;
struct vm;

struct irqstate {
	bool has_pics, has_ioapic; /* the rest of view is zeroes */
	struct chip_view view;
};

/* A vCPU's local APIC. */
struct lapic_state {
	uint64_t base;		     /* IA32_APIC_BASE */
	uint32_t regs[APIC_NR_REGS]; /* by number, APIC_... of x86/apic.h */
};

/* Reads the controllers that all vCPUs share. Any thread that holds the lock of none
 * of them. */
void irqstate_read(struct vm *vm, struct irqstate *state);

/* Reads the local APIC of @vcpu, on its thread (core/pause.h). False: it has none;
 * then @state is zeroes. */
bool irqstate_read_lapic(struct vcpu *vcpu, struct lapic_state *state);

#endif
