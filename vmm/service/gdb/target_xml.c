/*
 * The description of the registers that a client gets (gdb manual, "Target
 * Description Format"). Types are defined in the feature that uses them. It says
 * that there is no system's ABI, as gdb would take its own host's for a bare
 * machine, and warn that i8086 has none such.
 */
#include <string.h>

#include "service/gdb/target.h"
#include "x86/flags.h"

static const char type_names[][12] = {
	[REG_INT32] = "int32",	     [REG_INT64] = "int64",
	[REG_UINT64] = "uint64",     [REG_DATA] = "data_ptr",
	[REG_CODE] = "code_ptr",     [REG_EFLAGS] = "i386_eflags",
	[REG_EXTENDED] = "i387_ext", [REG_FLOAT_INT] = "int",
	[REG_VECTOR] = "vec128",     [REG_MXCSR] = "i386_mxcsr",
	[REG_CR0] = "cr0",	     [REG_CR4] = "cr4",
	[REG_EFER] = "efer",	     [REG_SEGMENT] = "segment",
	[REG_TABLE] = "table",
};

static const struct flag mxcsr_flags[] = {
	{ 0, "IE" },  { 1, "DE" },  { 2, "ZE" },  { 3, "OE" },	{ 4, "UE" },
	{ 5, "PE" },  { 6, "DAZ" }, { 7, "IM" },  { 8, "DM" },	{ 9, "ZM" },
	{ 10, "OM" }, { 11, "UM" }, { 12, "PM" }, { 15, "FZ" }, { 0 },
};

static const char vector_types[] =
	"<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
	"<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
	"<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
	"<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
	"<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
	"<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>"
	"<union id=\"vec128\">"
	"<field name=\"v4_float\" type=\"v4f\"/>"
	"<field name=\"v2_double\" type=\"v2d\"/>"
	"<field name=\"v16_int8\" type=\"v16i8\"/>"
	"<field name=\"v8_int16\" type=\"v8i16\"/>"
	"<field name=\"v4_int32\" type=\"v4i32\"/>"
	"<field name=\"v2_int64\" type=\"v2i64\"/>"
	"<field name=\"uint128\" type=\"uint128\"/>"
	"</union>\n";

/* As in struct hidden of target_value.c. */
static const char segment_types[] =
	"<flags id=\"attr\" size=\"4\">"
	"<field name=\"type\" start=\"0\" end=\"3\"/>"
	"<field name=\"S\" start=\"4\" end=\"4\"/>"
	"<field name=\"DPL\" start=\"5\" end=\"6\"/>"
	"<field name=\"P\" start=\"7\" end=\"7\"/>"
	"<field name=\"AVL\" start=\"12\" end=\"12\"/>"
	"<field name=\"L\" start=\"13\" end=\"13\"/>"
	"<field name=\"DB\" start=\"14\" end=\"14\"/>"
	"<field name=\"G\" start=\"15\" end=\"15\"/>"
	"<field name=\"unusable\" start=\"16\" end=\"16\"/>"
	"</flags>\n"
	"<struct id=\"segment\">"
	"<field name=\"base\" type=\"uint64\"/>"
	"<field name=\"limit\" type=\"uint32\"/>"
	"<field name=\"attr\" type=\"attr\"/>"
	"</struct>\n"
	"<struct id=\"table\">"
	"<field name=\"base\" type=\"uint64\"/>"
	"<field name=\"limit\" type=\"uint64\"/>"
	"</struct>\n";

/* Bit 1 of RFLAGS has no name, and gdb wants to hear of it. */
static void add_flags(struct text *text, enum reg_type type,
		      const struct flag *flags)
{
	text_add(text, "<flags id=\"%s\" size=\"4\">", type_names[type]);
	for (; *flags->name; flags++) {
		text_add(text, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>",
			 flags->name, flags->bit, flags->bit);
		if (type == REG_EFLAGS && flags->bit == 0)
			text_add(text, "<field name=\"\" start=\"1\" "
				       "end=\"1\"/>");
	}
	text_add(text, "</flags>\n");
}

/* Defines @type if it is none of gdb's own. */
static void add_type(struct text *text, enum reg_type type)
{
	switch (type) {
	case REG_EFLAGS:
		add_flags(text, type, flags_rflags);
		break;
	case REG_MXCSR:
		add_flags(text, type, mxcsr_flags);
		break;
	case REG_CR0:
		add_flags(text, type, flags_cr0);
		break;
	case REG_CR4:
		add_flags(text, type, flags_cr4);
		break;
	case REG_EFER:
		add_flags(text, type, flags_efer);
		break;
	case REG_VECTOR:
		text_add(text, "%s", vector_types);
		break;
	case REG_SEGMENT: /* REG_TABLE is never without */
		text_add(text, "%s", segment_types);
		break;
	default:
		break;
	}
}

static void add_types(struct text *text, const struct reg_group *group)
{
	uint32_t done = 0;

	for (unsigned int i = 0; i < group->nr; i++) {
		if (!(done >> group->regs[i].type & 1))
			add_type(text, group->regs[i].type);
		done |= 1u << group->regs[i].type;
	}
}

static void add_reg(struct text *text, const struct reg *reg,
		    unsigned int number)
{
	text_add(text, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"", reg->name,
		 reg->size * 8, type_names[reg->type]);
	if (reg->type == REG_FLOAT_INT)
		text_add(text, " group=\"float\"");
	text_add(text, " regnum=\"%u\"/>\n", number);
}

/* Registers of a group have the numbers from @number on. */
static void add_group(struct text *text, const struct reg_group *group,
		      unsigned int number)
{
	add_types(text, group);
	for (unsigned int i = 0; i < group->nr; i++)
		if (*group->regs[i].name)
			add_reg(text, &group->regs[i], number + i);
}

bool target_describe(const struct target *target, const char *annex,
		     struct text *text)
{
	unsigned int number = 0;

	if (strcmp(annex, "target.xml"))
		return false;
	text_add(text,
		 "<?xml version=\"1.0\"?>\n"
		 "<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
		 "<target version=\"1.0\">\n"
		 "<architecture>%s</architecture>\n"
		 "<osabi>none</osabi>\n",
		 target->architecture);
	for (unsigned int i = 0; i < target->nr_groups; i++) {
		const struct reg_group *group = &target->groups[i];

		if (group->feature)
			text_add(text, "%s<feature name=\"%s\">\n",
				 i ? "</feature>\n" : "", group->feature);
		add_group(text, group, number);
		number += group->nr;
	}
	text_add(text, "</feature>\n</target>\n");
	return true;
}
