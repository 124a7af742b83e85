/*
 * An instruction taken apart as far as rules need it: prefixes, opcode, ModRM,
 * and what memory it reads and writes (SDM 2, "Instruction Format" and "Opcode
 * Map"). Of instructions with a VEX or EVEX prefix only the prefix is known.
 */
#ifndef MKVM_RULES_INSN_H
#define MKVM_RULES_INSN_H

#include "probes/report/rules/rule.h"

#define INSN_ACCESSES_MAX 2

struct insn {
	const struct report_state *state;
	uint8_t bytes[CODE_MAX];
	size_t len;	     /* bytes that can be read */
	unsigned int opcode; /* 0x8e, or 0x0f22 for 0f 22 */
	bool is_vex;	     /* then nothing of what follows is known */
	bool opsize, rep;    /* prefixes 66; f2 or f3 */
	uint8_t rex;	     /* 0: none */
	unsigned int size, address_size, stack_size; /* bytes: 2, 4, 8 */
	unsigned int mod, reg, rm; /* of ModRM, if it has one; with REX */
	bool is_memory;		   /* ModRM or a MOV's offset names memory */
	size_t imm;		   /* index of the first immediate byte */

	const struct kvm_segment *segment; /* is_memory */
	bool override;			   /* by a prefix */
	uint64_t offset;		   /* in that segment */
};

/* Bytes of memory that an instruction needs. */
struct access {
	const struct kvm_segment *segment;
	uint64_t offset, address; /* in the segment; linear */
	unsigned int len;	  /* at least */
	bool write, stack;
};

/* Takes apart what lies at RIP; false: the bytes are cut off. */
bool insn_decode(struct insn *insn, const struct report_state *state);

/* The value of the operand that ModRM names, @size bytes of it; false: it is
 * memory that cannot be read. */
bool insn_value(const struct insn *insn, unsigned int size, uint64_t *val);

/* The @size bytes at @offset of the operand in memory, likewise. */
bool insn_memory(const struct insn *insn, unsigned int offset,
		 unsigned int size, uint64_t *val);

/* The @nth value on the stack, of insn->stack_size bytes each. */
bool insn_stack(const struct insn *insn, unsigned int nth, uint64_t *val);

/* The @size bytes of the instruction itself from index @at. */
bool insn_bytes(const struct insn *insn, size_t at, unsigned int size,
		uint64_t *val);

/* Linear address of @offset in @segment. */
uint64_t insn_linear(const struct report_state *state,
		     const struct kvm_segment *segment, uint64_t offset);

/* --- access.c --- */

/* What memory the instruction needs, in @list; returns how many. */
unsigned int insn_accesses(const struct insn *insn,
			   struct access list[INSN_ACCESSES_MAX]);

#endif
