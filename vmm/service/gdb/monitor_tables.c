/*
 * Descriptor tables as the guest has them in memory. A guest may have set limits that
 * go far beyond what it has filled in, or that lie where no memory is: what repeats
 * itself is one line.
 */
#include <string.h>

#include "core/symbols.h"
#include "core/vm.h"
#include "service/gdb/monitor.h"
#include "x86/bits.h"
#include "x86/descriptor.h"
#include "x86/words.h"

#define SELECTOR_RPL 3u
#define RESET_LIMIT  0xffff
#define SELECTOR_LDT 4u
#define SELECTOR_LOW 7 /* RPL, and which table */

/* A table that is being looked at. */
struct table_view {
	struct gdb_cpu *cpu;
	const char *name;
	uint64_t base;
	uint32_t from, size; /* bytes: what is shown of it ends there */
	enum cpu_mode mode;
	bool is_idt;
	uint16_t ti; /* SELECTOR_LDT in what names an entry of it, or 0 */
};

/* What an entry is worth, of which runs are told in one line. */
enum content {
	CONTENT_NONE, /* there is no memory */
	CONTENT_EMPTY,
	CONTENT_ENTRY,
};

static enum cpu_mode mode_of(struct gdb_cpu *cpu)
{
	const struct kvm_sregs *sregs = &gdb_state(cpu)->sregs;

	return cpu_mode(sregs->cr0, sregs->efer);
}

/* Reads the entry at byte @at, with zeroes behind it; @size becomes its bytes, which
 * may reach beyond the table. */
static enum content read_entry(const struct table_view *view, uint32_t at,
			       uint8_t raw[DESCRIPTOR_LONG_SIZE],
			       unsigned int *size)
{
	static const uint8_t zeroes[DESCRIPTOR_LONG_SIZE];
	bool is_long = view->mode == MODE_LONG;
	uint64_t addr = view->base + at;

	memset(raw, 0, DESCRIPTOR_LONG_SIZE);
	*size = view->is_idt ? descriptor_gate_size(view->mode) :
			       DESCRIPTOR_SIZE;
	if (memory_read_linear(view->cpu, addr, raw, *size) < *size)
		return CONTENT_NONE;
	if (!view->is_idt && descriptor_size(raw, is_long) > *size) {
		*size = DESCRIPTOR_LONG_SIZE;
		if (memory_read_linear(view->cpu, addr, raw, *size) < *size)
			return CONTENT_NONE;
	}
	return memcmp(raw, zeroes, sizeof(zeroes)) ? CONTENT_ENTRY :
						     CONTENT_EMPTY;
}

/* Which of the segment registers have been loaded with @selector. */
static void add_users(struct text *text, struct gdb_cpu *cpu, uint16_t selector)
{
	const struct kvm_sregs *s = &gdb_state(cpu)->sregs;
	const struct {
		const char *name;
		uint16_t selector;
	} users[] = {
		{ "cs", s->cs.selector }, { "ss", s->ss.selector },
		{ "ds", s->ds.selector }, { "es", s->es.selector },
		{ "fs", s->fs.selector }, { "gs", s->gs.selector },
		{ "tr", s->tr.selector }, { "ldtr", s->ldt.selector },
	};
	const char *before = "  in ";

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if ((users[i].selector & ~SELECTOR_RPL) != selector ||
		    !selector)
			continue;
		text_add(text, "%s%s", before, users[i].name);
		before = " ";
	}
}

/* The base of the code segment @selector, as the GDT has it. */
static uint64_t code_base(struct gdb_cpu *cpu, uint16_t selector)
{
	const struct kvm_dtable *gdt = &gdb_state(cpu)->sregs.gdt;
	uint8_t raw[DESCRIPTOR_LONG_SIZE] = { 0 };
	uint32_t at = selector & ~7u;
	struct descriptor d;

	if (selector & SELECTOR_LDT || at + DESCRIPTOR_SIZE - 1 > gdt->limit ||
	    memory_read_linear(cpu, gdt->base + at, raw, DESCRIPTOR_SIZE) <
		    DESCRIPTOR_SIZE)
		return 0;
	descriptor_decode(&d, raw, false);
	return d.s ? d.base : 0;
}

/* The linear address that gate @d leads to. */
static uint64_t target_of(const struct table_view *view,
			  const struct descriptor *d)
{
	switch (view->mode) {
	case MODE_REAL:
		return ((uint32_t)d->selector << 4) + d->offset;
	case MODE_LONG:
		return d->offset;
	default:
		return (uint32_t)(code_base(view->cpu, d->selector) +
				  d->offset);
	}
}

