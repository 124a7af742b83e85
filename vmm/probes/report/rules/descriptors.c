/* Descriptors and gates as they stand in the guest's tables now. */
#include "probes/report/rules/rule.h"
#include "x86/bits.h"

/* SDM 3A, "Segment Descriptors" */
static void cut_up(struct descriptor *desc, uint64_t raw)
{
	*desc = (struct descriptor){
		.base = (raw >> 16 & 0xffffff) | (raw >> 56) << 24,
		.limit = (raw & 0xffff) | (raw >> 32 & 0xf0000),
		.type = raw >> 40 & 15,
		.s = raw >> 44 & 1,
		.dpl = raw >> 45 & 3,
		.present = raw >> 47 & 1,
		.l = raw >> 53 & 1,
		.db = raw >> 54 & 1,
	};
	if (raw >> 55 & 1)
		desc->limit = desc->limit << 12 | 0xfff;
}

const char *rules_descriptor(const struct report_state *state,
			     uint16_t selector, struct descriptor *desc)
{
	const struct kvm_sregs *sregs = &state->sregs;
	unsigned int at = selector & ~7u;
	bool local = selector & 4;
	uint32_t limit = local ? sregs->ldt.limit : sregs->gdt.limit;
	uint64_t raw;

	if (!(selector & ~3))
		return "the null selector";
	if (local && (sregs->ldt.unusable || !sregs->ldt.present))
		return "in an LDT, and there is none";
	if (at + 7 > limit)
		return local ? "beyond the limit of the LDT" :
			       "beyond the limit of the GDT";
	if (!report_read(state,
			 (local ? sregs->ldt.base : sregs->gdt.base) + at, &raw,
			 sizeof(raw)))
		return local ? "in an LDT that is not in RAM" :
			       "in a GDT that is not in RAM";
	cut_up(desc, raw);
	return NULL;
}

unsigned int rules_gate_size(const struct report_state *state)
{
	return !(state->sregs.cr0 & CR0_PE)  ? 4 :
	       report_is_long(&state->sregs) ? 16 :
					       8;
}

bool rules_gate(const struct report_state *state, unsigned int vector,
		struct gate *gate)
{
	unsigned int size = rules_gate_size(state);
	uint8_t raw[16] = { 0 };

	if (size == 4 ||
	    !report_read(state, state->sregs.idt.base + vector * size, raw,
			 size))
		return false;
	gate->selector = raw[2] | raw[3] << 8;
	gate->ist = size == 16 ? raw[4] & 7 : 0;
	gate->access = raw[5];
	gate->handler = raw[0] | raw[1] << 8 | raw[6] << 16 |
			(uint64_t)raw[7] << 24 | (uint64_t)raw[8] << 32 |
			(uint64_t)raw[9] << 40 | (uint64_t)raw[10] << 48 |
			(uint64_t)raw[11] << 56;
	return true;
}
