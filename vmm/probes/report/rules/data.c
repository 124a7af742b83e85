/*
 * Rules of the memory that an instruction reads and writes: its segment (SDM 3A,
 * "Limit Checking", "Type Checking") and its page ("Determination of Access
 * Rights"). Asked about c->access, byte c->address of it. Memory that is mapped
 * and no RAM is a device's, or nobody's, and no fault.
 */
#include "probes/report/rules/insn.h"
#include "x86/bits.h"

#define CR0_WP	   (1u << 16)
#define ZERO_BYTES 16 /* so many in a row are no code */

#define EXPAND_DOWN 4 /* bits of a data segment's type */
#define WRITABLE    2
#define CODE	    8

/* A segment's own exception: SS has one. */
static bool segment_fault(struct rule_case *c)
{
	c->vector = c->access->segment == &c->state->sregs.ss ? VECTOR_SS :
								VECTOR_GP;
	return true;
}

static bool has_segments(const struct rule_case *c)
{
	return !report_is_64bit(&c->state->sregs);
}

static const char *verb(const struct rule_case *c)
{
	return c->access->write ? "writes to" : "reads";
}

static void add_access(struct text *text, const struct rule_case *c)
{
	text_add(text, "%s 0x%llx, ", c->what, (unsigned long long)c->address);
}

/* `add %al,(%rax)` is what zeroes are. */
static bool in_zeroes(struct rule_case *c, struct text *text)
{
	uint8_t code[ZERO_BYTES], sum = 0;
	struct walk walk;

	rules_walk(&walk, c, c->address);
	if (walk.end == WALK_MAPPED ||
	    !report_read(c->state, report_code_address(c->state), code,
			 sizeof(code)))
		return false;
	for (size_t i = 0; i < sizeof(code); i++)
		sum |= code[i];
	if (sum)
		return false;
	c->vector = VECTOR_PF;
	text_add(text,
		 "there are only zeroes at RIP, which as code write "
		 "where (E)AX or BX + SI points: 0x%llx is not mapped",
		 (unsigned long long)c->address);
	return true;
}

static bool null_segment(struct rule_case *c, struct text *text)
{
	const struct kvm_segment *segment = c->access->segment;

	if (!has_segments(c) || !(c->state->sregs.cr0 & CR0_PE) ||
	    !segment->unusable)
		return false;
	text_add(text,
		 "the instruction %s memory by a segment register that holds "
		 "no segment (0x%x)",
		 verb(c), segment->selector);
	return segment_fault(c);
}

static bool beyond_limit(struct rule_case *c, struct text *text)
{
	const struct kvm_segment *segment = c->access->segment;
	uint64_t last = c->access->offset + c->access->len - 1;
	bool down = segment->s && !(segment->type & CODE) &&
		    segment->type & EXPAND_DOWN;

	if (!has_segments(c) || segment->unusable)
		return false;
	if (down ? c->access->offset > segment->limit : last <= segment->limit)
		return false;
	text_add(text,
		 "the instruction %s offset 0x%llx of a segment whose limit is "
		 "0x%x",
		 verb(c), (unsigned long long)c->access->offset,
		 segment->limit);
	return segment_fault(c);
}

static bool read_only_segment(struct rule_case *c, struct text *text)
{
	const struct kvm_segment *segment = c->access->segment;

	if (!has_segments(c) || !(c->state->sregs.cr0 & CR0_PE) ||
	    c->state->regs.rflags & RFLAGS_VM || !c->access->write ||
	    segment->unusable ||
	    (!(segment->type & CODE) && segment->type & WRITABLE))
		return false;
	text_add(text, "the instruction writes to segment 0x%x, which is %s",
		 segment->selector,
		 segment->type & CODE ? "code" : "read-only data");
	return segment_fault(c);
}

static bool not_canonical(struct rule_case *c, struct text *text)
{
	return rules_add_walk(text, c, WALK_CANONICAL) && segment_fault(c);
}

static bool not_mapped(struct rule_case *c, struct text *text)
{
	c->vector = VECTOR_PF;
	return rules_add_walk(text, c, WALK_ABSENT);
}

static bool not_user(struct rule_case *c, struct text *text)
{
	struct walk walk;

	rules_walk(&walk, c, c->address);
	if (walk.end != WALK_MAPPED || walk.user ||
	    report_ring(&c->state->sregs) < 3)
		return false;
	c->vector = VECTOR_PF;
	add_access(text, c);
	text_add(text, "whose page is the kernel's, not the user's");
	return true;
}

static bool not_writable(struct rule_case *c, struct text *text)
{
	bool checked = c->state->sregs.cr0 & CR0_WP ||
		       report_ring(&c->state->sregs) == 3;
	struct walk walk;

	rules_walk(&walk, c, c->address);
	if (walk.end != WALK_MAPPED || walk.writable || !c->access->write ||
	    !checked)
		return false;
	c->vector = VECTOR_PF;
	add_access(text, c);
	text_add(text, "whose page is read-only");
	return true;
}

#define SOURCE_PAGES "SDM 3A, \"Determination of Access Rights\""

static const struct rule data_rules[] = {
	{ .name = "code-zeroes",
	  .says = "a jump leads to code: zeroes are memory that nobody filled",
	  .source = "SDM 2, \"One-byte Opcode Map\"",
	  .advice = "look at the last jump, call or return, and at what was "
		    "loaded there",
	  .broken = in_zeroes },
	{ .name = "data-segment",
	  .says = "a segment register is loaded before memory is reached by it",
	  .source = "SDM 3A, \"Null Segment Selector Checking\"",
	  .broken = null_segment },
	{ .name = "data-limit",
	  .says = "memory lies below the limit of its segment",
	  .source = "SDM 3A, \"Limit Checking\"",
	  .broken = beyond_limit },
	{ .name = "data-read-only",
	  .says = "only a writable data segment is written to",
	  .source = "SDM 3A, \"Type Checking\"",
	  .broken = read_only_segment },
	{ .name = "data-canonical",
	  .says = "in 64-bit mode bits 63-47 of an address are all equal",
	  .source = "SDM 1, \"Canonical Addressing\"",
	  .broken = not_canonical },
	{ .name = "data-mapped",
	  .says = "the page of what is read or written is present",
	  .source = "SDM 3A, \"Paging\"",
	  .broken = not_mapped },
	{ .name = "data-user",
	  .says = "ring 3 reaches only what all levels of the tables give it",
	  .source = SOURCE_PAGES,
	  .advice = "set the U bit in the entries of every level",
	  .broken = not_user },
	{ .name = "data-writable",
	  .says = "what is written to is writable at all levels, for ring 0 "
		  "too while CR0.WP is set",
	  .source = SOURCE_PAGES,
	  .broken = not_writable },
};
RULES(RULE_ACCESS, data_rules);
