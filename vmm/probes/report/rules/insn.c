/* Taking an instruction apart: prefixes, opcode, ModRM and its address. */
#include "probes/report/rules/insn.h"

#include <string.h>

uint64_t insn_linear(const struct report_state *state,
		     const struct kvm_segment *segment, uint64_t offset)
{
	const struct kvm_sregs *sregs = &state->sregs;

	if (!report_is_64bit(sregs))
		return (uint32_t)(segment->base + offset);
	if (segment == &sregs->fs || segment == &sregs->gs)
		return segment->base + offset;
	return offset;
}

bool insn_bytes(const struct insn *insn, size_t at, unsigned int size,
		uint64_t *val)
{
	*val = 0;
	if (at + size > insn->len)
		return false;
	memcpy(val, insn->bytes + at, size);
	return true;
}

static uint64_t mask(unsigned int size)
{
	return size >= 8 ? ~0ULL : (1ULL << 8 * size) - 1;
}

/* A displacement of @size bytes, with its sign. */
static bool displacement(const struct insn *insn, size_t at, unsigned int size,
			 int64_t *disp)
{
	uint64_t val;

	*disp = 0;
	if (!size)
		return true;
	if (!insn_bytes(insn, at, size, &val))
		return false;
	*disp = size == 1 ? (int8_t)val :
		size == 2 ? (int16_t)val :
			    (int32_t)val;
	return true;
}

static const struct kvm_segment *segment_of(const struct report_state *state,
					    uint8_t prefix)
{
	const struct kvm_sregs *s = &state->sregs;

	switch (prefix) {
	case 0x26:
		return &s->es;
	case 0x2e:
		return &s->cs;
	case 0x36:
		return &s->ss;
	case 0x3e:
		return &s->ds;
	case 0x64:
		return &s->fs;
	case 0x65:
		return &s->gs;
	default:
		return NULL;
	}
}

/* SS is what addresses by BP or SP mean, DS is for the others. */
static void use_segment(struct insn *insn, bool stack)
{
	if (!insn->override)
		insn->segment = stack ? &insn->state->sregs.ss :
					&insn->state->sregs.ds;
}

/* SDM 2, "16-Bit Addressing Forms with the ModR/M Byte" */
static bool address_16(struct insn *insn, size_t at)
{
	const struct kvm_regs *r = &insn->state->regs;
	const uint64_t bases[] = {
		r->rbx + r->rsi, r->rbx + r->rdi, r->rbp + r->rsi,
		r->rbp + r->rdi, r->rsi,	  r->rdi,
		r->rbp,		 r->rbx,
	};
	bool absolute = insn->mod == 0 && insn->rm == 6;
	unsigned int size = absolute ? 2 : insn->mod;
	int64_t disp;

	insn->imm = at + size;
	use_segment(insn, !absolute && (insn->rm == 2 || insn->rm == 3 ||
					insn->rm == 6));
	if (!displacement(insn, at, size, &disp))
		return false;
	insn->offset = (disp + (absolute ? 0 : bases[insn->rm & 7])) & 0xffff;
	return true;
}

/* How many bytes of immediates follow, for addresses relative to RIP. */
static unsigned int imm_size(const struct insn *insn)
{
	unsigned int word = insn->size == 2 ? 2 : 4;

	switch (insn->opcode) {
	case 0x80:
	case 0x82:
	case 0x83:
	case 0xc0:
	case 0xc1:
	case 0xc6:
	case 0x6b:
	case 0x0fba:
	case 0x0fa4:
	case 0x0fac:
		return 1;
	case 0x81:
	case 0xc7:
	case 0x69:
		return word;
	case 0xf6:
		return (insn->reg & 7) < 2 ? 1 : 0;
	case 0xf7:
		return (insn->reg & 7) < 2 ? word : 0;
	default:
		return 0;
	}
}

