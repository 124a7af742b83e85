/*
 * The interrupt controllers and the timer chip: one contract, several makers.
 *
 *   kernel   two 8259s, an I/O APIC, a local APIC per vCPU and the 8254, all
 *            inside the host kernel (irqchip_kernel.c)
 *   vmm      two 8259s and the 8254 as devices of ours (irqchip_vmm.c,
 *            devices/pic.c, devices/pit.c)
 *   split    a local APIC per vCPU in the host kernel, the rest as devices of
 *            ours (irqchip_split.c, devices/ioapic.c)
 *
 * Each is a row of a link-time table. `none` is always there and no row: a
 * guest without any gets no interrupt at all.
 */
#ifndef MKVM_IRQCHIP_H
#define MKVM_IRQCHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

struct dev_message;
struct kvm;
struct stash;
struct vcpu;
struct vm;

#define IRQCHIP_LINES 24 /* pins of the I/O APIC; 0-15 are the ISA lines */

struct irqchip {
	const char *name; /* for --irqchip */
	const char *what; /* one line for --list */
	bool has_apic;	  /* local APICs, an I/O APIC; several vCPUs can be */
	unsigned int models; /* DEV_CHIP_: those that are devices of ours */

	/* Whether the host can; prints why not. NULL: always. */
	bool (*available)(const struct kvm *kvm);

	/* Adds them to @vm, before its vCPUs. 0, or -errno after one message.
	 * NULL: nothing to do. */
	int (*create)(struct vm *vm);

	/* Gives the I/O APIC, where there is one, the id @id, of four bits, as
	 * firmware does. Once, before the guest starts. */
	void (*set_ioapic_id)(struct vm *vm, uint8_t id);

	/* Makes the lines of the 8259s that have a bit in @lines levels, as
	 * firmware does. Before the guest starts. */
	void (*set_levels)(struct vm *vm, uint16_t lines);

	/* Leaves controllers and timer as a BIOS does, ready and ticking:
	 * irqchip/bios.h. Before the guest starts. */
	void (*as_bios)(struct vm *vm);

	/* Sets interrupt line @line (GSI) to @level. Any thread. Lines from 16 on
	 * go to the I/O APIC alone, and nowhere without one. */
	void (*set_line)(struct vm *vm, unsigned int line, bool level);

	/* On the thread of @vcpu, which is about to enter the guest. NULL: KVM
	 * knows by itself what to inject. */
	void (*enter)(struct vcpu *vcpu);

	/* @vcpu has halted: waits until an interrupt comes or the guest is to
	 * end. False when no interrupt can wake it. NULL: KVM does not leave
	 * the guest for that. */
	bool (*halt)(struct vcpu *vcpu);

	/* A device's message to the local APICs; any thread. One that nobody
	 * takes is lost. NULL: there are none. */
	void (*msi)(struct vm *vm, const struct dev_message *message);

	/* GSI @gsi, IRQCHIP_LINES or above, is @message from now on. Any thread;
	 * 0 or -errno. NULL: there are no such GSIs. */
	int (*route)(struct vm *vm, unsigned int gsi,
		     const struct dev_message *message);

	/*
	 * Where the I/O APIC is a device of ours. want_eoi(): calls eoi() for
	 * those among its messages that are at @messages. eoi(): a vCPU is
	 * through with @vector. Any thread, and the first with the lock of the
	 * I/O APIC held.
	 */
	void (*want_eoi)(struct vm *vm, const struct dev_message *messages,
			 unsigned int count);
	void (*eoi)(struct vm *vm, uint8_t vector);

	/*
	 * What is remembered of the controllers and of the timer in the host
	 * kernel, local APICs aside; @version counts its layouts, from 1. load()
	 * comes before the guest starts: 0, or -EINVAL: they never were in such
	 * a state. NULL: all of them are devices of ours.
	 */
	unsigned int version;
	int (*save)(struct vm *vm, struct stash *out);
	int (*load)(struct vm *vm, struct stash *in);
};

#define IRQCHIP(row) TABLE_ROW(irqchip, irqchip, row)

/* 0, or -EINVAL after one message: none called @name was built in. */
int irqchip_check(const char *name);

/* For @name, whose chips may all be in the host kernel: one whose chips at ports
 * are devices of ours, if there is such; else @name. */
const char *irqchip_with_ports(const struct kvm *kvm, const char *name);

/* Finds the one called @name; "none" is NULL. 0, or after one message -EINVAL
 * when it was not built in and -ENOTSUP when this host cannot. */
int irqchip_find(const struct kvm *kvm, const char *name,
		 const struct irqchip **chip);

#endif
