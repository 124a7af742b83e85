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

static bool is_taken(const struct insn *insn, const struct state *state,
		     uint64_t rip, uint64_t next)
{
	const ZydisDecodedOperand *to = &insn->operands[0];

	return insn->insn.operand_count_visible &&
	       to->type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
	       to->imm.is_relative &&
	       wrap(state, rip + insn->len + to->imm.value.u) == next;
}

/* Whether the instruction at @rip may lead to @next by itself. */
static bool leads_to(const struct insn *insn, const struct state *state,
		     uint64_t rip, uint64_t next)
{
	return flow_behind(insn, state, rip) == next ||
	       (flow_is_string(insn) && rip == next) || is_free(insn) ||
	       is_taken(insn, state, rip, next);
}

/* After these the CPU takes no trap before the next instruction has been executed
 * (SDM 2, "MOV", "POP", "STI"). */
static bool has_shadow(const struct insn *insn)
{
	const ZydisDecodedOperand *to = &insn->operands[0];

	switch (insn->insn.mnemonic) {
	case ZYDIS_MNEMONIC_STI:
		return true;
	case ZYDIS_MNEMONIC_MOV:
	case ZYDIS_MNEMONIC_POP:
		return to->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		       to->reg.value == ZYDIS_REGISTER_SS;
	default:
		return false;
	}
}

enum flow flow_of(const struct lane *lane, const struct insn *insn,
		  struct insn *second)
{
	const struct state *before = &lane->before;
	const uint64_t next = lane->now.rip;
	uint64_t behind;

	if (!insn->valid || leads_to(insn, before, before->rip, next))
		return FLOW_ONE;
	if (!has_shadow(insn) && !flow_is_interrupt(insn))
		return FLOW_AWAY;
	behind = flow_behind(insn, before, before->rip);
	decode(second, lane, before, behind);
	if (second->valid && leads_to(second, before, behind, next))
		return FLOW_TWO;
	return FLOW_AWAY;
}
