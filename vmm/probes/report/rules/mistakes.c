/*
 * Rules that are broken a few instructions before the CPU objects: what is seen
 * at RIP has a likelier reason there, if all that proves it is still in memory.
 */
#include <string.h>

#include "probes/report/rules/insn.h"
#include "x86/bits.h"

#define BACK	    128 /* bytes before RIP that are looked through */
#define AHEAD	    16
#define ERROR_MAX   0xffff /* error codes have so many bits, of #PF some more */
#define REAL_LIMIT  0xffff
#define LOW_24_BITS 0xffffff

/* Interrupts of a PC's BIOS that programs call: screen to clock. */
#define BIOS_FIRST 0x10
#define BIOS_LAST  0x1a

/* In protected mode, with the code segment that real mode had. */
static bool has_old_cs(const struct report_state *s)
{
	const struct kvm_segment *cs = &s->sregs.cs;
	struct descriptor desc;

	return s->sregs.cr0 & CR0_PE && !(s->regs.rflags & RFLAGS_VM) &&
	       !cs->db && !cs->l && cs->limit == REAL_LIMIT &&
	       cs->base == (uint64_t)cs->selector << 4 &&
	       (rules_descriptor(s, cs->selector, &desc) ||
		desc.base != cs->base || desc.limit != cs->limit ||
		!(desc.type & 8));
}

/* The bytes around RIP; those before it end at index BACK, and zeroes stand for
 * those before address 0. */
static bool read_around(const struct report_state *s, uint8_t bytes[])
{
	uint64_t rip = report_code_address(s);
	size_t none = rip < BACK ? BACK - rip : 0;

	memset(bytes, 0, none);
	return report_read(s, rip - (BACK - none), bytes + none,
			   BACK + AHEAD - none);
}

/* Index of the last MOV to CR0 before RIP, or -1. */
static int find_mov_cr0(const uint8_t bytes[])
{
	for (int at = BACK - 3; at >= 0; at--)
		if (bytes[at] == 0x0f && bytes[at + 1] == 0x22 &&
		    (bytes[at + 2] & 0xf8) == 0xc0)
			return at;
	return -1;
}

/* A far jump in any form, or a byte that looks like one. */
static bool has_far_jump(const uint8_t bytes[], int from)
{
	for (int at = from; at < BACK + AHEAD; at++)
		if (bytes[at] == 0xea || bytes[at] == 0xcb ||
		    bytes[at] == 0xcf ||
		    (bytes[at] == 0xff && at + 1 < BACK + AHEAD &&
		     (bytes[at + 1] >> 3 & 7) == 5))
			return true;
	return false;
}

/* INT and its like: an exception that the program asks for, in any size. */
static bool asks_for_it(const struct report_state *s)
{
	uint8_t code[CODE_MAX];

	return report_code_vector(s, code, report_code(s, code)) >= 0;
}

static bool no_far_jump(struct rule_case *c, struct text *text)
{
	uint8_t bytes[BACK + AHEAD];
	int at;

	if (!has_old_cs(c->state) || asks_for_it(c->state) ||
	    !read_around(c->state, bytes))
		return false;
	at = find_mov_cr0(bytes);
	if (at < 0 || has_far_jump(bytes, at + 3))
		return false;
	text_add(text,
		 "CS is real mode's still, so that code runs as 16 bits: no "
		 "far jump follows the `mov` to CR0 at 0x%llx",
		 (unsigned long long)(report_code_address(c->state) - BACK +
				      at));
	return true;
}

/* The operand in memory of an LGDT in 16-bit code whose address is @disp in
 * @segment: whether the upper byte of its base is what is missing in GDTR. */
static bool is_lost(const struct report_state *s,
		    const struct kvm_segment *segment, uint16_t disp,
		    uint32_t *want)
{
	uint8_t raw[6];

	if (!report_read(s, insn_linear(s, segment, disp), raw, sizeof(raw)))
		return false;
	memcpy(want, raw + 2, sizeof(*want));
	return (raw[0] | raw[1] << 8) == s->sregs.gdt.limit &&
	       *want != s->sregs.gdt.base &&
	       (*want & LOW_24_BITS) == s->sregs.gdt.base;
}

/* LGDT in 16-bit code takes 24 bits, unless a prefix 66 says that it has 32. */
static bool base_cut(struct rule_case *c, struct text *text)
{
	const struct report_state *s = c->state;
	uint8_t bytes[BACK + AHEAD];
	uint32_t want;

	if (s->sregs.gdt.base > LOW_24_BITS || report_is_long(&s->sregs) ||
	    !read_around(s, bytes))
		return false;
	for (int at = BACK - 5; at > 0; at--) {
		uint16_t disp = bytes[at + 3] | bytes[at + 4] << 8;

		if (bytes[at] != 0x0f || bytes[at + 1] != 0x01 ||
		    bytes[at + 2] != 0x16 || bytes[at - 1] == 0x66)
			continue;
		if (!is_lost(s, &s->sregs.ds, disp, &want) &&
		    !is_lost(s, &s->sregs.cs, disp, &want))
			continue;
		text_add(text,
			 "the GDT is at 0x%x, and the `lgdt` before RIP has "
			 "loaded 0x%llx",
			 want, (unsigned long long)s->sregs.gdt.base);
		return true;
	}
	return false;
}

