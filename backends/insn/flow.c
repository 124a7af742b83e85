/*
 * Where an instruction leads to, and so what a step was: the one instruction, two of
 * them, or one that was interrupted.
 */
#include "backends/insn/insn.h"

static uint64_t wrap(const struct state *state, uint64_t rip)
{
	switch (code_bits(state)) {
	case 16:
		return (uint16_t)rip;
	case 32:
		return (uint32_t)rip;
	default:
		return rip;
	}
}

uint64_t flow_behind(const struct insn *insn, const struct state *state,
		     uint64_t rip)
{
	return wrap(state, rip + insn->len);
}

bool flow_is_interrupt(const struct insn *insn)
{
	switch (insn->insn.mnemonic) {
	case ZYDIS_MNEMONIC_INT:
	case ZYDIS_MNEMONIC_INT1:
	case ZYDIS_MNEMONIC_INT3:
	case ZYDIS_MNEMONIC_INTO:
		return true;
	default:
		return false;
	}
}

bool flow_is_string(const struct insn *insn)
{
	return insn->valid && insn->insn.attributes & (ZYDIS_ATTRIB_HAS_REP |
						       ZYDIS_ATTRIB_HAS_REPE |
						       ZYDIS_ATTRIB_HAS_REPNE);
}

/* It goes wherever registers or memory say. */
static bool is_free(const struct insn *insn)
{
	switch (insn->insn.meta.category) {
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
		return true;
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_UNCOND_BR:
		return insn->operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
		       !insn->operands[0].imm.is_relative;
	default:
		return false;
	}
}

/* Where a branch that says so itself leads to, if it is taken. */
static bool get_target(const struct insn *insn, const struct state *state,
		       uint64_t rip, uint64_t *target)
{
	const ZydisDecodedOperand *to = &insn->operands[0];

	if (!insn->insn.operand_count_visible ||
	    to->type != ZYDIS_OPERAND_TYPE_IMMEDIATE || !to->imm.is_relative)
		return false;
	*target = wrap(state, rip + insn->len + to->imm.value.u);
	return true;
}

/* Whether the instruction at @rip may lead to @next by itself. */
static bool leads_to(const struct insn *insn, const struct state *state,
		     uint64_t rip, uint64_t next)
{
	uint64_t target;

	if (get_target(insn, state, rip, &target) && target == next)
		return true;
	return flow_behind(insn, state, rip) == next ||
	       (flow_is_string(insn) && rip == next) || is_free(insn);
}

/* Whether the instruction at @rip is one that leads to the next step. */
static bool is_second(const struct lane *lane, uint64_t rip,
		      struct insn *second)
{
	decode(second, lane, &lane->before, rip);
	return second->valid &&
	       leads_to(second, &lane->before, rip, lane->now.rip);
}

/*
 * Two in a step are those where the CPU takes no trap behind the first: loads of SS,
 * STI (SDM 2, "MOV", "STI"); INT n, whose handler has run; PAUSE of QEMU's CPUs. So
 * it is by where they lead to that two are told from one that went elsewhere.
 */
enum flow flow_of(const struct lane *lane, const struct insn *insn,
		  struct insn *second, uint64_t *at)
{
	const struct state *before = &lane->before;
	const uint64_t rip = before->rip;

	if (!insn->valid || leads_to(insn, before, rip, lane->now.rip))
		return FLOW_ONE;
	*at = flow_behind(insn, before, rip);
	if (is_second(lane, *at, second))
		return FLOW_TWO;
	if (get_target(insn, before, rip, at) && is_second(lane, *at, second))
		return FLOW_TWO;
	return FLOW_AWAY;
}