/* The SIB byte at @at: base + index * scale. False: it has no base register. */
static bool add_sib(struct insn *insn, uint8_t sib, uint64_t *sum)
{
	unsigned int index = (sib >> 3 & 7) | (insn->rex & 2) << 2;
	unsigned int base = (sib & 7) | (insn->rex & 1) << 3;

	if (index != 4)
		*sum += report_register(&insn->state->regs, index)
			<< (sib >> 6);
	if ((sib & 7) == 5 && insn->mod == 0)
		return false;
	*sum += report_register(&insn->state->regs, base);
	use_segment(insn, base == 4 || base == 5);
	return true;
}

/* SDM 2, "32-Bit Addressing Forms", and with REX */
static bool address_32(struct insn *insn, size_t at)
{
	bool is_64bit = report_is_64bit(&insn->state->sregs);
	unsigned int size = insn->mod == 1 ? 1 : insn->mod == 2 ? 4 : 0;
	bool relative = false;
	uint64_t sum = 0;
	int64_t disp;

	use_segment(insn, false);
	if ((insn->rm & 7) == 4) {
		if (at >= insn->len)
			return false;
		if (!add_sib(insn, insn->bytes[at++], &sum))
			size = 4;
	} else if ((insn->rm & 7) == 5 && insn->mod == 0) {
		relative = is_64bit;
		size = 4;
	} else {
		sum = report_register(&insn->state->regs, insn->rm);
		use_segment(insn, insn->rm == 5);
	}
	insn->imm = at + size;
	if (!displacement(insn, at, size, &disp))
		return false;
	if (relative)
		sum = insn->state->regs.rip + insn->imm + imm_size(insn);
	insn->offset = (sum + disp) & mask(insn->address_size);
	return true;
}

static bool has_modrm(unsigned int opcode)
{
	if (opcode < 0x40)
		return (opcode & 7) < 4;
	if (opcode >= 0x0f00) {
		unsigned int low = opcode & 0xff;

		return !((low >= 0x05 && low <= 0x0b) ||
			 (low >= 0x30 && low <= 0x37) ||
			 (low >= 0x80 && low <= 0x8f) || low == 0x77 ||
			 (low & 0xf6) == 0xa0 || low == 0xa2 || low == 0xaa ||
			 low >= 0xc8) ||
		       low >= 0xd0;
	}
	return (opcode >= 0x80 && opcode <= 0x8f) || opcode == 0x62 ||
	       opcode == 0x63 || opcode == 0x69 || opcode == 0x6b ||
	       (opcode & ~1u) == 0xc0 || (opcode >= 0xc4 && opcode <= 0xc7) ||
	       (opcode >= 0xd0 && opcode <= 0xd3) ||
	       (opcode >= 0xd8 && opcode <= 0xdf) || (opcode & 0xf6) == 0xf6;
}

static bool decode_modrm(struct insn *insn, size_t at)
{
	uint8_t modrm;

	if (at >= insn->len)
		return false;
	modrm = insn->bytes[at++];
	insn->mod = modrm >> 6;
	insn->reg = (modrm >> 3 & 7) | (insn->rex & 4) << 1;
	insn->rm = (modrm & 7) | (insn->rex & 1) << 3;
	insn->imm = at;
	insn->is_memory = insn->mod != 3 &&
			  (insn->opcode < 0x0f20 || insn->opcode > 0x0f23);
	if (!insn->is_memory)
		return true;
	return insn->address_size == 2 ? address_16(insn, at) :
					 address_32(insn, at);
}

/* MOV between AX and memory whose address stands in the instruction. */
static bool decode_offset(struct insn *insn, size_t at)
{
	insn->is_memory = true;
	use_segment(insn, false);
	insn->imm = at + insn->address_size;
	return insn_bytes(insn, at, insn->address_size, &insn->offset);
}

