/* The values of registers, from where they are and back. */
#include <string.h>

#include "core/vcpu.h"
#include "service/gdb/target.h"
#include "x86/bits.h"
#include "x86/mode.h"

/* Access rights of a segment, as VMX has them (SDM 3C, "Guest Register State"). */
#define ATTR_S_SHIFT	   4
#define ATTR_DPL_SHIFT	   5
#define ATTR_PRESENT_SHIFT 7
#define ATTR_AVL_SHIFT	   12
#define ATTR_L_SHIFT	   13
#define ATTR_DB_SHIFT	   14
#define ATTR_G_SHIFT	   15
#define ATTR_NONE_SHIFT	   16 /* unusable */

/* REG_SEGMENT and REG_TABLE on their way. */
struct hidden {
	uint64_t base;
	uint32_t limit;
	uint32_t attr;
};

struct table {
	uint64_t base;
	uint64_t limit;
};

/* --- the x87 tags: two bits a register, of which FXSAVE keeps "empty" --- */

#define FSW_TOP_SHIFT 11
#define NR_ST	      8

enum {
	TAG_VALID,
	TAG_ZERO,
	TAG_SPECIAL,
	TAG_EMPTY,
};

#define EXPONENT    0x7fff
#define INTEGER_BIT (1ULL << 63)

static unsigned int tag_of(const uint8_t *st)
{
	uint64_t mantissa;
	uint16_t exponent;

	memcpy(&mantissa, st, sizeof(mantissa));
	memcpy(&exponent, st + sizeof(mantissa), sizeof(exponent));
	exponent &= EXPONENT;
	if (!exponent)
		return mantissa ? TAG_SPECIAL : TAG_ZERO;
	return exponent == EXPONENT || !(mantissa & INTEGER_BIT) ? TAG_SPECIAL :
								   TAG_VALID;
}

/* By number of the register, not by place on the stack. */
static uint32_t get_tags(const uint8_t *fx)
{
	unsigned int top = fx[FX_FSW + 1] >> (FSW_TOP_SHIFT - 8) & (NR_ST - 1);
	uint32_t tags = 0;

	for (unsigned int i = 0; i < NR_ST; i++) {
		unsigned int place = (i - top) % NR_ST;
		unsigned int tag =
			fx[FX_TAG] >> i & 1 ?
				tag_of(fx + FX_ST + place * FX_SLOT) :
				TAG_EMPTY;

		tags |= tag << 2 * i;
	}
	return tags;
}

static void set_tags(uint8_t *fx, uint32_t tags)
{
	fx[FX_TAG] = 0;
	for (unsigned int i = 0; i < NR_ST; i++)
		if ((tags >> 2 * i & 3) != TAG_EMPTY)
			fx[FX_TAG] |= 1 << i;
}

static bool get_fpu(const struct reg *reg, struct gdb_cpu *cpu, uint8_t *bytes)
{
	struct kvm_xsave area;
	const uint8_t *fx = (const uint8_t *)area.region;
	uint32_t tags;

	if (!far_get_fpu(cpu, &area))
		return false;
	if (reg->from == FROM_FPU) {
		memcpy(bytes, fx + reg->at, reg->width);
		return true;
	}
	tags = get_tags(fx);
	memcpy(bytes, &tags, sizeof(tags));
	return true;
}

/* The header behind the legacy area says which parts are not as after reset (SDM 1,
 * "XSAVE Header"). */
#define XSTATE_BV_AT 512
#define XSTATE_X87   1
#define XSTATE_SSE   2

static bool set_fpu(struct gdb_cpu *cpu, const struct reg *reg,
		    const uint8_t *bytes)
{
	struct kvm_xsave area;
	uint8_t *fx = (uint8_t *)area.region;
	uint32_t tags;

	if (!far_get_fpu(cpu, &area))
		return false;
	if (reg->from == FROM_FPU) {
		memcpy(fx + reg->at, bytes, reg->width);
	} else {
		memcpy(&tags, bytes, sizeof(tags));
		set_tags(fx, tags);
	}
	fx[XSTATE_BV_AT] |= XSTATE_X87 | XSTATE_SSE;
	return far_set_fpu(cpu, &area);
}

/* --- segments --- */

static struct hidden hidden_of(const struct kvm_segment *s)
{
	return (struct hidden){
		.base = s->base,
		.limit = s->limit,
		.attr = (s->type & 0xf) | (uint32_t)s->s << ATTR_S_SHIFT |
			(uint32_t)s->dpl << ATTR_DPL_SHIFT |
			(uint32_t)s->present << ATTR_PRESENT_SHIFT |
			(uint32_t)s->avl << ATTR_AVL_SHIFT |
			(uint32_t)s->l << ATTR_L_SHIFT |
			(uint32_t)s->db << ATTR_DB_SHIFT |
			(uint32_t)s->g << ATTR_G_SHIFT |
			(uint32_t)s->unusable << ATTR_NONE_SHIFT,
	};
}

static void set_hidden(struct kvm_segment *s, const struct hidden *hidden)
{
	uint32_t attr = hidden->attr;

	s->base = hidden->base;
	s->limit = hidden->limit;
	s->type = attr & 0xf;
	s->s = attr >> ATTR_S_SHIFT & 1;
	s->dpl = attr >> ATTR_DPL_SHIFT & 3;
	s->present = attr >> ATTR_PRESENT_SHIFT & 1;
	s->avl = attr >> ATTR_AVL_SHIFT & 1;
	s->l = attr >> ATTR_L_SHIFT & 1;
	s->db = attr >> ATTR_DB_SHIFT & 1;
	s->g = attr >> ATTR_G_SHIFT & 1;
	s->unusable = attr >> ATTR_NONE_SHIFT & 1;
}

