/* What registers say of the code that comes (SDM 3A, "Mode Switching"). */
#include "backends/insn/insn.h"
#include "vmm/x86/bits.h"

bool is_64bit(const struct state *state)
{
	return state->systems[INSN_EFER] & EFER_LMA &&
	       state->systems[INSN_CS + INSN_ATTR] & INSN_ATTR_L;
}

uint64_t linear(const struct state *state, uint64_t rip)
{
	if (is_64bit(state))
		return rip;
	return (uint32_t)(state->systems[INSN_CS + INSN_BASE] + rip);
}

unsigned int code_bits(const struct state *state)
{
	if (is_64bit(state))
		return 64;
	return state->systems[INSN_CS + INSN_ATTR] & INSN_ATTR_D &&
			       !(state->regs[INSN_FLAGS] & RFLAGS_VM) ?
		       32 :
		       16;
}
