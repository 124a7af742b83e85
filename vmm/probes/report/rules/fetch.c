/* Rules of the next instruction: that it can be fetched from where RIP points. */
#include "probes/report/rules/rule.h"
#include "x86/bits.h"

static bool beyond_limit(struct rule_case *c, struct text *text)
{
	const struct report_state *s = c->state;

	if (report_is_64bit(&s->sregs) || s->regs.rip <= s->sregs.cs.limit)
		return false;
	c->vector = VECTOR_GP;
	text_add(text, "RIP is beyond the limit of CS");
	return true;
}

static bool not_canonical(struct rule_case *c, struct text *text)
{
	c->vector = VECTOR_PF;
	return rules_add_walk(text, c, WALK_CANONICAL);
}

static bool not_mapped(struct rule_case *c, struct text *text)
{
	c->vector = VECTOR_PF;
	return rules_add_walk(text, c, WALK_ABSENT);
}

static bool no_ram(struct rule_case *c, struct text *text)
{
	return rules_add_walk(text, c, WALK_MAPPED);
}

static bool not_executable(struct rule_case *c, struct text *text)
{
	struct walk walk;

	rules_walk(&walk, c, c->address);
	if (walk.executable)
		return false;
	c->vector = VECTOR_PF;
	text_add(text, "the page of RIP is not executable");
	return true;
}

static bool not_user(struct rule_case *c, struct text *text)
{
	struct walk walk;

	rules_walk(&walk, c, c->address);
	if (walk.user || report_ring(&c->state->sregs) < 3)
		return false;
	c->vector = VECTOR_PF;
	text_add(text, "the page of RIP is the kernel's, not the user's");
	return true;
}

static const struct rule fetch_rules[] = {
	{ .name = "rip-limit",
	  .says = "code lies below the limit of CS",
	  .source = "SDM 3A, \"Limit Checking\"",
	  .broken = beyond_limit },
	{ .name = "rip-canonical",
	  .says = "in 64-bit mode bits 63-47 of an address are all equal",
	  .source = "SDM 1, \"Canonical Addressing\"",
	  .broken = not_canonical },
	{ .name = "rip-mapped",
	  .says = "the page of the next instruction is present",
	  .source = "SDM 3A, \"Paging\"",
	  .broken = not_mapped },
	{ .name = "rip-ram",
	  .says = "the next instruction lies in RAM",
	  .source = "SDM 3A, \"Paging\"",
	  .broken = no_ram },
	{ .name = "rip-nx",
	  .says = "a page with NX set, at any level, holds no code",
	  .source = "SDM 3A, \"Determination of Access Rights\"",
	  .broken = not_executable },
	{ .name = "rip-user",
	  .says = "ring 3 runs only what all levels of the tables give it",
	  .source = "SDM 3A, \"Determination of Access Rights\"",
	  .broken = not_user },
};
RULES(RULE_FETCH, fetch_rules);
