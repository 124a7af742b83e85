/* Modes of a CPU, and its exceptions, in words. */
#ifndef MKVM_X86_WORDS_H
#define MKVM_X86_WORDS_H

#include <stdbool.h>
#include <stdint.h>

struct text;

/* What says how code is executed. */
struct code_mode {
	uint64_t cr0, efer;
	bool l, db; /* of CS */
	unsigned int ring;
};

/* "32-bit protected mode, paging on, ring 0" */
void mode_add(struct text *text, const struct code_mode *mode);

/* "#PF, page fault", "interrupt 0x20" */
void vector_add(struct text *text, unsigned int vector);

#endif
