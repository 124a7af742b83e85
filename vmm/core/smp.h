/*
 * More than one vCPU per guest. Configured out (smp_none.c), the limit is 1,
 * and several guests run one after another.
 */
#ifndef MKVM_SMP_H
#define MKVM_SMP_H

#include <stdbool.h>

/* Largest --smp this VMM was configured for. */
unsigned int smp_limit(void);

/* Whether vCPUs, of one guest or of several, run at the same time. */
bool smp_at_once(void);

/* All vCPUs of a guest with local APICs are there, of which @fd is any: makes
 * the APICs known to each other by their ids. */
void smp_introduce(int fd);

#endif
