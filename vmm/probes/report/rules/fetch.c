/* Rules of the next instruction: that it can be fetched from where RIP points. */
#include "probes/report/rules/rule.h"
#include "memory_seen.h"
#include "x86/bits.h"

#define CR4_SMEP   (1u << 20)
#define ZERO_BYTES 64 /* so many in a row are no code */

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

/* MOV to control register @nth: 0 may turn paging on or off, 3 has the tables. */
static bool is_mov_cr(const uint8_t code[3], unsigned int nth)
{
	return code[0] == 0x0f && code[1] == 0x22 &&
	       (code[2] & 0xf8) == (0xc0 | nth << 3);
}

/*
 * The page tables do not have RIP, but right before it, by its physical address,
 * stands the MOV that turned paging on or took other tables.
 */
static bool no_identity(struct rule_case *c, struct text *text)
{
	bool paging = c->state->sregs.cr0 & CR0_PG;
	uint8_t code[3];
	struct walk walk;

	rules_walk(&walk, c, c->address);
	if (!paging || walk.end != WALK_ABSENT || c->address < sizeof(code) ||
	    mem_read(c->state->mem, c->address - sizeof(code), code,
		     sizeof(code)) ||
	    (!is_mov_cr(code, 0) && !is_mov_cr(code, 3)))
		return false;
	c->vector = VECTOR_PF;
	rules_add_walk(text, c, WALK_ABSENT);
	text_add(
		text,
		is_mov_cr(code, 0) ?
			", right after the `mov` to CR0 that turned paging on" :
			", right after the `mov` to CR3 that took other tables");
	return true;
}

/* So many bytes before RIP that are all zeroes have been executed. */
static bool ran_zeroes(struct rule_case *c, struct text *text)
{
	uint8_t code[ZERO_BYTES], sum = 0;
	struct walk walk;

	rules_walk(&walk, c, c->address);
	if ((walk.end == WALK_MAPPED && mem_seen(c->state->mem, walk.gpa, 1)) ||
	    !report_read(c->state, c->address - sizeof(code), code,
			 sizeof(code)))
		return false;
	for (size_t i = 0; i < sizeof(code); i++)
		sum |= code[i];
	if (sum)
		return false;
	if (walk.end != WALK_MAPPED)
		c->vector = VECTOR_PF;
	rules_add_unmapped(text, c->state, c->what, c->address);
	text_add(text, ", and all that is before it are zeroes");
	return true;
}

/* A return takes all ones from where no RAM is. */
static bool returned_ones(struct rule_case *c, struct text *text)
{
	const struct report_state *s = c->state;
	uint64_t ones = report_is_64bit(&s->sregs) ? ~0ULL :
			s->sregs.cs.db		   ? 0xffffffff :
						     0xffff;
	uint64_t stack = report_stack_address(s) - 1;
	struct walk walk;

	rules_walk(&walk, c, stack);
	if (s->regs.rip != ones || walk.end != WALK_MAPPED ||
	    mem_hva(s->mem, walk.gpa, 1))
		return false;
	rules_walk(&walk, c, c->address);
	if (walk.end != WALK_MAPPED)
		c->vector = VECTOR_PF;
	text_add(text,
		 "RIP is 0x%llx, which is what a return takes from a stack "
		 "that is not in RAM (0x%llx)",
		 (unsigned long long)s->regs.rip, (unsigned long long)stack);
	return true;
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

static bool smep(struct rule_case *c, struct text *text)
{
	struct walk walk;

	rules_walk(&walk, c, c->address);
	if (!walk.nr_steps || !walk.user || !(c->state->sregs.cr4 & CR4_SMEP) ||
	    report_ring(&c->state->sregs) == 3)
		return false;
	c->vector = VECTOR_PF;
	text_add(text, "the page of RIP is ring 3's, and ring %u is to run it",
		 report_ring(&c->state->sregs));
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
	{ .name = "stack-ram",
	  .says = "a stack lies in RAM",
	  .source = "SDM 1, \"Setting Up a Stack\"",
	  .advice = "a boot loader leaves (E)SP undefined: set it before the "
		    "first CALL",
	  .broken = returned_ones },
	{ .name = "rip-identity",
	  .says = "code that turns paging on or changes tables lies where "
		  "they map it to itself",
	  .source = "SDM 3A, \"Switching to Protected Mode\"",
	  .advice = "map the page of that code to its physical address, and "
		    "jump away from there",
	  .broken = no_identity },
	{ .name = "rip-zeroes",
	  .says = "a jump leads to code: zeroes are memory that nobody filled",
	  .source = "SDM 2, \"One-byte Opcode Map\"",
	  .advice = "the guest ran through them: look at the last jump, call "
		    "or return before",
	  .broken = ran_zeroes },
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
	{ .name = "rip-smep",
	  .says = "while CR4.SMEP is set, ring 0 runs no page that is ring 3's",
	  .source = "SDM 3A, \"Determination of Access Rights\"",
	  .broken = smep },
	{ .name = "rip-user",
	  .says = "ring 3 runs only what all levels of the tables give it",
	  .source = "SDM 3A, \"Determination of Access Rights\"",
	  .broken = not_user },
};
RULES(RULE_FETCH, fetch_rules);
