/*
 * Rules of the memory that an instruction reads and writes: its segment (SDM 3A,
 * "Protection"), and the pages that it lies in ("Determination of Access Rights").
 */
#include "probes/report/rules/insn.h"
#include "x86/bits.h"

#define CR0_WP (1u << 16)

/* What instructions do with the operand in memory that ModRM names. */
enum use {
	USE_NONE = 0,
	USE_READ = 1,
	USE_WRITE = 2,
};

/* Opcodes of one byte, from @first to @last. */
static const struct {
	uint16_t first, last;
	uint8_t use;
	uint8_t size; /* bytes; 0: the operand's size */
} uses[] = {
	{ 0x63, 0x63, USE_READ, 2 },	   { 0x69, 0x69, USE_READ, 0 },
	{ 0x6b, 0x6b, USE_READ, 0 },	   { 0x84, 0x84, USE_READ, 1 },
	{ 0x85, 0x85, USE_READ, 0 },	   { 0x86, 0x86, USE_WRITE, 1 },
	{ 0x87, 0x87, USE_WRITE, 0 },	   { 0x88, 0x88, USE_WRITE, 1 },
	{ 0x89, 0x89, USE_WRITE, 0 },	   { 0x8a, 0x8a, USE_READ, 1 },
	{ 0x8b, 0x8b, USE_READ, 0 },	   { 0x8c, 0x8c, USE_WRITE, 2 },
	{ 0x8e, 0x8e, USE_READ, 2 },	   { 0xa0, 0xa0, USE_READ, 1 },
	{ 0xa1, 0xa1, USE_READ, 0 },	   { 0xa2, 0xa2, USE_WRITE, 1 },
	{ 0xa3, 0xa3, USE_WRITE, 0 },	   { 0xc0, 0xc0, USE_WRITE, 1 },
	{ 0xc1, 0xc1, USE_WRITE, 0 },	   { 0xc6, 0xc6, USE_WRITE, 1 },
	{ 0xc7, 0xc7, USE_WRITE, 0 },	   { 0xd0, 0xd0, USE_WRITE, 1 },
	{ 0xd1, 0xd1, USE_WRITE, 0 },	   { 0xd2, 0xd2, USE_WRITE, 1 },
	{ 0xd3, 0xd3, USE_WRITE, 0 },	   { 0x0f10, 0x0f10, USE_READ, 4 },
	{ 0x0f11, 0x0f11, USE_WRITE, 4 },  { 0x0f12, 0x0f12, USE_READ, 8 },
	{ 0x0f13, 0x0f13, USE_WRITE, 8 },  { 0x0f28, 0x0f28, USE_READ, 16 },
	{ 0x0f29, 0x0f29, USE_WRITE, 16 }, { 0x0f40, 0x0f4f, USE_READ, 0 },
	{ 0x0f6e, 0x0f6e, USE_READ, 4 },   { 0x0f6f, 0x0f6f, USE_READ, 8 },
	{ 0x0f7f, 0x0f7f, USE_WRITE, 8 },  { 0x0f90, 0x0f9f, USE_WRITE, 1 },
	{ 0x0fab, 0x0fab, USE_WRITE, 0 },  { 0x0faf, 0x0faf, USE_READ, 0 },
	{ 0x0fb0, 0x0fb0, USE_WRITE, 1 },  { 0x0fb1, 0x0fb1, USE_WRITE, 0 },
	{ 0x0fb6, 0x0fb6, USE_READ, 1 },   { 0x0fb7, 0x0fb7, USE_READ, 2 },
	{ 0x0fbe, 0x0fbe, USE_READ, 1 },   { 0x0fbf, 0x0fbf, USE_READ, 2 },
	{ 0x0fc0, 0x0fc0, USE_WRITE, 1 },  { 0x0fc1, 0x0fc1, USE_WRITE, 0 },
};

/* Those whose reg field is part of the opcode. */
static enum use use_of_group(const struct insn *insn, unsigned int *size)
{
	unsigned int reg = insn->reg & 7;

	*size = insn->opcode & 1 ? insn->size : 1;
	switch (insn->opcode) {
	case 0x80:
	case 0x81:
	case 0x82:
	case 0x83:
		*size = insn->opcode & 1 ? insn->size : 1;
		return reg == 7 ? USE_READ : USE_WRITE;
	case 0xf6:
	case 0xf7:
		return reg == 2 || reg == 3 ? USE_WRITE : USE_READ;
	case 0xfe:
		return reg < 2 ? USE_WRITE : USE_NONE;
	case 0xff:
		return reg < 2 ? USE_WRITE : reg < 7 ? USE_READ : USE_NONE;
	case 0x0f00:
		*size = 2;
		return reg < 2 ? USE_WRITE : USE_READ;
	case 0x0f01:
		*size = 6;
		return reg < 2 ? USE_WRITE : reg < 4 ? USE_READ : USE_NONE;
	default:
		return USE_NONE;
	}
}

