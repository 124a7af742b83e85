/*
 * Rules of the stack that an exception needs: another ring's, from the TSS, one
 * that the gate names, or the one in use (SDM 3A, "Exception- or
 * Interrupt-Handler Procedures" and "64-Bit Mode Stack Frame").
 */
#include "probes/report/rules/rule.h"
#include "x86/bits.h"

#define CR0_WP (1u << 16)

/* Offsets in a TSS of 32 and 64 bits. */
#define TSS_STACK_0 4
#define TSS_SS_0    8
#define TSS_IST_1   0x24

/* In one of 16 bits. */
#define TSS16_SP_0 2

/* The stack that a frame goes to. */
struct frame {
	bool from_tss;
	unsigned int ist;    /* 1-7: by the gate */
	uint32_t offset;     /* of the pointer in the TSS */
	unsigned int width;  /* bytes of that */
	bool known;	     /* top is */
	uint64_t top, bytes; /* linear; so many below it are written */
};

static bool is_tss16(const struct rule_case *c)
{
	return (c->state->sregs.tr.type & ~2) == 1;
}

/* What is pushed: SS, SP, flags, CS, IP as far as the mode does, in bytes. */
static uint64_t frame_bytes(const struct rule_case *c, bool changes)
{
	if (report_is_long(&c->state->sregs))
		return 40;
	if (!(c->state->sregs.cr0 & CR0_PE))
		return 6;
	return changes ? 20 : 12;
}

/* The last byte of the TSS that is read: SS lies behind the pointer. */
static uint32_t last_needed(const struct rule_case *c,
			    const struct frame *frame)
{
	bool has_ss = !report_is_long(&c->state->sregs);

	return frame->offset + frame->width + (has_ss ? 2 : 0) - 1;
}

static void get_frame(const struct rule_case *c, struct frame *frame)
{
	const struct kvm_sregs *s = &c->state->sregs;
	bool is_long = report_is_long(s);
	struct gate gate = { 0 };

	if (c->vector >= 0)
		rules_gate(c->state, c->vector, &gate);
	*frame = (struct frame){ .ist = gate.ist };
	frame->from_tss = report_ring(s) || frame->ist;
	frame->bytes = frame_bytes(c, frame->from_tss);
	if (!frame->from_tss) {
		frame->top = report_stack_address(c->state);
		frame->known = true;
		return;
	}
	frame->width = is_long ? 8 : is_tss16(c) ? 2 : 4;
	frame->offset = frame->ist  ? TSS_IST_1 + 8 * (frame->ist - 1) :
			is_tss16(c) ? TSS16_SP_0 :
				      TSS_STACK_0;
	frame->known = s->tr.limit >= last_needed(c, frame) &&
		       report_read(c->state, s->tr.base + frame->offset,
				   &frame->top, frame->width);
}

/* "the TSS has no stack for ring 0", or IST 3 */
static void add_missing(struct text *text, const struct frame *frame)
{
	if (frame->ist)
		text_add(text, "the TSS has no stack for IST %u", frame->ist);
	else
		text_add(text, "the TSS has no stack for ring 0");
}

/* TR is as at reset: LTR has never been. */
static bool no_tss(struct rule_case *c, struct text *text)
{
	const struct kvm_segment *tr = &c->state->sregs.tr;
	struct frame frame;

	get_frame(c, &frame);
	if (!frame.from_tss || tr->selector & ~3 || tr->base)
		return false;
	add_missing(text, &frame);
	text_add(text, ": none was ever loaded");
	return true;
}

static bool tss_short(struct rule_case *c, struct text *text)
{
	uint32_t limit = c->state->sregs.tr.limit;
	struct frame frame;

	get_frame(c, &frame);
	if (!frame.from_tss || limit >= last_needed(c, &frame))
		return false;
	add_missing(text, &frame);
	text_add(text, ": its limit is 0x%x", limit);
	return true;
}

static bool tss_not_mapped(struct rule_case *c, struct text *text)
{
	struct frame frame;

	get_frame(c, &frame);
	return frame.from_tss && !frame.known &&
	       rules_add_unmapped(text, c->state, "its TSS has the stack at",
				  c->state->sregs.tr.base + frame.offset);
}

static bool tss_empty(struct rule_case *c, struct text *text)
{
	struct frame frame;

	get_frame(c, &frame);
	if (!frame.from_tss || !frame.known || frame.top)
		return false;
	add_missing(text, &frame);
	text_add(text, ": it holds 0 there");
	return true;
}

