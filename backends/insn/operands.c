/*
 * What an instruction reads and writes in memory: the linear address, from registers
 * and segment bases, and the value where the registers before and after it tell.
 */
#include <inttypes.h>

#include "backends/insn/insn.h"
#include "vmm/x86/bits.h"

#define MODE ZYDIS_MACHINE_MODE_LONG_64 /* whose registers enclose all others */

static uint64_t mask_of(unsigned int bits)
{
	return bits < 64 ? (1ULL << bits) - 1 : UINT64_MAX;
}

static bool is_high_byte(ZydisRegister reg)
{
	return reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH;
}

/* False: it is no general-purpose register. */
static bool get_register(const struct state *state, ZydisRegister reg,
			 uint64_t *value)
{
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(MODE, reg);
	ZyanI8 id = ZydisRegisterGetId(whole);

	if (ZydisRegisterGetClass(whole) != ZYDIS_REGCLASS_GPR64 || id < 0)
		return false;
	*value = state->regs[INSN_RAX + id];
	if (is_high_byte(reg))
		*value >>= 8;
	*value &= mask_of(ZydisRegisterGetWidth(MODE, reg));
	return true;
}

static uint64_t segment_base(const struct state *state, ZydisRegister segment)
{
	ZyanI8 id = ZydisRegisterGetId(segment);

	if (ZydisRegisterGetClass(segment) != ZYDIS_REGCLASS_SEGMENT ||
	    id < 0 ||
	    (is_64bit(state) && segment != ZYDIS_REGISTER_FS &&
	     segment != ZYDIS_REGISTER_GS))
		return 0;
	return state->systems[INSN_ES + 4 * id + INSN_BASE];
}

/* What is pushed comes below what the stack pointer says. */
static bool is_push(const ZydisDecodedOperand *operand)
{
	return operand->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
	       operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE &&
	       ZydisRegisterGetLargestEnclosing(MODE, operand->mem.base) ==
		       ZYDIS_REGISTER_RSP;
}

/* False: not by these registers, as of a gather. */
static bool get_address(const struct insn *insn,
			const ZydisDecodedOperand *operand,
			const struct state *state, uint64_t *addr)
{
	const ZydisDecodedOperandMem *mem = &operand->mem;
	uint64_t base = 0, index = 0;

	if (mem->base == ZYDIS_REGISTER_RIP || mem->base == ZYDIS_REGISTER_EIP)
		base = state->rip + insn->len;
	else if (mem->base && !get_register(state, mem->base, &base))
		return false;
	if (mem->index && !get_register(state, mem->index, &index))
		return false;
	*addr = base + index * mem->scale +
		(mem->disp.has_displacement ? (uint64_t)mem->disp.value : 0);
	if (is_push(operand))
		*addr -= operand->size / 8;
	*addr &= mask_of(insn->insn.address_width);
	*addr += segment_base(state, mem->segment);
	if (!is_64bit(state))
		*addr &= UINT32_MAX;
	return true;
}

/* The value of an operand that is no memory. */
static bool get_value(const ZydisDecodedOperand *operand,
		      const struct state *state, uint64_t *value)
{
	if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
		*value = operand->imm.value.u;
		return true;
	}
	return operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       get_register(state, operand->reg.value, value);
}

/* What is written: of those that only carry it there. */
static bool get_written(const struct insn *insn, const struct state *before,
			uint64_t *value)
{
	switch (insn->insn.mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
	case ZYDIS_MNEMONIC_MOVNTI:
	case ZYDIS_MNEMONIC_XCHG:
	case ZYDIS_MNEMONIC_STOSB:
	case ZYDIS_MNEMONIC_STOSW:
	case ZYDIS_MNEMONIC_STOSD:
	case ZYDIS_MNEMONIC_STOSQ:
		return get_value(&insn->operands[1], before, value);
	case ZYDIS_MNEMONIC_PUSH:
		return get_value(&insn->operands[0], before, value);
	case ZYDIS_MNEMONIC_CALL:
		*value = before->rip + insn->len;
		return insn->insn.meta.branch_type != ZYDIS_BRANCH_TYPE_FAR;
	default:
		return false;
	}
}

/* What was read: it is in a register now. */
static bool get_read(const struct insn *insn, const struct state *now,
		     uint64_t *value)
{
	switch (insn->insn.mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
	case ZYDIS_MNEMONIC_MOVZX:
	case ZYDIS_MNEMONIC_MOVSX:
	case ZYDIS_MNEMONIC_MOVSXD:
	case ZYDIS_MNEMONIC_POP:
	case ZYDIS_MNEMONIC_LODSB:
	case ZYDIS_MNEMONIC_LODSW:
	case ZYDIS_MNEMONIC_LODSD:
	case ZYDIS_MNEMONIC_LODSQ:
		return get_value(&insn->operands[0], now, value);
	case ZYDIS_MNEMONIC_XCHG:
		return get_value(&insn->operands[0], now, value) ||
		       get_value(&insn->operands[1], now, value);
	case ZYDIS_MNEMONIC_RET:
		*value = now->rip;
		return insn->insn.meta.branch_type != ZYDIS_BRANCH_TYPE_FAR;
	default:
		return false;
	}
}

static void add_value(const ZydisDecodedOperand *operand, uint64_t value)
{
	unsigned int digits = operand->size / 4;

	out_text("=");
	out_hex(value, digits > 16 ? 16 : digits);
}

static void add_operand(const struct insn *insn,
			const ZydisDecodedOperand *operand,
			const struct state *before, const struct state *now)
{
	const bool reads = operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
	const bool writes = operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
	uint64_t addr, value;

	if (!get_address(insn, operand, before, &addr))
		return;
	out_text(reads ? writes ? " rw" : " r" : " w");
	out_add("%u[", operand->size);
	out_hex(addr, is_64bit(before) ? 16 : 8);
	out_text("]");
	if (writes && get_written(insn, before, &value))
		add_value(operand, value);
	else if (reads && !writes && now && get_read(insn, now, &value))
		add_value(operand, value);
}

void add_operands(const struct insn *insn, const struct state *before,
		  const struct state *now)
{
	for (unsigned int i = 0; i < insn->insn.operand_count; i++) {
		const ZydisDecodedOperand *operand = &insn->operands[i];

		if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    operand->mem.type == ZYDIS_MEMOP_TYPE_MEM)
			add_operand(insn, operand, before, now);
	}
}
