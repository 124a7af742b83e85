/* The first instruction of a guest that begins in firmware. */
#ifndef MKVM_BIOS_H
#define MKVM_BIOS_H

#include "x86/cpustate.h"

/* Describes the processor after reset in @cpu: EDX says which one it is. 0. */
int bios_begin(struct cpu_state *cpu);

#endif