/* The selector of the far jump at RIP. */
static bool get_far_jump(const struct rule_case *c, uint64_t *selector)
{
	struct insn insn;

	return insn_decode(&insn, c->state) && insn.opcode == 0xea &&
	       insn_bytes(&insn, insn.imm + insn.size, 2, selector);
}

static bool is_code_at(struct report_state s, uint64_t base, uint16_t selector)
{
	struct descriptor desc;

	s.sregs.gdt.base = base;
	return !rules_descriptor(&s, selector, &desc) && desc.s &&
	       desc.present && desc.type & 8;
}

/* The GDT was given by its offset in a segment: with that segment's base it has
 * the code segment that is jumped to, and without it it has none. */
static bool base_no_linear(struct rule_case *c, struct text *text)
{
	const struct report_state *s = c->state;
	uint64_t gdt = s->sregs.gdt.base, base = s->sregs.cs.base, selector;

	if (!has_old_cs(s) || !base || !get_far_jump(c, &selector) ||
	    is_code_at(*s, gdt, selector) ||
	    !is_code_at(*s, gdt + base, selector))
		return false;
	c->vector = VECTOR_GP;
	text_add(text,
		 "the far jump to 0x%llx finds no code segment: the GDT is at "
		 "0x%llx, and GDTR holds 0x%llx, its offset in a segment",
		 (unsigned long long)selector, (unsigned long long)(gdt + base),
		 (unsigned long long)gdt);
	return true;
}

/* What IRET takes as IP, CS, flags from the stack when its first one is @nth. */
static bool is_frame(const struct rule_case *c, const struct insn *insn,
		     unsigned int nth)
{
	uint64_t ip, cs, flags;
	struct descriptor desc;

	return insn_stack(insn, nth, &ip) && insn_stack(insn, nth + 1, &cs) &&
	       insn_stack(insn, nth + 2, &flags) && cs <= 0xffff &&
	       flags & RFLAGS_1 && !(flags & 0xffffffffffc08028ULL) &&
	       !rules_descriptor(c->state, cs, &desc) && desc.s &&
	       desc.present && desc.type & 8 && desc.dpl == (cs & 3);
}

static bool error_code_left(struct rule_case *c, struct text *text)
{
	struct insn insn;
	uint64_t code;

	if (!(c->state->sregs.cr0 & CR0_PE) || !insn_decode(&insn, c->state) ||
	    insn.opcode != 0xcf)
		return false;
	insn.stack_size = insn.size;
	if (is_frame(c, &insn, 0) || !is_frame(c, &insn, 1) ||
	    !insn_stack(&insn, 0, &code) || code > ERROR_MAX)
		return false;
	c->vector = VECTOR_GP;
	text_add(text,
		 "`iret` finds 0x%llx on the stack where RIP should be, and a "
		 "good frame right behind it",
		 (unsigned long long)code);
	return true;
}

/* An IDT that the guest has loaded has a gate for @vector. */
static bool has_gate(const struct report_state *s, unsigned int vector)
{
	struct gate gate;

	return (s->sregs.idt.base || s->sregs.idt.limit != REAL_LIMIT) &&
	       rules_gate(s, vector, &gate) && gate.access & GATE_PRESENT;
}

static bool bios_call(struct rule_case *c, struct text *text)
{
	const struct report_state *s = c->state;
	uint8_t code[CODE_MAX];
	size_t len = report_code(s, code);

	if (!(s->sregs.cr0 & CR0_PE) || s->regs.rflags & RFLAGS_VM || len < 2 ||
	    code[0] != 0xcd || code[1] < BIOS_FIRST || code[1] > BIOS_LAST ||
	    has_gate(s, code[1]))
		return false;
	c->vector = code[1];
	text_add(text, "`int 0x%x` is a call of the BIOS", code[1]);
	return true;
}

static const struct rule mistake_rules[] = {
	{ .name = "far-jump-after-pe",
	  .says = "a far jump follows the MOV that sets CR0.PE, and loads CS",
	  .source = "SDM 3A, \"Switching to Protected Mode\"",
	  .broken = no_far_jump },
	{ .name = "lgdt-24-bits",
	  .says = "LGDT in 16-bit code loads 24 bits of the base",
	  .source = "SDM 2, \"LGDT/LIDT\"",
	  .advice = "write `lgdtl` (prefix 66), which loads all 32",
	  .broken = base_cut },
	{ .name = "gdt-linear",
	  .says = "GDTR holds a linear address, not an offset in a segment",
	  .source = "SDM 3A, \"Global Descriptor Table Register (GDTR)\"",
	  .advice = "add the segment times 16 to the table's offset",
	  .broken = base_no_linear },
	{ .name = "bios-call",
	  .says = "the BIOS is called in real mode; in protected mode INT takes "
		  "a gate of the guest's own IDT",
	  .source = "SDM 3A, \"Exception and Interrupt Vectors\"",
	  .advice =
		  "print by COM1 (port 0x3f8) or at 0xb8000; there is no BIOS "
		  "here",
	  .broken = bios_call },
	{ .name = "iret-error-code",
	  .says = "a handler takes the error code off the stack before IRET",
	  .source = "SDM 3A, \"Error Code\"",
	  .advice = "vectors 8, 10-14, 17 and 21 push one",
	  .broken = error_code_left },
};
RULES(RULE_MISTAKE, mistake_rules);
