/*
 * The wire from the INTR pin of the modelled 8259s to vCPU 0. Other vCPUs have
 * none, as on a PC whose system leaves LINT0 of their local APICs masked.
 */
#ifndef MKVM_INTR_H
#define MKVM_INTR_H

#include <stdint.h>

struct vcpu;
struct vm;

/* Their `set_levels`. */
void intr_set_levels(struct vm *vm, uint16_t lines);

/* The `enter` of interrupt controllers whose 8259s are a device of ours. */
void intr_enter(struct vcpu *vcpu);

#endif
