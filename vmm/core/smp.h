/*
 * More than one vCPU per guest: how many, and the table that tells the guest.
 * Configured out (smp_none.c), the limit is 1, there is no table, and several
 * guests run one after another.
 */
#ifndef MKVM_SMP_H
#define MKVM_SMP_H

#include <stdbool.h>

#include "core/memory.h"

/* Largest --smp this VMM was configured for. */
unsigned int smp_limit(void);

/* Whether vCPUs, of one guest or of several, run at the same time. */
bool smp_at_once(void);

/* Writes the MP floating pointer and configuration table for @nr_cpus, at
 * MEM_FIRMWARE_START. */
void smp_write_table(const struct memory *mem, unsigned int nr_cpus);

#endif
