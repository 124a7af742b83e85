/*
 * The contract of the boot doctor: a rule that a guest has to keep, its source,
 * and a function that sees whether it was broken.
 *
 * A rule never guesses: broken() is true only if what can be seen proves it, and
 * a guest that is right is not accused whatever ended it. Everything in a case
 * is the guest's: addresses may point anywhere, and tables may be garbage.
 *
 * Rules lie in sets, one for each question that judge.c asks; within a set the
 * first one that is broken counts. Every rule is a row of docs/debugging.md.
 */
#ifndef MKVM_RULE_H
#define MKVM_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/report/report.h"
#include "table.h"

#define RULES_BROKEN_MAX 4

/* Vectors that rules speak of: SDM 3A "Exceptions and Interrupts". */
#define VECTOR_DE 0
#define VECTOR_UD 6
#define VECTOR_NM 7
#define VECTOR_DF 8
#define VECTOR_TS 10
#define VECTOR_NP 11
#define VECTOR_SS 12
#define VECTOR_GP 13
#define VECTOR_PF 14

/* The question that a set of rules answers. */
enum rule_when {
	RULE_ENTRY,   /* why did the CPU refuse to enter the guest? */
	RULE_TABLES,  /* what is wrong with the page tables of c->address? */
	RULE_FETCH,   /* why could no instruction be fetched from RIP? */
	RULE_MISTAKE, /* what was wrong a few instructions before? */
	RULE_CODE,    /* why did the instruction at RIP raise an exception? */
	RULE_ACCESS,  /* why could it not reach its memory? */
	RULE_GATE,    /* why is there no handler for the exception? */
	RULE_STACK,   /* why does its frame not fit on the stack? */
	RULE_QUIET,   /* no crash: why did it halt, or say nothing? */
};

struct access;
struct quiet;

struct rule_case {
	const struct report_state *state;
	const struct vcpu *vcpu; /* the one that ended; its guest is vcpu->vm.
				  * NULL: only the state is known, as in tests */
	int status; /* STATUS_CRASHED, STATUS_HALTED, STATUS_LIMIT */

	/* The exception it is about; -1: not known. Rules of RULE_FETCH,
	 * RULE_CODE and RULE_ACCESS set it, those of RULE_GATE and RULE_STACK
	 * are asked about it. */
	int vector;

	/* The linear address it is about, and what that is: "RIP is"; for
	 * RULE_ACCESS and its tables, of these bytes (insn.h). */
	uint64_t address;
	const char *what;
	const struct access *access;

	unsigned int cpu;	   /* number of that vCPU */
	const struct quiet *quiet; /* RULE_QUIET: what they stand on, quiet.h */

	/* What judge.c has found. */
	const struct rule *broken[RULES_BROKEN_MAX];
	unsigned int nr_broken;
};

struct rule {
	const char *name;   /* words-with-hyphens, as in docs/debugging.md */
	const char *says;   /* the rule in plain words, no full stop */
	const char *source; /* SDM 3A, "Title of the section" */
	const char *advice; /* what to do, one line; or NULL */

	/* Whether the guest has broken the rule. If so, adds what is seen of
	 * it to @seen, half a sentence: "gate 3 of the IDT is not present".
	 * If not, what it has added is taken away again. */
	bool (*broken)(struct rule_case *c, struct text *seen);
};

struct rule_set {
	enum rule_when when;
	const struct rule *rules; /* the more particular ones first */
	size_t count;
};

/* Announces the array @rows, struct rule, as the set that answers @question. */
#define RULES(question, rows)                              \
	static const struct rule_set set_of_##rows = {     \
		.when = question,                          \
		.rules = rows,                             \
		.count = sizeof(rows) / sizeof((rows)[0]), \
	};                                                 \
	TABLE_ROW(rules, rule_set, set_of_##rows)

/* --- judge.c --- */

/* The first broken rule among those of @when: adds what it has seen to @text,
 * and notes it in @c. False: none, and nothing added or noted. */
bool rules_look(struct rule_case *c, enum rule_when when, struct text *text);

/* Finds what ended the guest: half sentences to @text, or nothing when it cannot
 * be known, and broken rules in @c. */
void rules_judge(struct rule_case *c, struct text *text);

/* --- pages.c --- */

/* "0x5000, which is not mapped (PDE 5 is not present)", or that no RAM is there,
 * behind @what; false: all well. */
bool rules_add_unmapped(struct text *text, const struct report_state *state,
			const char *what, uint64_t gva);

/* The same of c->address; false unless the walk ends so. */
bool rules_add_walk(struct text *text, const struct rule_case *c,
		    enum walk_end end);

/* Where the walk from linear address @gva ends. */
void rules_walk(struct walk *walk, const struct rule_case *c, uint64_t gva);

/* --- host.c: what the vCPU's KVM can tell, where there is a vCPU --- */

/* EAX, EBX, ECX, EDX of a leaf that the guest sees; false: not known. */
bool rules_cpuid(const struct rule_case *c, uint32_t leaf, uint32_t sub,
		 uint32_t regs[4]);

/* Bits of a physical address; 0: not known. */
unsigned int rules_physical_bits(const struct rule_case *c);

/* KVM has no such MSR. */
bool rules_has_no_msr(const struct rule_case *c, uint32_t index);

/* --- descriptors.c --- */

/* A descriptor of the GDT or LDT (SDM 3A, "Segment Descriptors"), or a gate. */
struct descriptor {
	uint64_t base;	/* of a system segment in long mode: 64 bits */
	uint32_t limit; /* bytes, less 1 */
	uint8_t type;	/* 4 bits */
	uint8_t dpl;
	bool s, present, l, db;
};

/* Why @selector has no descriptor: half a sentence; NULL: *@desc is it. */
const char *rules_descriptor(const struct report_state *state,
			     uint16_t selector, struct descriptor *desc);

/* One gate of the IDT, of 8 bytes or, in long mode, 16. */
struct gate {
	uint16_t selector;
	uint8_t access; /* P, DPL, type */
	uint8_t ist;	/* long mode: 1-7, a stack of the TSS */
	uint64_t handler;
};

#define GATE_PRESENT 0x80
#define GATE_TASK    5

/* Bytes of a gate, 4 in real mode. */
unsigned int rules_gate_size(const struct report_state *state);

/* False: real mode, or gate @vector cannot be read. */
bool rules_gate(const struct report_state *state, unsigned int vector,
		struct gate *gate);

#endif
