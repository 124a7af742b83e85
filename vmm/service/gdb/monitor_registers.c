/* All registers of a vCPU, from the rows that the client's come from (target.h). */
#include <string.h>

#include "service/gdb/monitor.h"
#include "service/gdb/target.h"
#include "x86/descriptor.h"
#include "x86/flags.h"
#include "x86/mode.h"

#define NAME_COLUMN 15

static const struct flag *flags_of(const struct reg *reg)
{
	switch (reg->type) {
	case REG_EFLAGS:
		return flags_rflags;
	case REG_CR0:
		return flags_cr0;
	case REG_CR4:
		return flags_cr4;
	case REG_EFER:
		return flags_efer;
	default:
		return NULL;
	}
}

/* What the CPU has loaded, in the words for a descriptor of that kind. */
static void add_segment(struct text *text, const struct kvm_sregs *sregs,
			const struct kvm_segment *s)
{
	const struct descriptor d = {
		.is_long = cpu_mode(sregs->cr0, sregs->efer) == MODE_LONG,
		.s = s->s,
		.present = s->present,
		.avl = s->avl,
		.l = s->l,
		.db = s->db,
		.g = s->g,
		.type = s->type & 0xf,
		.dpl = s->dpl,
		.base = s->base,
		.limit = s->limit,
	};

	text_add(text, "%04x  ", s->selector);
	if (s->unusable) {
		text_add(text, "base 0x%llx  none\n", s->base);
		return;
	}
	if (descriptor_is_gate(&d)) /* by a guest that means harm */
		text_add(text, "base 0x%llx limit 0x%x", s->base, s->limit);
	else
		descriptor_add(text, &d);
	text_add(text, "  %s\n", descriptor_name(&d));
}

static void add_number(struct text *text, const struct reg *reg,
		       const uint8_t *bytes)
{
	const struct flag *flags = flags_of(reg);
	uint64_t val = 0;

	memcpy(&val, bytes, reg->size);
	text_add(text, "0x%0*llx", reg->size * 2, (unsigned long long)val);
	if (flags)
		flags_add(text, flags, val);
	text_add(text, "\n");
}

static void add_reg(struct text *text, struct gdb_cpu *cpu,
		    const struct reg *reg)
{
	const struct kvm_sregs *sregs = &gdb_state(cpu)->sregs;
	const void *at = (const uint8_t *)sregs + reg->at;
	const struct kvm_dtable *table = at;
	uint8_t bytes[TARGET_REG_MAX];

	text_add(text, "%s", reg->name);
	text_pad(text, NAME_COLUMN);
	if (reg->from == FROM_SELECT)
		add_segment(text, sregs, at);
	else if (reg->from == FROM_TABLE)
		text_add(text, "base 0x%llx limit 0x%x\n", table->base,
			 table->limit);
	else if (reg_get(reg, cpu, bytes))
		add_number(text, reg, bytes);
	else
		text_add(text, "KVM does not tell\n");
}

/* What the client has better ways to show: the FPU's registers. */
static bool is_shown(const struct reg *reg)
{
	return *reg->name && reg->from != FROM_FPU &&
	       reg->from != FROM_FPU_TAG &&
	       reg->from != FROM_HIDDEN; /* its selector's line has that, too */
}

void monitor_registers(struct gdb_cpu *cpu, const char *rest,
		       struct text *answer)
{
	const struct target *target = target_choose(cpu);
	const struct reg *reg;

	(void)rest;
	for (unsigned int i = 0; (reg = target_reg(target, i)); i++)
		if (is_shown(reg))
			add_reg(answer, cpu, reg);
}