static void add_entry(struct text *text, const struct table_view *view,
		      uint32_t at, const uint8_t *raw, unsigned int size)
{
	uint32_t number = view->is_idt ? at / size : at | view->ti;
	struct descriptor d;

	if (view->is_idt)
		descriptor_decode_gate(&d, raw, view->mode);
	else
		descriptor_decode(&d, raw, view->mode == MODE_LONG);
	text_add(text, view->is_idt ? "%02x  " : "%04x  ", number);
	if (view->mode == MODE_REAL && view->is_idt)
		text_add(text, "%04x:%04x", d.selector, (unsigned int)d.offset);
	else
		text_add(text, "%s%s  ",
			 view->is_idt && !descriptor_is_gate(&d) ? "no gate: " :
								   "",
			 descriptor_name(&d));
	if (view->mode != MODE_REAL || !view->is_idt)
		descriptor_add(text, &d);
	if (descriptor_is_gate(&d) && d.type != SYSTEM_TASK_GATE)
		vm_add_symbol(text, gdb_vm(gdb_of(view->cpu)),
			      target_of(view, &d));
	if (view->is_idt && number < 32) {
		text_add(text, "  ");
		vector_add(text, number);
	} else if (!view->is_idt) {
		add_users(text, view->cpu, number);
	}
	if (at + size > view->size)
		text_add(text, "  cut off by the limit");
	text_add(text, "\n");
}

/* Entries from @from up to before @end are all like @content. */
static void add_run(struct text *text, const struct table_view *view,
		    uint32_t from, uint32_t end, enum content content)
{
	unsigned int size = view->is_idt ? descriptor_gate_size(view->mode) :
					   DESCRIPTOR_SIZE;
	unsigned int unit = view->is_idt ? size : 1;
	uint32_t first = from / unit | view->ti;
	uint32_t last = (end - size) / unit | view->ti;

	text_add(text, view->is_idt ? "%02x" : "%04x", first);
	if (last > first)
		text_add(text, view->is_idt ? "-%02x" : "-%04x", last);
	text_add(text, "  %s\n",
		 content == CONTENT_EMPTY ? "empty" : "no memory there");
}

/* A line for each entry of @view that is wholly or, of a larger one, half inside. */
static void add_entries(struct text *text, struct table_view *view)
{
	uint8_t raw[DESCRIPTOR_LONG_SIZE];
	uint32_t at = view->from, run = at;
	enum content was = CONTENT_ENTRY;
	unsigned int size, step = view->is_idt ?
					  descriptor_gate_size(view->mode) :
					  DESCRIPTOR_SIZE;

	for (; at + step <= view->size; at += size) {
		enum content now = read_entry(view, at, raw, &size);

		if (now == CONTENT_NONE)
			size = step;
		if (was != CONTENT_ENTRY && now != was)
			add_run(text, view, run, at, was);
		if (now != was)
			run = at;
		was = now;
		if (now != CONTENT_ENTRY)
			continue;
		if (monitor_is_full(text)) {
			text_add(text,
				 "and so on: more with `monitor info %s "
				 "0x%x`\n",
				 view->name, view->is_idt ? at / step : at);
			return;
		}
		add_entry(text, view, at, raw, size);
	}
	if (was != CONTENT_ENTRY)
		add_run(text, view, run, at, was);
}

/* Shows @view, from the entry that @rest says, if it does. */
static void show(struct table_view *view, const char *rest, struct text *answer)
{
	unsigned int unit = view->is_idt ? descriptor_gate_size(view->mode) : 1;
	uint64_t from = 0;

	if (*rest && (!monitor_number(&rest, &from) || *rest)) {
		text_add(answer, "%s: not a number\n", rest);
		return;
	}
	text_add(answer, "%s  base 0x%llx limit 0x%x\n", view->name,
		 (unsigned long long)view->base, view->size - 1);
	if (view->is_idt && view->mode != MODE_REAL && !view->base &&
	    view->size == RESET_LIMIT + 1)
		text_add(answer, "as it is after reset: nobody has loaded "
				 "one\n");
	if (view->is_idt && view->size > NR_VECTORS * unit)
		view->size = NR_VECTORS * unit;
	if (from >= view->size)
		from = view->size;
	view->from = from * unit & ~(DESCRIPTOR_SIZE / 2 - 1);
	if (!view->is_idt)
		view->from &= ~(DESCRIPTOR_SIZE - 1);
	add_entries(answer, view);
}

void monitor_gdt(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	const struct kvm_dtable *gdt = &gdb_state(cpu)->sregs.gdt;
	struct table_view view = { .cpu = cpu,
				   .name = "gdt",
				   .base = gdt->base,
				   .size = gdt->limit + 1u,
				   .mode = mode_of(cpu) };

	show(&view, rest, answer);
}

void monitor_ldt(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	const struct kvm_segment *ldt = &gdb_state(cpu)->sregs.ldt;
	struct table_view view = { .cpu = cpu,
				   .name = "ldt",
				   .ti = SELECTOR_LDT,
				   .base = ldt->base,
				   .size = (ldt->limit & UINT16_MAX) + 1,
				   .mode = mode_of(cpu) };

	if (ldt->unusable || !ldt->present || !(ldt->selector & ~SELECTOR_LOW))
		text_add(answer, "there is none: LDTR is %04x\n",
			 ldt->selector);
	else
		show(&view, rest, answer);
}

void monitor_idt(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	const struct kvm_dtable *idt = &gdb_state(cpu)->sregs.idt;
	struct table_view view = { .cpu = cpu,
				   .name = "idt",
				   .base = idt->base,
				   .size = idt->limit + 1u,
				   .mode = mode_of(cpu),
				   .is_idt = true };

	show(&view, rest, answer);
}
