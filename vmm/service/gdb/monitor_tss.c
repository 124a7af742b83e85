/*
 * The task state segment that TR names (SDM 3A, "Task-State Segment", "64-Bit
 * Task State Segment"): rows for each of its three kinds.
 */
#include <string.h>

#include "core/symbols.h"
#include "core/vm.h"
#include "service/gdb/monitor.h"
#include "x86/descriptor.h"
#include "x86/mode.h"

/* One field, or two that belong together: SS and ESP. */
struct field {
	char name[12];
	uint8_t at, size;	   /* bytes */
	uint8_t second, second_at; /* bytes, 0: there is none */
};

static const struct field fields_16[] = {
	{ "link", 0x00, 2, 0, 0 },	 { "ss0:sp0", 0x04, 2, 2, 0x02 },
	{ "ss1:sp1", 0x08, 2, 2, 0x06 }, { "ss2:sp2", 0x0c, 2, 2, 0x0a },
	{ "ss:sp", 0x26, 2, 2, 0x1a },	 { "cs:ip", 0x24, 2, 2, 0x0e },
	{ "flags", 0x10, 2, 0, 0 },	 { "ldt", 0x2a, 2, 0, 0 },
};

static const struct field fields_32[] = {
	{ "link", 0x00, 2, 0, 0 },	  { "ss0:esp0", 0x08, 2, 4, 0x04 },
	{ "ss1:esp1", 0x10, 2, 4, 0x0c }, { "ss2:esp2", 0x18, 2, 4, 0x14 },
	{ "cr3", 0x1c, 4, 0, 0 },	  { "ss:esp", 0x50, 2, 4, 0x38 },
	{ "cs:eip", 0x4c, 2, 4, 0x20 },	  { "eflags", 0x24, 4, 0, 0 },
	{ "ldt", 0x60, 2, 0, 0 },	  { "i/o bitmap", 0x66, 2, 0, 0 },
};

static const struct field fields_64[] = {
	{ "rsp0", 0x04, 8, 0, 0 },	 { "rsp1", 0x0c, 8, 0, 0 },
	{ "rsp2", 0x14, 8, 0, 0 },	 { "ist1", 0x24, 8, 0, 0 },
	{ "ist2", 0x2c, 8, 0, 0 },	 { "ist3", 0x34, 8, 0, 0 },
	{ "ist4", 0x3c, 8, 0, 0 },	 { "ist5", 0x44, 8, 0, 0 },
	{ "ist6", 0x4c, 8, 0, 0 },	 { "ist7", 0x54, 8, 0, 0 },
	{ "i/o bitmap", 0x66, 2, 0, 0 },
};

#define BITMAP_AT   0x66
#define NAME_COLUMN 12

#define SELECTOR_LOW 7 /* RPL, and which table */

struct kind {
	const char *name;
	const struct field *fields;
	unsigned int nr_fields;
	unsigned int size; /* bytes, the least */
};

#define KIND(name, fields, size)                                         \
	{                                                                \
		name, fields, sizeof(fields) / sizeof((fields)[0]), size \
	}

static const struct kind tss_16 = KIND("16-bit", fields_16, 0x2c);
static const struct kind tss_32 = KIND("32-bit", fields_32, 0x68);
static const struct kind tss_64 = KIND("64-bit", fields_64, 0x68);

static const struct kind *kind_of(const struct kvm_sregs *sregs)
{
	if (cpu_mode(sregs->cr0, sregs->efer) == MODE_LONG)
		return &tss_64;
	return sregs->tr.type == SYSTEM_TSS_16 ||
			       sregs->tr.type == SYSTEM_TSS_16_BUSY ?
		       &tss_16 :
		       &tss_32;
}

/* False: it is beyond the limit, or in no memory. */
static bool read_field(struct gdb_cpu *cpu, unsigned int at, unsigned int size,
		       uint64_t *val)
{
	const struct kvm_segment *tr = &gdb_state(cpu)->sregs.tr;

	*val = 0;
	return at + size - 1 <= tr->limit &&
	       memory_read_linear(cpu, tr->base + at, val, size) == size;
}

static void add_field(struct text *text, struct gdb_cpu *cpu,
		      const struct field *field)
{
	uint64_t val, second = 0;
	bool there = read_field(cpu, field->at, field->size, &val);

	if (there && field->second)
		there = read_field(cpu, field->second_at, field->second,
				   &second);
	text_add(text, "%s", field->name);
	text_pad(text, NAME_COLUMN);
	if (!there)
		text_add(text, "no memory there, or beyond the limit");
	else if (field->second)
		text_add(text, "%04x:%0*llx", (unsigned int)val,
			 field->second * 2, (unsigned long long)second);
	else
		text_add(text, "%0*llx", field->size * 2,
			 (unsigned long long)val);
	text_add(text, "\n");
}

/* The bitmap is the part of the segment behind the place that stands in it. */
static void add_bitmap(struct text *text, struct gdb_cpu *cpu)
{
	uint32_t limit = gdb_state(cpu)->sregs.tr.limit;
	uint64_t at;

	if (!read_field(cpu, BITMAP_AT, 2, &at))
		return;
	if (at >= limit)
		text_add(text, "no I/O bitmap: ports are for IOPL and above\n");
	else
		text_add(text, "I/O bitmap at 0x%llx for ports below 0x%llx\n",
			 (unsigned long long)at,
			 (unsigned long long)(limit - at) * 8);
}

void monitor_tss(struct gdb_cpu *cpu, const char *rest, struct text *answer)
{
	const struct kvm_sregs *sregs = &gdb_state(cpu)->sregs;
	const struct kind *kind = kind_of(sregs);

	(void)rest;
	if (!(sregs->tr.selector & ~SELECTOR_LOW)) {
		text_add(answer, "nobody has loaded one: TR is %04x\n",
			 sregs->tr.selector);
		return;
	}
	text_add(answer, "%s TSS  tr %04x base 0x%llx limit 0x%x\n", kind->name,
		 sregs->tr.selector, sregs->tr.base, sregs->tr.limit);
	if (sregs->tr.limit + 1ull < kind->size)
		text_add(answer,
			 "its limit is below 0x%x, the least of its "
			 "kind\n",
			 kind->size - 1);
	for (unsigned int i = 0; i < kind->nr_fields; i++)
		add_field(answer, cpu, &kind->fields[i]);
	if (kind != &tss_16)
		add_bitmap(answer, cpu);
}
