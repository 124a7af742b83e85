/*
 * The CPU state of real mode, which is that after reset but for the segments
 * (SDM 3A, "Processor State After Reset", "Segment Descriptors").
 */
#include "x86/cpustate.h"

#include "x86/bits.h"

#define SEG_DATA 0x93 /* present, DPL 0, read/write, accessed */
#define SEG_CODE 0x9b /* present, DPL 0, execute/read, accessed */
#define LIMIT_16 0xffff

const struct cpu_state cpu_state_real16 = {
	.rflags = RFLAGS_1,
	.cr0 = CR0_ET,
	.code = { .flags = SEG_CODE, .limit = LIMIT_16 },
	.data = { .flags = SEG_DATA, .limit = LIMIT_16 },
};
