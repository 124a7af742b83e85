/* Bits of RFLAGS and of the control registers by name, under those of SDM 3A,
 * "Control Registers", "System Flags and Fields" and "IA32_EFER". */
#ifndef MKVM_X86_FLAGS_H
#define MKVM_X86_FLAGS_H

#include <stdint.h>

struct text;

struct flag {
	uint8_t bit;
	char name[11]; /* none ends a list; nothing to relocate */
};

extern const struct flag flags_rflags[], flags_cr0[], flags_cr4[], flags_efer[];

/* " PE PG", of those of @flags that are set in @val. */
void flags_add(struct text *text, const struct flag *flags, uint64_t val);

#endif