/* With protection on a selector alone changes nothing until the guest loads it;
 * without, and in virtual 8086 mode, the base goes with it. */
static void set_selector(struct reg_edit *edit, struct kvm_segment *s,
			 uint16_t selector)
{
	bool real = !(edit->state.sregs.cr0 & CR0_PE) ||
		    edit->state.regs.rflags & RFLAGS_VM;
	bool loads = s != &edit->state.sregs.tr && s != &edit->state.sregs.ldt;

	if (real && loads && selector != s->selector)
		s->base = (uint32_t)selector << 4;
	s->selector = selector;
}

/* --- one register --- */

static size_t common(const struct reg *reg)
{
	return reg->size < reg->width ? reg->size : reg->width;
}

static void get_segment_part(const struct reg *reg, const void *sreg,
			     uint8_t *bytes)
{
	const struct kvm_segment *segment = sreg;
	const struct kvm_dtable *dtable = sreg;
	struct hidden hidden;
	struct table table;

	switch (reg->from) {
	case FROM_SELECT:
		memcpy(bytes, &segment->selector, sizeof(segment->selector));
		break;
	case FROM_HIDDEN:
		hidden = hidden_of(segment);
		memcpy(bytes, &hidden, sizeof(hidden));
		break;
	case FROM_TABLE:
		table = (struct table){ dtable->base, dtable->limit };
		memcpy(bytes, &table, sizeof(table));
		break;
	default:
		memcpy(bytes, sreg, common(reg));
		break;
	}
}

bool reg_get(const struct reg *reg, struct gdb_cpu *cpu, uint8_t *bytes)
{
	const struct gdb_state *state = gdb_state(cpu);
	uint64_t val;

	memset(bytes, 0, reg->size);
	switch (reg->from) {
	case FROM_REGS:
		memcpy(bytes, (const uint8_t *)&state->regs + reg->at,
		       common(reg));
		return true;
	case FROM_PC:
		val = target_pc(&state->regs, &state->sregs);
		memcpy(bytes, &val, reg->size);
		return true;
	case FROM_MSR:
		if (!far_get_msr(cpu, target_msrs[reg->at], &val))
			return false;
		memcpy(bytes, &val, sizeof(val));
		return true;
	case FROM_FPU:
	case FROM_FPU_TAG:
		return get_fpu(reg, cpu, bytes);
	case FROM_NOWHERE:
		return true;
	default:
		get_segment_part(reg, (const uint8_t *)&state->sregs + reg->at,
				 bytes);
		return true;
	}
}

void reg_edit_start(struct reg_edit *edit, struct gdb_cpu *cpu)
{
	*edit = (struct reg_edit){ .cpu = cpu, .state = *gdb_state(cpu) };
	edit->pc = target_pc(&edit->state.regs, &edit->state.sregs);
}

static void set_segment_part(struct reg_edit *edit, const struct reg *reg,
			     void *sreg, const uint8_t *bytes)
{
	struct kvm_dtable *dtable = sreg;
	struct hidden hidden;
	struct table table;
	uint16_t selector;

	switch (reg->from) {
	case FROM_SELECT:
		memcpy(&selector, bytes, sizeof(selector));
		set_selector(edit, sreg, selector);
		break;
	case FROM_HIDDEN:
		memcpy(&hidden, bytes, sizeof(hidden));
		set_hidden(sreg, &hidden);
		break;
	case FROM_TABLE:
		memcpy(&table, bytes, sizeof(table));
		dtable->base = table.base;
		dtable->limit = table.limit;
		break;
	default:
		memcpy(sreg, bytes, common(reg));
		break;
	}
}

bool reg_edit_set(struct reg_edit *edit, const struct reg *reg,
		  const uint8_t *bytes)
{
	uint64_t val;

	switch (reg->from) {
	case FROM_REGS:
		memcpy((uint8_t *)&edit->state.regs + reg->at, bytes,
		       common(reg));
		return true;
	case FROM_PC:
		memcpy(&edit->pc, bytes, reg->size);
		return true;
	case FROM_MSR:
		memcpy(&val, bytes, sizeof(val));
		return far_set_msr(edit->cpu, target_msrs[reg->at], val);
	case FROM_FPU:
	case FROM_FPU_TAG:
		return set_fpu(edit->cpu, reg, bytes);
	case FROM_NOWHERE:
		return true;
	default:
		set_segment_part(edit, reg,
				 (uint8_t *)&edit->state.sregs + reg->at,
				 bytes);
		return true;
	}
}

static uint64_t offset_of_pc(const struct kvm_sregs *sregs, uint64_t pc)
{
	if (cpu_mode(sregs->cr0, sregs->efer) == MODE_LONG && sregs->cs.l)
		return pc;
	return (uint32_t)(pc - sregs->cs.base);
}

/*
 * The client believes in the address that it has, also when the base below it
 * changes: then RIP does. What is as it was is not set: KVM refuses some states
 * that it gave itself.
 */
bool reg_edit_end(struct reg_edit *edit)
{
	const struct gdb_state *old = gdb_state(edit->cpu);
	struct gdb_state *state = &edit->state;
	unsigned int parts = 0;

	if (target_pc(&state->regs, &state->sregs) != edit->pc)
		state->regs.rip = offset_of_pc(&state->sregs, edit->pc);
	if (memcmp(&state->regs, &old->regs, sizeof(old->regs)))
		parts |= GDB_REGS;
	if (memcmp(&state->sregs, &old->sregs, sizeof(old->sregs)))
		parts |= GDB_SREGS;
	return !parts || gdb_put(edit->cpu, state, parts);
}
