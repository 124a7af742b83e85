/*
 * More than one vCPU per guest: how many, and the table that tells the guest.
 * Configured out (smp_none.c), the limit is 1 and there is no table.
 */
#ifndef MKVM_SMP_H
#define MKVM_SMP_H

#include "core/memory.h"

/* RAM below 640 KiB that the table occupies; the guest must not use it. */
#define SMP_TABLE_BASE 0x9d000
#define SMP_TABLE_END  0xa0000

/* Largest --smp this VMM was configured for. */
unsigned int smp_limit(void);

/* Writes the MP floating pointer and configuration table for @nr_cpus. */
void smp_write_table(const struct memory *mem, unsigned int nr_cpus);

#endif
