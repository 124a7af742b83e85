/*
 * A vCPU in a loop that only reads: nothing that it does itself will ever end it.
 * It is taken for one if every instruction from its start to the jump back is
 * known to write no memory, and its registers were the same at all looks.
 */
#include "abi/exit_status.h"
#include "probes/report/rules/insn.h"
#include "probes/report/rules/quiet.h"

#define ZEROES	   64 /* so many in a row are no code */
#define LOOP_BYTES 128
#define LOOP_MAX   48 /* instructions */

#define OP_NONE SIZE_MAX

static size_t word(const struct insn *insn)
{
	return insn->size == 2 ? 2 : 4;
}

/* Of the arithmetic with an immediate, all in registers, and CMP. */
static size_t of_group(const struct insn *insn, size_t size)
{
	return !insn->is_memory || (insn->reg & 7) == 7 ? size : OP_NONE;
}

/* TEST, by its place in groups of others. */
static size_t of_test(const struct insn *insn, size_t size)
{
	return (insn->reg & 7) < 2 ? size : OP_NONE;
}

/* BT, and the others that lock a bit. */
static size_t of_bits(const struct insn *insn, struct loop *loop)
{
	unsigned int reg = insn->reg & 7;

	loop->locks |= reg > 4;
	return reg >= 4 ? 1 : OP_NONE;
}

/* ADD to CMP: with memory only those that read it. */
static size_t of_sum(const struct insn *insn)
{
	unsigned int form = insn->opcode & 7;

	if (form == 4)
		return 1;
	if (form == 5)
		return word(insn);
	if (form > 5)
		return OP_NONE;
	return !insn->is_memory || form >= 2 || insn->opcode >= 0x38 ? 0 :
								       OP_NONE;
}

static size_t of_input(const struct insn *insn, struct loop *loop, bool by_dx)
{
	uint64_t port = insn->state->regs.rdx & 0xffff;

	if (!by_dx && !insn_bytes(insn, insn->imm, 1, &port))
		return OP_NONE;
	loop->inputs = true;
	loop->port = port;
	return by_dx ? 0 : 1;
}

/* Bytes of immediate operand, or OP_NONE: not one that is harmless here. */
static size_t immediate(const struct insn *insn, struct loop *loop)
{
	switch (insn->opcode) {
	case 0x00 ... 0x3f:
		return of_sum(insn);
	case 0x80:
	case 0x83:
		return of_group(insn, 1);
	case 0x81:
		return of_group(insn, word(insn));
	case 0xf6:
		return of_test(insn, 1);
	case 0xf7:
		return of_test(insn, word(insn));
	case 0xa8:
	case 0xb0 ... 0xb7:
		return 1;
	case 0xa9:
		return word(insn);
	case 0xb8 ... 0xbf:
		return insn->size;
	case 0x88:
	case 0x89:
		return insn->is_memory ? OP_NONE : 0;
	case 0x84 ... 0x85: /* TEST */
	case 0x8a ... 0x8b: /* MOV */
	case 0xa0 ... 0xa1:
	case 0x90:	    /* NOP, PAUSE */
	case 0xfa ... 0xfb: /* CLI, STI */
	case 0x0f1f:
	case 0x0fa3: /* BT */
	case 0x0fb6 ... 0x0fb7:
	case 0x0fbe ... 0x0fbf:
		return 0;
	case 0x86 ... 0x87:	/* XCHG */
	case 0x0fb0 ... 0x0fb1: /* CMPXCHG */
	case 0x0fab:		/* BTS */
		loop->locks = true;
		return 0;
	case 0x0fba:
		return of_bits(insn, loop);
	case 0xe4 ... 0xe5:
		return of_input(insn, loop, false);
	case 0xec ... 0xed:
		return of_input(insn, loop, true);
	default:
		return OP_NONE;
	}
}

/* A jump: where to, and how long it is. False: it is none. */
static bool get_jump(const struct insn *insn, uint64_t *target, size_t *len,
		     bool *always)
{
	unsigned int op = insn->opcode;
	size_t size = 1;
	uint64_t raw;

	*always = op == 0xeb || op == 0xe9;
	if (op == 0xe9 || (op >= 0x0f80 && op <= 0x0f8f))
		size = report_is_64bit(&insn->state->sregs) ? 4 : word(insn);
	else if (op != 0xeb && !(op >= 0x70 && op <= 0x7f) &&
		 !(op >= 0xe0 && op <= 0xe3))
		return false;
	if (!insn_bytes(insn, insn->imm, size, &raw))
		return false;
	*len = insn->imm + size;
	*target = insn->state->regs.rip + *len +
		  (size == 1 ? (int8_t)raw :
		   size == 2 ? (int16_t)raw :
			       (int32_t)raw);
	if (!report_is_64bit(&insn->state->sregs))
		*target &= insn->size == 2 ? 0xffff : 0xffffffff;
	return true;
}

/* What the instruction reads, once for the loop as a whole. */
static void note_memory(const struct insn *insn, struct loop *loop)
{
	if (!insn->is_memory || insn->opcode == 0x0f1f)
		return;
	loop->reads = true;
	loop->address = insn_linear(insn->state, insn->segment, insn->offset);
	loop->size = insn->opcode & 1 ? insn->size : 1;
}

/* Goes on to the next instruction of @state. Returns whether @end, which is of the
 * code seen, was reached by a jump back to @loop->start, or -1: it is no loop. */