/* SS for ring 0, which a TSS of long mode does not have. */
static bool tss_segment(struct rule_case *c, struct text *text)
{
	struct descriptor desc;
	uint16_t selector;
	const char *why;

	if (!report_ring(&c->state->sregs) ||
	    report_is_long(&c->state->sregs) || is_tss16(c) ||
	    !report_read(c->state, c->state->sregs.tr.base + TSS_SS_0,
			 &selector, sizeof(selector)))
		return false;
	why = rules_descriptor(c->state, selector, &desc);
	if (!why && desc.s && desc.present && !(desc.type & 8) &&
	    desc.type & 2 && !desc.dpl && !(selector & 3))
		return false;
	text_add(text, "the TSS has 0x%x as SS for ring 0, which is %s",
		 selector, why ? why : "no writable data segment of ring 0");
	return true;
}

/* SP cannot go below 0 in the middle of a push, nor above the limit. */
static bool stack_limit(struct rule_case *c, struct text *text)
{
	const struct kvm_sregs *s = &c->state->sregs;
	uint64_t sp = c->state->regs.rsp & (s->ss.db ? 0xffffffff : 0xffff);
	unsigned int width = s->cr0 & CR0_PE && s->cs.db ? 4 : 2;
	struct frame frame;

	get_frame(c, &frame);
	if (report_is_long(s) || frame.from_tss || s->ss.type & 4)
		return false;
	/* The first push that would lie across the end of the segment. */
	for (uint64_t at = 0; at < frame.bytes; at += width) {
		uint64_t low = (sp - at - width) &
			       (s->ss.db ? 0xffffffff : 0xffff);

		if (low + width - 1 <= s->ss.limit)
			continue;
		text_add(text,
			 "its frame would lie across the end of the stack: SP "
			 "is 0x%llx, and the limit of SS 0x%x",
			 (unsigned long long)sp, s->ss.limit);
		return true;
	}
	return false;
}

static bool in_stack(struct rule_case *c, struct text *text,
		     bool (*test)(struct rule_case *c, struct text *text,
				  uint64_t gva))
{
	bool is_long = report_is_long(&c->state->sregs);
	struct frame frame;
	uint64_t last, first;

	get_frame(c, &frame);
	if (!frame.known)
		return false;
	if (is_long)
		frame.top &= ~15ULL;
	last = frame.top - 1;
	first = frame.top - frame.bytes;
	if (!is_long) {
		last = (uint32_t)last;
		first = (uint32_t)first;
	}
	return test(c, text, last) || test(c, text, first);
}

static bool test_mapped(struct rule_case *c, struct text *text, uint64_t gva)
{
	return rules_add_unmapped(text, c->state, "its frame would go to", gva);
}

static bool test_writable(struct rule_case *c, struct text *text, uint64_t gva)
{
	struct walk walk;

	rules_walk(&walk, c, gva);
	if (walk.end != WALK_MAPPED || walk.writable ||
	    !(c->state->sregs.cr0 & CR0_WP))
		return false;
	text_add(text, "its frame would go to 0x%llx, a page that is read-only",
		 (unsigned long long)gva);
	return true;
}

static bool not_mapped(struct rule_case *c, struct text *text)
{
	return in_stack(c, text, test_mapped);
}

static bool not_writable(struct rule_case *c, struct text *text)
{
	return in_stack(c, text, test_writable);
}

#define SOURCE_TSS   "SDM 3A, \"Task-State Segment (TSS)\""
#define SOURCE_STACK "SDM 3A, \"Exception- or Interrupt-Handler Procedures\""

static const struct rule stack_rules[] = {
	{ .name = "tss-loaded",
	  .says = "LTR comes before anything can interrupt ring 3",
	  .source = SOURCE_TSS,
	  .broken = no_tss },
	{ .name = "tss-limit",
	  .says = "the limit of the TSS lies behind the stacks that it is asked "
		  "for",
	  .source = SOURCE_TSS,
	  .advice = "0x67 for a whole TSS",
	  .broken = tss_short },
	{ .name = "tss-mapped",
	  .says = "the TSS lies in RAM, at a linear address that is mapped",
	  .source = SOURCE_TSS,
	  .broken = tss_not_mapped },
	{ .name = "tss-stack",
	  .says = "the TSS holds each stack that a ring or a gate asks it for",
	  .source = SOURCE_TSS,
	  .broken = tss_empty },
	{ .name = "tss-segment",
	  .says = "the SS that the TSS has for ring 0 is ring 0's data segment",
	  .source = SOURCE_TSS,
	  .broken = tss_segment },
	{ .name = "stack-limit",
	  .says = "no push lies across the end of the stack segment",
	  .source = "SDM 3A, \"Limit Checking\"",
	  .advice = "SP begins with an even number, and a multiple of 4 in 32 "
		    "bits",
	  .broken = stack_limit },
	{ .name = "stack-mapped",
	  .says = "the stack lies in RAM, at linear addresses that are mapped",
	  .source = SOURCE_STACK,
	  .broken = not_mapped },
	{ .name = "stack-writable",
	  .says = "the pages of a stack are writable",
	  .source = "SDM 3A, \"Determination of Access Rights\"",
	  .broken = not_writable },
};
RULES(RULE_STACK, stack_rules);
