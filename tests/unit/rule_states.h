/*
 * States of guests that crashed, made up here, for the rules of the boot doctor:
 * each row breaks a rule, and differs from what is right in a single thing.
 */
#ifndef RULE_STATES_H
#define RULE_STATES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "abi/exit_status.h"
#include "probes/report/rules/quiet.h"
#include "probes/report/rules/rule.h"
#include "x86/bits.h"

TABLE_DECLARE(rules, rule_set);

/* Where the guests made up here have what. */
#define CODE	0x1000
#define HANDLER 0x1100
#define GDT	0x2000
#define IDT	0x3000
#define IDT8	0x3800 /* gates of 8 bytes, for long mode */
#define PD32	0x4000
#define TSS	0x7000
#define STACK	0x8000
#define PML4	0x10000
#define PDPT	0x11000
#define PD	0x12000
#define PDPTES	0x13000
#define SECOND	0x200000 /* the second large page of 2 MiB */

#define NOWHERE	      0xd0000000 /* no RAM */
#define FAR_AWAY      0x40000000 /* not mapped */
#define NOT_CANONICAL 0x8000000000000000
#define NX	      0x80000000 /* of an entry's upper half */

#define CR0_EM	    (1u << 2)
#define CR0_WP	    (1u << 16)
#define CR4_OSFXSR  (1u << 9)
#define CR4_PCIDE   (1u << 17)
#define CR4_OSXSAVE (1u << 18)
#define CR4_SMEP    (1u << 20)
#define EFER_SCE    1u
#define PE_PG	    (CR0_PE | CR0_PG)
#define LONG	    (EFER_LME | EFER_LMA)

static struct memory mem;
static struct report_state s;

/* A guest that does not crash is another test's. */
void rules_judge_quiet(struct rule_case *c, struct text *text)
{
	(void)c;
	(void)text;
}

static void put(gpa_t gpa, uint64_t val, size_t size)
{
	assert_int_equal(mem_write(&mem, gpa, &val, size), 0);
}

static const uint64_t gdt[] = {
	0,
	0x00cf9b000000ffff, /* 08: code */
	0x00cf93000000ffff, /* 10: data */
	0x00cffb000000ffff, /* 18: code of ring 3 */
	0x00cff3000000ffff, /* 20: data of ring 3 */
	0x0000890070000067, /* 28: a TSS */
	0x00008b0070000067, /* 30: one that is busy */
	0x00cf13000000ffff, /* 38: data that is not present */
	0x00ef9b000000ffff, /* 40: code with L and D */
	0x00af9b000000ffff, /* 48: 64-bit code */
	0x00409b0000000fff, /* 50: code of 4 KiB */
};

static void write_gate(gpa_t at, uint16_t selector)
{
	put(at, HANDLER, 2);
	put(at + 2, selector, 2);
	put(at + 4, 0x8e00, 2);
	put(at + 6, 0, 2);
}

static const struct kvm_segment code_segment = {
	.selector = 8,
	.limit = 0xffffffff,
	.type = 11,
	.s = 1,
	.present = 1,
	.db = 1,
	.g = 1,
};

static const struct kvm_segment task = {
	.selector = 0x28,
	.base = TSS,
	.limit = 0x67,
	.type = 11,
	.present = 1,
};

/* In 32-bit protected mode, with all that a handler needs. */
static void setup_32(void)
{
	memset(mem.base, 0, mem.size);
	mem_write(&mem, GDT, gdt, sizeof(gdt));
	for (unsigned int i = 0; i < 32; i++) {
		write_gate(IDT + i * 8, 8);
		write_gate(IDT8 + i * 8, 0x48);
	}
	put(TSS + 4, STACK, 4);
	put(TSS + 8, 0x10, 2);
	put(PD32, 0x83, 4);
	memset(&s, 0, sizeof(s));
	s.mem = &mem;
	s.exit_reason = KVM_EXIT_SHUTDOWN;
	s.code_known = true;
	s.regs.rip = CODE;
	s.regs.rsp = STACK;
	s.regs.rflags = 2;
	s.sregs.cr0 = CR0_PE;
	s.sregs.cr3 = PD32;
	s.sregs.cr4 = CR4_PSE;
	s.sregs.cs = code_segment;
	s.sregs.ss = code_segment;
	s.sregs.ss.selector = 0x10;
	s.sregs.ss.type = 3;
	s.sregs.ds = s.sregs.es = s.sregs.fs = s.sregs.gs = s.sregs.ss;
	s.sregs.tr = task;
	s.sregs.gdt.base = GDT;
	s.sregs.gdt.limit = sizeof(gdt) - 1;
	s.sregs.idt.base = IDT;
	s.sregs.idt.limit = 0x7ff;
}

static void setup_paged(void)
{
	setup_32();
	s.sregs.cr0 |= CR0_PG;
}