static int step(struct report_state *state, uint64_t low, uint64_t high,
		struct loop *loop)
{
	uint64_t target, rip = state->regs.rip;
	struct insn insn;
	size_t len;
	bool always;

	if (!insn_decode(&insn, state) || insn.is_vex)
		return -1;
	if (get_jump(&insn, &target, &len, &always)) {
		if (target <= low && rip >= high && low - target < LOOP_BYTES) {
			loop->start = target;
			return 1;
		}
		state->regs.rip = always && target > rip ? target : rip + len;
		return always && target <= rip ? -1 : 0;
	}
	len = immediate(&insn, loop);
	if (len == OP_NONE)
		return -1;
	note_memory(&insn, loop);
	state->regs.rip = rip + insn.imm + len;
	return 0;
}

/* From @from on, through instructions of which each is harmless, up to a jump
 * back from behind @high. */
static bool follow(struct report_state *state, uint64_t from, uint64_t high,
		   struct loop *loop)
{
	int found = 0;

	*loop = (struct loop){ .start = from };
	state->regs.rip = from;
	for (unsigned int i = 0; i < LOOP_MAX && !found; i++)
		found = step(state, from, high, loop);
	return found > 0;
}

bool loop_find(const struct memory *mem, const struct sample_cpu *cpu,
	       struct loop *loop)
{
	struct report_state state = { .mem = mem,
				      .regs = cpu->regs,
				      .sregs = cpu->sregs };
	uint64_t base = report_is_64bit(&cpu->sregs) ? 0 : cpu->sregs.cs.base;
	uint64_t high = cpu->high - base;

	*loop = (struct loop){ 0 };
	if (!cpu->looks || cpu->moved || cpu->nr_halted || cpu->nr_exits ||
	    cpu->high - cpu->low > LOOP_BYTES ||
	    !follow(&state, cpu->low - base, high, loop))
		return false;
	/* Again from its very start, which may lie before what was seen. */
	if (!follow(&state, loop->start, high, loop) ||
	    (cpu->rax_moved && !loop->inputs))
		return false;
	loop->start += base;
	if (loop->reads)
		report_read(&state, loop->address, &loop->value, loop->size);
	return true;
}

/* Nobody else is at work, and no handler could be. */
static bool is_alone(const struct rule_case *c)
{
	const struct sample *s = c->quiet->sample;

	for (unsigned int i = 0; i < s->nr_cpus; i++) {
		const struct sample_cpu *cpu = &s->cpus[i];

		if (i != c->cpu && cpu->looks && !lines_cpu_waits(cpu))
			return false;
		if (i != c->cpu && !cpu->looks)
			return false;
	}
	return !s->cpus[c->cpu].nr_if;
}

static unsigned int never_started(const struct sample *s)
{
	for (unsigned int i = 0; i < s->nr_cpus; i++)
		if (s->cpus[i].mp_state == KVM_MP_STATE_UNINITIALIZED)
			return i;
	return 0;
}

/*
 * Zeroes are `add %al, (%eax)`, which hardly disturbs anything: a guest that has
 * gone astray runs through them to the end of RAM, or round and round.
 */
bool spin_in_zeroes(struct rule_case *c, struct text *text)
{
	uint8_t code[2 * ZEROES];
	uint64_t rip;

	if (c->status != STATUS_LIMIT || !c->state)
		return false;
	rip = report_code_address(c->state);
	if (!report_read(c->state, rip - ZEROES, code, sizeof(code)))
		return false;
	for (size_t i = 0; i < sizeof(code); i++)
		if (code[i])
			return false;
	text_add(text,
		 "the guest is at 0x%llx, where there are zeroes before RIP "
		 "and behind it",
		 (unsigned long long)rip);
	return true;
}

bool spin_for_good(struct rule_case *c, struct text *text)
{
	const struct loop *loop = &c->quiet->loop;

	if (!loop->found || loop->reads || loop->inputs || !is_alone(c))
		return false;
	text_add(text,
		 "the guest is in a loop at 0x%llx that does nothing, with "
		 "interrupts off (IF=0)",
		 (unsigned long long)loop->start);
	return true;
}

static void add_memory(struct text *text, const struct loop *loop)
{
	text_add(text, "the guest is in a loop at 0x%llx that %s 0x%llx",
		 (unsigned long long)loop->start,
		 loop->locks ? "tries to lock" : "waits for",
		 (unsigned long long)loop->address);
	text_add(text, ", which is 0x%llx", (unsigned long long)loop->value);
}

static bool waits_for_memory(const struct rule_case *c)
{
	const struct loop *loop = &c->quiet->loop;

	return loop->found && loop->reads && !loop->inputs && is_alone(c) &&
	       !c->quiet->has_dma;
}

bool spin_for_cpu(struct rule_case *c, struct text *text)
{
	unsigned int id = never_started(c->quiet->sample);

	if (!id || !waits_for_memory(c))
		return false;
	add_memory(text, &c->quiet->loop);
	text_add(text, ", and vCPU %u was never started", id);
	return true;
}

bool spin_for_memory(struct rule_case *c, struct text *text)
{
	if (!waits_for_memory(c))
		return false;
	add_memory(text, &c->quiet->loop);
	text_add(text, c->quiet->sample->nr_cpus > 1 ?
			       "; interrupts are off and no other vCPU runs" :
			       "; interrupts are off and there is one vCPU");
	return true;
}
