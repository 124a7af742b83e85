/*
 * Rules of the stack that an exception needs: its own ring's, from the TSS, or
 * the one in use (SDM 3A, "Exception- or Interrupt-Handler Procedures").
 */
#include "probes/report/rules/rule.h"

#define TSS_LIMIT_MIN 0x67

/* Where the frame ends; false: the TSS does not say. */
static bool get_top(const struct rule_case *c, uint64_t *top)
{
	const struct kvm_segment *tr = &c->state->sregs.tr;
	bool is_long = report_is_long(&c->state->sregs);

	*top = report_stack_address(c->state);
	if (!report_ring(&c->state->sregs))
		return true;
	*top = 0;
	return tr->limit >= TSS_LIMIT_MIN &&
	       report_read(c->state, tr->base + 4, top, is_long ? 8 : 4);
}

static bool no_tss(struct rule_case *c, struct text *text)
{
	uint64_t top;

	if (get_top(c, &top))
		return false;
	text_add(text, "the TSS has no stack for ring 0");
	return true;
}

static bool not_mapped(struct rule_case *c, struct text *text)
{
	uint64_t top;

	get_top(c, &top);
	return rules_add_unmapped(text, c->state, "its frame would go to",
				  report_is_long(&c->state->sregs) ?
					  top - 1 :
					  (uint32_t)(top - 1));
}

static const struct rule stack_rules[] = {
	{ .name = "tss-stack",
	  .says = "whatever interrupts ring 3 finds a stack for ring 0 in the TSS",
	  .source = "SDM 3A, \"Task-State Segment (TSS)\"",
	  .broken = no_tss },
	{ .name = "stack-mapped",
	  .says = "the stack lies in RAM, at linear addresses that are mapped",
	  .source = "SDM 3A, \"Exception- or Interrupt-Handler Procedures\"",
	  .broken = not_mapped },
};
RULES(RULE_STACK, stack_rules);
