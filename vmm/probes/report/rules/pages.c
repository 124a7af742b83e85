/*
 * Rules of page tables, and what rules say of addresses: whether the tables map
 * them, and to RAM (SDM 3A, "Paging").
 */
#include "probes/report/rules/rule.h"
#include "x86/walk_words.h"

void rules_walk(struct walk *walk, const struct rule_case *c, uint64_t gva)
{
	report_walk(walk, c->state->mem, &c->state->sregs, gva);
}

bool rules_add_unmapped(struct text *text, const struct report_state *state,
			const char *what, uint64_t gva)
{
	struct walk walk;

	report_walk(&walk, state->mem, &state->sregs, gva);
	if (walk.end == WALK_MAPPED && mem_hva(state->mem, walk.gpa, 1))
		return false;
	text_add(text, "%s 0x%llx, ", what, (unsigned long long)gva);
	if (walk.end != WALK_MAPPED) {
		text_add(text, "which is not mapped (");
		walk_add_end(text, &walk);
		text_add(text, ")");
	} else if (walk.nr_steps) {
		text_add(text, "which is mapped to 0x%llx, where no RAM is",
			 (unsigned long long)walk.gpa);
	} else {
		text_add(text, "where no RAM is");
	}
	return true;
}

bool rules_add_walk(struct text *text, const struct rule_case *c,
		    enum walk_end end)
{
	struct walk walk;

	rules_walk(&walk, c, c->address);
	return walk.end == end &&
	       rules_add_unmapped(text, c->state, c->what, c->address);
}

static bool cr3_outside(struct rule_case *c, struct text *text)
{
	struct walk walk;

	rules_walk(&walk, c, c->address);
	return walk.nr_steps == 1 && rules_add_walk(text, c, WALK_NO_TABLE);
}

static bool table_outside(struct rule_case *c, struct text *text)
{
	return rules_add_walk(text, c, WALK_NO_TABLE);
}

static const struct rule paging_rules[] = {
	{ .name = "cr3-ram",
	  .says = "CR3 holds the physical address of a table in RAM",
	  .source = "SDM 3A, \"Paging\"",
	  .broken = cr3_outside },
	{ .name = "table-ram",
	  .says = "an entry that is present leads to a table in RAM",
	  .source = "SDM 3A, \"Paging\"",
	  .broken = table_outside },
};
RULES(RULE_TABLES, paging_rules);
