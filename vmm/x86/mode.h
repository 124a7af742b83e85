/* The mode of a CPU, as its control registers tell (SDM 3A, "Modes of
 * Operation"). */
#ifndef MKVM_X86_MODE_H
#define MKVM_X86_MODE_H

#include <stdint.h>

#include "x86/bits.h"

enum cpu_mode {
	MODE_REAL,
	MODE_PROTECTED, /* without paging */
	MODE_PAGED,	/* protected mode with paging */
	MODE_LONG,	/* 64-bit and compatibility mode */
};

static inline enum cpu_mode cpu_mode(uint64_t cr0, uint64_t efer)
{
	if (!(cr0 & CR0_PE))
		return MODE_REAL;
	if (!(cr0 & CR0_PG))
		return MODE_PROTECTED;
	return efer & EFER_LMA ? MODE_LONG : MODE_PAGED;
}

#endif
