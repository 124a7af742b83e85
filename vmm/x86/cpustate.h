/*
 * The state a vCPU starts in, as a loader describes it.
 *
 * Four starting points cover everything that is booted here; a loader takes
 * one and sets the instruction pointer and what its boot protocol asks for.
 * cpuregs.c lays the result over what KVM has after reset (SDM 3A, "Processor
 * State After Reset"), so that what is not named here keeps its reset value.
 */
#ifndef MKVM_CPUSTATE_H
#define MKVM_CPUSTATE_H

#include <stdint.h>

struct cpu_segment {
	uint16_t selector;
	uint16_t flags; /* bits 8-23 of the descriptor: type, S, DPL, P, L, DB, G */
	uint32_t limit; /* bytes - 1 */
	uint64_t base;
};

struct cpu_state {
	uint64_t rip, rsp, rsi, rdi, rax, rbx, rdx, rflags;
	uint64_t cr0, cr3, cr4, efer;
	struct cpu_segment code; /* CS */
	struct cpu_segment data; /* DS, ES, FS, GS, SS */
	struct cpu_segment task; /* TR; no flags: as it is after reset */
	uint64_t gdt_base;	 /* gpa or linear address of the GDT */
	uint16_t gdt_limit;
};

/* 16-bit real mode, all segments at 0 (flat programs). */
extern const struct cpu_state cpu_state_real16;
/* The first instruction after reset, 16 bytes below 4 GiB. */
extern const struct cpu_state cpu_state_reset;
/* 32-bit protected mode, flat segments CS 0x08 and DS.. 0x10, no paging. */
extern const struct cpu_state cpu_state_prot32;
/* The same with paging on; the loader sets cr3, and cr4 for 4 MiB pages. */
extern const struct cpu_state cpu_state_paged32;
/* A GDT with the segments of the 32-bit states: none, 0x08, 0x10. */
extern const uint64_t cpu_gdt32[3];
/* 64-bit mode, flat segments, paging on; the loader sets cr3. */
extern const struct cpu_state cpu_state_long64;

#endif
