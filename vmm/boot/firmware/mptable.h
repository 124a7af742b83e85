/*
 * The MP table, which tells a guest of its processors and its I/O APIC. One
 * processor wants it as well: without, Linux takes interrupts from the 8259s
 * by way of LINT0 of the local APIC, and one that comes while it sets that
 * pin up has been seen to get lost in KVM, and all others with it.
 */
#ifndef MKVM_IRQCHIP_MPTABLE_H
#define MKVM_IRQCHIP_MPTABLE_H

#include "memory.h"

/* Writes the MP floating pointer and configuration table for @nr_cpus, at
 * MEM_FIRMWARE_START. */
void mptable_write(const struct memory *mem, unsigned int nr_cpus);

#endif