/* Takes a prefix in; false: it is none. */
static bool take_prefix(struct insn *insn, uint8_t byte)
{
	const struct kvm_segment *segment = segment_of(insn->state, byte);
	bool is_64bit = report_is_64bit(&insn->state->sregs);

	if (is_64bit && (byte & 0xf0) == 0x40) {
		insn->rex = byte;
		return true;
	}
	if (segment) {
		/* 64-bit mode has but these two. */
		insn->override = !is_64bit || byte >= 0x64;
		if (insn->override)
			insn->segment = segment;
	} else if (byte == 0x66) {
		insn->opsize = true;
	} else if (byte == 0x67) {
		insn->address_size = insn->address_size == 4 ? 2 : 4;
	} else if (byte == 0xf2 || byte == 0xf3) {
		insn->rep = true;
	} else if (byte != 0xf0) {
		return false;
	}
	insn->rex = 0; /* it counts only before the opcode */
	return true;
}

static void set_sizes(struct insn *insn)
{
	const struct kvm_sregs *sregs = &insn->state->sregs;
	bool is_64bit = report_is_64bit(sregs);
	bool is_32bit = is_64bit || (sregs->cr0 & 1 && sregs->cs.db);

	insn->size = is_32bit != insn->opsize ? 4 : 2;
	insn->stack_size = insn->size;
	if (is_64bit)
		insn->stack_size = insn->opsize ? 2 : 8;
	if (insn->rex & 8)
		insn->size = 8;
}

/* VEX and EVEX share their first bytes with LES, LDS and BOUND. */
static bool is_vex(const struct insn *insn, size_t at)
{
	return (insn->opcode == 0xc4 || insn->opcode == 0xc5 ||
		insn->opcode == 0x62) &&
	       (report_is_64bit(&insn->state->sregs) ||
		(at < insn->len && insn->bytes[at] >= 0xc0));
}

bool insn_decode(struct insn *insn, const struct report_state *state)
{
	const struct kvm_sregs *sregs = &state->sregs;
	size_t at = 0;

	*insn = (struct insn){ .state = state };
	insn->len = report_code(state, insn->bytes);
	insn->address_size = report_is_64bit(sregs)	    ? 8 :
			     sregs->cr0 & 1 && sregs->cs.db ? 4 :
							      2;
	while (at < insn->len && take_prefix(insn, insn->bytes[at]))
		at++;
	set_sizes(insn);
	if (at >= insn->len)
		return false;
	insn->opcode = insn->bytes[at++];
	if (insn->opcode == 0x0f) {
		if (at >= insn->len)
			return false;
		insn->opcode = 0x0f00 | insn->bytes[at++];
	}
	insn->is_vex = is_vex(insn, at);
	insn->imm = at;
	if (insn->is_vex)
		return true;
	if (insn->opcode >= 0xa0 && insn->opcode <= 0xa3)
		return decode_offset(insn, at);
	return !has_modrm(insn->opcode) || decode_modrm(insn, at);
}

bool insn_memory(const struct insn *insn, unsigned int offset,
		 unsigned int size, uint64_t *val)
{
	*val = 0;
	return insn->is_memory &&
	       report_read(insn->state,
			   insn_linear(insn->state, insn->segment,
				       insn->offset + offset),
			   val, size);
}

bool insn_value(const struct insn *insn, unsigned int size, uint64_t *val)
{
	unsigned int index = insn->rm;

	if (insn->is_memory)
		return insn_memory(insn, 0, size, val);
	if (size == 1 && !insn->rex && index >= 4)
		*val = report_register(&insn->state->regs, index - 4) >>
		       8; /* AH and so on */
	else
		*val = report_register(&insn->state->regs, index);
	*val &= mask(size);
	return true;
}

bool insn_stack(const struct insn *insn, unsigned int nth, uint64_t *val)
{
	*val = 0;
	return report_read(insn->state,
			   report_stack_address(insn->state) +
				   nth * insn->stack_size,
			   val, insn->stack_size);
}