static void setup_64(void)
{
	setup_32();
	for (unsigned int i = 0; i < 32; i++) {
		write_gate(IDT + i * 16, 0x48);
		put(IDT + i * 16 + 8, 0, 8);
	}
	for (unsigned int i = 0; i < 16; i++)
		write_gate(IDT8 + i * 8, 0x48);
	put(PML4, PDPT | 7, 8);
	put(PDPT, PD | 7, 8);
	put(PD, 0x83, 8);
	put(PD + 8, SECOND | 0x83, 8);
	s.sregs.cr0 |= CR0_PG;
	s.sregs.cr3 = PML4;
	s.sregs.cr4 = CR4_PAE;
	s.sregs.efer = LONG;
	s.sregs.cs.selector = 0x48;
	s.sregs.cs.l = 1;
	s.sregs.cs.db = 0;
	s.sregs.idt.limit = 0x1ff;
}

/* In protected mode, but with a code segment of real mode's at 0x1000. */
static void setup_16(void)
{
	setup_32();
	s.sregs.cs.selector = CODE >> 4;
	s.sregs.cs.base = CODE;
	s.sregs.cs.limit = 0xffff;
	s.sregs.cs.db = s.sregs.cs.g = 0;
	s.regs.rip = 0;
}

static void setup_entry(void)
{
	setup_32();
	s.exit_reason = KVM_EXIT_FAIL_ENTRY;
}

static void setup_entry_64(void)
{
	setup_64();
	s.exit_reason = KVM_EXIT_FAIL_ENTRY;
}

/* Where a guest is when it ends, and what it was refused with: nothing, or entry. */
enum where { IN_32, IN_PAGED, IN_64, IN_16, ENTRY_32, ENTRY_64 };

static void (*const setups[])(void) = {
	[IN_32] = setup_32,	  [IN_PAGED] = setup_paged,
	[IN_64] = setup_64,	  [IN_16] = setup_16,
	[ENTRY_32] = setup_entry, [ENTRY_64] = setup_entry_64,
};

/* A field of the state or, where @field is NULL, @size bytes at @gpa. */
struct patch {
	void *field;
	gpa_t gpa;
	uint64_t val;
	size_t size; /* 0 ends a list */
};

#define S(name, value)                                                   \
	{                                                                \
		.field = &s.name, .val = (value), .size = sizeof(s.name) \
	}
#define M(where, value, bytes)                                  \
	{                                                       \
		.gpa = (where), .val = (value), .size = (bytes) \
	}

struct row {
	const char *name;
	enum where where;
	struct {
		char bytes[12];
		uint8_t len;
	} code;
	struct patch broken[6]; /* what is wrong then */
	struct patch right[2];	/* on top of that, and it is right */
};

#define C(text)                        \
	{                              \
		text, sizeof(text) - 1 \
	}

static void apply(const struct patch *patches, size_t count)
{
	for (size_t i = 0; i < count && patches[i].size; i++) {
		const struct patch *patch = &patches[i];

		if (patch->field)
			memcpy(patch->field, &patch->val, patch->size);
		else
			put(patch->gpa, patch->val, patch->size);
	}
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whether the doctor names the rule; its words go to @text. */
static bool is_told(const struct row *row, bool right, struct text *text)
{
	struct rule_case c = { .state = &s, .status = STATUS_CRASHED };

	setups[row->where]();
	mem_write(&mem, CODE, row->code.bytes, row->code.len);
	apply(row->broken, COUNT(row->broken));
	if (right)
		apply(row->right, COUNT(row->right));
	rules_judge(&c, text);
	for (unsigned int i = 0; i < c.nr_broken; i++)
		if (!strcmp(c.broken[i]->name, row->name))
			return true;
	return false;
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		for (int right = 0; right < 2; right++) {
			char buf[1024];
			struct text text;

			text_init(&text, buf, sizeof(buf));
			if (is_told(&rows[i], right, &text) == right)
				fail_msg("%s, row %zu, %s: %s", rows[i].name, i,
					 right ? "right" : "broken", buf);
		}
	}
}

static bool has_row(const struct row *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rows[i].name, name))
			return true;
	return false;
}

/* Those that ask KVM for CPUID or an MSR have a guest only. */
static bool needs_kvm(const char *name)
{
	static const char *const names[] = { "entry-cr3", "table-high",
					     "cr4-cpuid", "cr3-reserved",
					     "msr-known" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Fails for a rule of @when without a row. */
static void check_complete(enum rule_when when, const struct row *rows,
			   size_t count)
{
	const struct rule_set *const *p;

	TABLE_FOREACH(rules, p) {
		for (size_t i = 0; (*p)->when == when && i < (*p)->count; i++) {
			const char *name = (*p)->rules[i].name;

			if (!needs_kvm(name) && !has_row(rows, count, name))
				fail_msg("%s has no row", name);
		}
	}
}

static int setup(void **state)
{
	(void)state;
	return mem_init(&mem, 4 << 20) ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(&mem);
	return 0;
}

#endif