/* ADD to CMP: the operand in memory comes first in two forms of four. */
static enum use use_of_sum(const struct insn *insn, unsigned int *size)
{
	*size = insn->opcode & 1 ? insn->size : 1;
	if ((insn->opcode & 7) >= 2)
		return USE_READ;
	return insn->opcode >= 0x38 ? USE_READ : USE_WRITE;
}

static enum use use_of(const struct insn *insn, unsigned int *size)
{
	if (insn->opcode < 0x40)
		return use_of_sum(insn, size);
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		if (insn->opcode < uses[i].first || insn->opcode > uses[i].last)
			continue;
		*size = uses[i].size ? uses[i].size : insn->size;
		return uses[i].use;
	}
	return use_of_group(insn, size);
}

static void add_access(const struct insn *insn, struct access *access,
		       const struct kvm_segment *segment, uint64_t offset,
		       unsigned int len)
{
	*access = (struct access){
		.segment = segment,
		.offset = offset,
		.address = insn_linear(insn->state, segment, offset),
		.len = len,
	};
}

static bool pushes(const struct insn *insn)
{
	unsigned int op = insn->opcode;

	return (op >= 0x50 && op <= 0x57) || op == 0x68 || op == 0x6a ||
	       op == 0xe8 || op == 0x9c || op == 0x0fa0 || op == 0x0fa8 ||
	       (op < 0x20 && (op & 7) == 6) ||
	       (op == 0xff && ((insn->reg & 7) == 2 || (insn->reg & 7) == 6));
}

static bool pops(const struct insn *insn)
{
	unsigned int op = insn->opcode;

	return (op >= 0x58 && op <= 0x5f) || op == 0xc2 || op == 0xc3 ||
	       op == 0xca || op == 0xcb || op == 0xcf || op == 0x9d ||
	       op == 0x0fa1 || op == 0x0fa9 || (op < 0x20 && (op & 7) == 7);
}

/* How SP wraps, and so where the stack is. */
static uint64_t stack_mask(const struct report_state *state)
{
	if (report_is_64bit(&state->sregs))
		return ~0ULL;
	return state->sregs.ss.db ? 0xffffffff : 0xffff;
}

static unsigned int stack_access(const struct insn *insn, struct access *access)
{
	const struct report_state *s = insn->state;
	uint64_t sp = s->regs.rsp;
	bool write = pushes(insn);

	if (!write && !pops(insn))
		return 0;
	if (write)
		sp -= insn->stack_size;
	add_access(insn, access, &s->sregs.ss, sp & stack_mask(s),
		   insn->stack_size);
	access->write = write;
	access->stack = true;
	return 1;
}

/* MOVS, CMPS, STOS, LODS, SCAS, INS, OUTS, unless they repeat no time at all. */
static unsigned int string_accesses(const struct insn *insn,
				    struct access *list)
{
	const struct report_state *s = insn->state;
	const uint64_t mask = insn->address_size == 8 ?
				      ~0ULL :
				      (1ULL << 8 * insn->address_size) - 1;
	unsigned int op = insn->opcode & ~1u, count = 0;
	unsigned int len = insn->opcode & 1 ? insn->size : 1;

	if (insn->rep && !(s->regs.rcx & mask))
		return 0;
	if (op == 0xa4 || op == 0xa6 || op == 0xac || op == 0x6e)
		add_access(insn, &list[count++],
			   insn->override ? insn->segment : &s->sregs.ds,
			   s->regs.rsi & mask, len);
	if (op == 0xa4 || op == 0xa6 || op == 0xaa || op == 0xae ||
	    op == 0x6c) {
		add_access(insn, &list[count], &s->sregs.es, s->regs.rdi & mask,
			   len);
		list[count++].write = op != 0xa6 && op != 0xae;
	}
	return count;
}

unsigned int insn_accesses(const struct insn *insn,
			   struct access list[INSN_ACCESSES_MAX])
{
	unsigned int count = 0, size;
	enum use use;

	if (insn->is_vex)
		return 0;
	if (insn->is_memory) {
		use = use_of(insn, &size);
		if (use != USE_NONE) {
			add_access(insn, &list[count], insn->segment,
				   insn->offset, size);
			list[count++].write = use == USE_WRITE;
		}
	} else {
		count = string_accesses(insn, list);
	}
	if (count < INSN_ACCESSES_MAX)
		count += stack_access(insn, &list[count]);
	return count;
}
