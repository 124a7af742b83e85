/*
 * Rules of page tables, and what rules say of addresses: whether the tables map
 * them, and to RAM (SDM 3A, "Paging").
 */
#include <string.h>

#include "probes/report/rules/rule.h"
#include "x86/bits.h"
#include "x86/paging.h"
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

/*
 * The CPU was at RIP when it last left the guest, and could not go on from there
 * when it was executed again with the memory that the crash has left.
 */
static bool overwritten(struct rule_case *c, struct text *text)
{
	struct walk walk;

	rules_walk(&walk, c, c->address);
	if (!c->state->at_once || c->address != report_code_address(c->state) ||
	    !walk.nr_steps || walk.end == WALK_MAPPED)
		return false;
	text_add(text,
		 "the guest was at 0x%llx, and nothing is mapped there any "
		 "more (",
		 (unsigned long long)c->address);
	walk_add_end(text, &walk);
	text_add(text, "): its page tables were overwritten on the way");
	return true;
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

/* Entries of 8 bytes: PAE and long mode. */
static bool is_wide(const struct rule_case *c)
{
	return c->state->sregs.cr4 & CR4_PAE;
}

/* The step's entry leads to no other table but to a page. */
static bool is_large(const struct walk *walk, const struct walk_step *step)
{
	return walk->end == WALK_MAPPED && walk->page_size > X86_PAGE_SIZE &&
	       step == &walk->steps[walk->nr_steps - 1];
}

static bool is_named(const struct walk_step *step, const char *name)
{
	return !strcmp(step->name, name);
}

/* Adds @what of the first entry on the way that has one of the bits which
 * @reserved() gives for it. */
static bool any_entry(struct rule_case *c, struct text *text,
		      uint64_t (*reserved)(const struct rule_case *c,
					   const struct walk *walk,
					   const struct walk_step *step),
		      const char *what)
{
	struct walk walk;

	rules_walk(&walk, c, c->address);
	for (unsigned int i = 0; i < walk.nr_steps; i++) {
		const struct walk_step *step = &walk.steps[i];

		if (!(step->entry & PTE_P) ||
		    !(step->entry & reserved(c, &walk, step)))
			continue;
		text_add(text, "%s 0x%llx, whose %s %u is 0x%llx, with %s",
			 c->what, (unsigned long long)c->address, step->name,
			 step->index, (unsigned long long)step->entry, what);
		return true;
	}
	return false;
}

static uint64_t nx_bit(const struct rule_case *c, const struct walk *walk,
		       const struct walk_step *step)
{
	(void)walk;
	(void)step;
	return is_wide(c) && !(c->state->sregs.efer & EFER_NXE) ? PTE_NX : 0;
}

static bool nx_without_nxe(struct rule_case *c, struct text *text)
{
	return any_entry(c, text, nx_bit, "NX set while EFER.NXE is clear");
}

/* Bits of the address, between PAT (12) and the size of the page. */
static uint64_t low_bits(const struct rule_case *c, const struct walk *walk,
			 const struct walk_step *step)
{
	if (!is_large(walk, step))
		return 0;
	if (!is_wide(c)) /* bits 13-20 are bits 32-39 of the address */
		return 1u << 21;
	return (walk->page_size - 1) & ~0x1fffULL;
}

static bool not_aligned(struct rule_case *c, struct text *text)
{
	return any_entry(c, text, low_bits,
			 "an address that is no multiple of the page's size");
}

/* A large page where there are none: above 1 GiB in long mode, and in PDPTEs of
 * a CPU that has none of 1 GiB. */
static uint64_t ps_bit(const struct rule_case *c, const struct walk *walk,
		       const struct walk_step *step)
{
	uint32_t regs[4];

	(void)walk;
	if (!is_wide(c))
		return 0;
	if (is_named(step, "PML4E") || is_named(step, "PML5E"))
		return PTE_PS;
	if (is_named(step, "PDPTE") && report_is_long(&c->state->sregs) &&
	    rules_cpuid(c, 0x80000001, 0, regs) && !(regs[3] >> 26 & 1))
		return PTE_PS;
	return 0;
}

static bool too_large(struct rule_case *c, struct text *text)
{
	return any_entry(c, text, ps_bit, "PS set, for a page of that level");
}

static uint64_t high_bits(const struct rule_case *c, const struct walk *walk,
			  const struct walk_step *step)
{
	unsigned int bits = rules_physical_bits(c);

	(void)walk;
	(void)step;
	return is_wide(c) && bits && bits < 52 ? (1ULL << 52) - (1ULL << bits) :
						 0;
}

static bool too_high(struct rule_case *c, struct text *text)
{
	return any_entry(c, text, high_bits,
			 "more address bits than this CPU has");
}

#define SOURCE_PAGING "SDM 3A, \"Paging\""
#define SOURCE_BITS   "SDM 3A, \"Reserved Bits\" of \"Page-Fault Exceptions\""

static const struct rule paging_rules[] = {
	{ .name = "tables-kept",
	  .says = "page tables in use are not overwritten",
	  .source = SOURCE_PAGING,
	  .advice = "exceptions in a handler fill the stack down to what lies "
		    "below it: was it the tables?",
	  .broken = overwritten },
	{ .name = "cr3-ram",
	  .says = "CR3 holds the physical address of a table in RAM",
	  .source = SOURCE_PAGING,
	  .advice =
		  "it takes a physical address, not where the table is mapped",
	  .broken = cr3_outside },
	{ .name = "table-nxe",
	  .says = "NX is set in an entry only while EFER.NXE is",
	  .source = SOURCE_BITS,
	  .advice = "set EFER.NXE before such tables are used",
	  .broken = nx_without_nxe },
	{ .name = "table-high",
	  .says = "an entry has no more address bits than the CPU",
	  .source = SOURCE_BITS,
	  .advice = "CPUID 80000008h, EAX bits 7-0, has their number",
	  .broken = too_high },
	{ .name = "table-page",
	  .says = "PS is set only at a level that has large pages",
	  .source = SOURCE_BITS,
	  .advice = "pages of 1 GiB: CPUID 80000001h, EDX bit 26",
	  .broken = too_large },
	{ .name = "table-aligned",
	  .says = "a large page lies at a multiple of its size",
	  .source = SOURCE_BITS,
	  .broken = not_aligned },
	{ .name = "table-ram",
	  .says = "an entry that is present leads to a table in RAM",
	  .source = SOURCE_PAGING,
	  .advice = "entries hold physical addresses, and flags in bits 11-0",
	  .broken = table_outside },
};
RULES(RULE_TABLES, paging_rules);
