/*
 * The CPU state after reset (SDM 3A, "Processor State After Reset"): real mode, but
 * for the base of CS, which no far jump has loaded yet.
 */
#include "x86/cpustate.h"

#include "x86/bits.h"

#define SEG_DATA 0x93 /* present, DPL 0, read/write, accessed */
#define SEG_CODE 0x9b /* present, DPL 0, execute/read, accessed */
#define LIMIT_16 0xffff

const struct cpu_state cpu_state_reset = {
	.rip = 0xfff0,
	.rflags = RFLAGS_1,
	.cr0 = CR0_CD | CR0_NW | CR0_ET,
	.code = { .selector = 0xf000,
		  .flags = SEG_CODE,
		  .limit = LIMIT_16,
		  .base = 0xffff0000 },
	.data = { .flags = SEG_DATA, .limit = LIMIT_16 },
	.gdt_limit = LIMIT_16,
};
