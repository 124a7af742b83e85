/*
 * The interrupt controllers: two 8259s, an I/O APIC, a local APIC per vCPU and
 * the 8254 timer, all inside the host kernel. Configured out
 * (irqchip_none.c), guests that need them are refused.
 */
#ifndef MKVM_IRQCHIP_H
#define MKVM_IRQCHIP_H

#include <stdbool.h>

struct kvm;
struct vm;

#define IRQCHIP_LINES 24 /* pins of the I/O APIC; 0-15 are the ISA lines */

/* Whether this VMM and this host can give a guest interrupt controllers;
 * prints why not. */
bool irqchip_available(const struct kvm *kvm);

/* Adds them to @vm, before its vCPUs. 0, or -errno after one message. */
int irqchip_create(struct vm *vm);

/* Sets interrupt line @line (GSI) to @level; without effect in a VM that has
 * no controllers. */
void irqchip_set_line(const struct vm *vm, unsigned int line, bool level);

#endif
