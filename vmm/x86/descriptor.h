/*
 * Segment descriptors and gates as they stand in a GDT, an LDT or an IDT, after
 * SDM 3A, "Segment Descriptors", "Gate Descriptors in IA-32e Mode", "TSS".
 * Whatever the bytes are, they mean something; nothing is refused.
 */
#ifndef MKVM_X86_DESCRIPTOR_H
#define MKVM_X86_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "x86/mode.h"

struct text;

#define DESCRIPTOR_SIZE	     8	/* bytes */
#define DESCRIPTOR_LONG_SIZE 16 /* of system ones in long mode */
#define REAL_VECTOR_SIZE     4	/* an entry of real mode's vectors */
#define NR_VECTORS	     256

/* Types of system descriptors; in long mode those of 32 bits are of 64. */
enum {
	SYSTEM_TSS_16 = 1,
	SYSTEM_LDT = 2,
	SYSTEM_TSS_16_BUSY = 3,
	SYSTEM_CALL_16 = 4,
	SYSTEM_TASK_GATE = 5,
	SYSTEM_INTERRUPT_16 = 6,
	SYSTEM_TRAP_16 = 7,
	SYSTEM_TSS = 9,
	SYSTEM_TSS_BUSY = 11,
	SYSTEM_CALL = 12,
	SYSTEM_INTERRUPT = 14,
	SYSTEM_TRAP = 15,
};

/* Type bits of code and data. */
#define SEGMENT_ACCESSED 1u
#define SEGMENT_WRITABLE 2u /* data; of code: readable */
#define SEGMENT_DOWN	 4u /* data expands down; code conforms */
#define SEGMENT_CODE	 8u

struct descriptor {
	bool is_long; /* decoded as in long mode */
	bool s;	      /* code or data; else a system descriptor, or a gate */
	bool present, avl, l, db, g;
	uint8_t type; /* 4 bits */
	uint8_t dpl;

	/* A segment. */
	uint64_t base;
	uint32_t limit; /* bytes - 1, G applied */

	/* A gate. */
	uint16_t selector;
	uint64_t offset;
	uint8_t ist;   /* long mode; 0: none */
	uint8_t count; /* call gates of legacy mode: parameters */
};

/* How many of the bytes at @raw, whose first eight are there, belong to the
 * descriptor in a GDT or LDT. */
unsigned int descriptor_size(const uint8_t *raw, bool is_long);

/* Bytes of an entry of the IDT. */
unsigned int descriptor_gate_size(enum cpu_mode mode);

/* Decodes the descriptor at @raw, with zeroes behind it if it has 8 bytes. */
void descriptor_decode(struct descriptor *d,
		       const uint8_t raw[DESCRIPTOR_LONG_SIZE], bool is_long);

/* Decodes an entry of an IDT; in real mode it is a vector, which has selector and
 * offset, and is present. */
void descriptor_decode_gate(struct descriptor *d,
			    const uint8_t raw[DESCRIPTOR_LONG_SIZE],
			    enum cpu_mode mode);

/* Whether selector and offset count, else base and limit. */
bool descriptor_is_gate(const struct descriptor *d);

/* "32-bit code", "busy 64-bit TSS", "interrupt gate"; "reserved" for what no CPU
 * takes. */
const char *descriptor_name(const struct descriptor *d);

/* All of it but the name, on one line without its end. */
void descriptor_add(struct text *text, const struct descriptor *d);

#endif
