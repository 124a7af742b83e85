/* Guest memory by linear address, as a vCPU sees it: through its own page tables, which
 * are looked at and not touched (x86/walk.h). */
#ifndef MKVM_LINEAR_H
#define MKVM_LINEAR_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

/* Linear address of the instruction at CS:@rip. */
uint64_t linear_code(const struct kvm_sregs *sregs, uint64_t rip);

/* hva of the @len bytes at linear address @addr, which lie in one page, or NULL unless
 * they are mapped and memory. */
const void *linear_hva(const struct memory *mem, const struct kvm_sregs *sregs,
		       uint64_t addr, size_t len);

#endif
