/*
 * How many VM exits each device has answered, and how many were of each other kind,
 * for those who look while the guest runs: any thread may read. (--stats has a ledger
 * with ports, bytes and times, which only the vCPU's own thread reads.)
 */
#ifndef MKVM_LEDGER_H
#define MKVM_LEDGER_H

struct viewer_count; /* include/viewer.h */
struct vm;

/* Counts from now on. Before a guest runs; otherwise nothing is counted. */
void ledger_turn_on(void);

/* What @vm has counted, at most VIEWER_COUNTS of them, in the order of their first
 * exits; how many there are. */
unsigned int ledger_read(const struct vm *vm, struct viewer_count *counts);

#endif
