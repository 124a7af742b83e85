/*
 * The CPU states with protection on that a guest may start in.
 * Bits are those of SDM 3A, "Control Registers" and "Segment Descriptors".
 */
#include "x86/cpustate.h"

#include "x86/bits.h"

#define SEG_DATA  0x93 /* present, DPL 0, read/write, accessed */
#define SEG_CODE  0x9b /* present, DPL 0, execute/read, accessed */
#define SEG_LONG  (1u << 13)
#define SEG_32BIT (1u << 14)
#define SEG_PAGES (1u << 15) /* limit counts 4 KiB pages */

#define SEG_TSS_BUSY  0x8b /* present, DPL 0 */
#define TSS_MIN_LIMIT 0x67

#define LIMIT_32 0xffffffff

#define FLAT_CODE                                                            \
	{                                                                    \
		.selector = 0x08, .flags = SEG_CODE | SEG_32BIT | SEG_PAGES, \
		.limit = LIMIT_32                                            \
	}
#define FLAT_DATA                                                            \
	{                                                                    \
		.selector = 0x10, .flags = SEG_DATA | SEG_32BIT | SEG_PAGES, \
		.limit = LIMIT_32                                            \
	}

const uint64_t cpu_gdt32[] = {
	0, 0x00cf9b000000ffff, /* 0x08: 32-bit code, base 0, limit 4 GiB */
	0x00cf93000000ffff,    /* 0x10: data, base 0, limit 4 GiB */
};

/* With protection on it must be that of a 32-bit TSS or, in long mode, of a 64-bit
 * one, which has the same type; that after reset is neither on each host. */
#define TASK                                                   \
	{                                                      \
		.flags = SEG_TSS_BUSY, .limit = TSS_MIN_LIMIT, \
	}

const struct cpu_state cpu_state_prot32 = {
	.rflags = RFLAGS_1,
	.cr0 = CR0_PE | CR0_ET,
	.code = FLAT_CODE,
	.data = FLAT_DATA,
	.task = TASK,
};

const struct cpu_state cpu_state_paged32 = {
	.rflags = RFLAGS_1,
	.cr0 = CR0_PE | CR0_ET | CR0_PG,
	.code = FLAT_CODE,
	.data = FLAT_DATA,
	.task = TASK,
};

const struct cpu_state cpu_state_long64 = {
	.rflags = RFLAGS_1,
	.cr0 = CR0_PE | CR0_ET | CR0_PG,
	.cr4 = CR4_PAE,
	.efer = EFER_LME | EFER_LMA,
	.code = { .selector = 0x08,
		  .flags = SEG_CODE | SEG_LONG | SEG_PAGES,
		  .limit = LIMIT_32 },
	.data = FLAT_DATA,
	.task = TASK,
};
