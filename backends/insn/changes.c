/* Registers that are others than before, by the names that they have in the mode. */
#include <inttypes.h>

#include "backends/insn/insn.h"

static const char *const names64[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp",
				       "rsi", "rdi", "r8",  "r9",  "r10", "r11",
				       "r12", "r13", "r14", "r15" };

/* Those of the system; of a segment the selector. */
static const struct {
	unsigned int index;
	const char *name;
} systems[] = {
	{ INSN_CR0, "cr0" },	  { INSN_CR2, "cr2" },
	{ INSN_CR3, "cr3" },	  { INSN_CR4, "cr4" },
	{ INSN_CR8, "cr8" },	  { INSN_EFER, "efer" },
	{ INSN_GDT_BASE, "gdt" }, { INSN_GDT_LIMIT, "gdt-limit" },
	{ INSN_IDT_BASE, "idt" }, { INSN_IDT_LIMIT, "idt-limit" },
	{ INSN_ES, "es" },	  { INSN_ES + INSN_BASE, "es-base" },
	{ INSN_CS, "cs" },	  { INSN_CS + INSN_BASE, "cs-base" },
	{ INSN_SS, "ss" },	  { INSN_SS + INSN_BASE, "ss-base" },
	{ INSN_DS, "ds" },	  { INSN_DS + INSN_BASE, "ds-base" },
	{ INSN_FS, "fs" },	  { INSN_FS + INSN_BASE, "fs-base" },
	{ INSN_GS, "gs" },	  { INSN_GS + INSN_BASE, "gs-base" },
	{ INSN_TR, "tr" },	  { INSN_TR + INSN_BASE, "tr-base" },
	{ INSN_LDT, "ldt" },	  { INSN_LDT + INSN_BASE, "ldt-base" },
};

/* SDM 1, "EFLAGS Register". */
static const struct {
	unsigned int bit;
	const char *name;
} flags[] = {
	{ 0, "CF" },  { 2, "PF" },   { 4, "AF" },   { 6, "ZF" },
	{ 7, "SF" },  { 8, "TF" },   { 9, "IF" },   { 10, "DF" },
	{ 11, "OF" }, { 14, "NT" },  { 16, "RF" },  { 17, "VM" },
	{ 18, "AC" }, { 19, "VIF" }, { 20, "VIP" }, { 21, "ID" },
};

#define IOPL(flags) ((flags) >> 12 & 3)

static void add_flag(const char *name, bool set)
{
	out_text(" ");
	out_text(name);
	out_text(set ? "=1" : "=0");
}

static void add_flags(uint64_t before, uint64_t now)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if ((before ^ now) >> flags[i].bit & 1)
			add_flag(flags[i].name, now >> flags[i].bit & 1);
	if (IOPL(before) != IOPL(now))
		out_add(" IOPL=%u", (unsigned int)IOPL(now));
}

/* As wide as the code's registers, or the change, are. */
static void add_register(unsigned int id, uint64_t before, uint64_t now,
			 unsigned int bits)
{
	unsigned int digits = 4;

	if (bits == 64 || (before ^ now) >> 32)
		digits = 16;
	else if (bits == 32 || (before ^ now) >> 16)
		digits = 8;
	out_text(digits == 8 ? " e" : " ");
	out_text(names64[id] + (digits < 16));
	out_text("=");
	out_hex(now, digits);
}

bool add_changes(const struct state *before, const struct state *now)
{
	const size_t len = out.len;

	for (unsigned int i = INSN_RAX; i < INSN_REGS; i++)
		if (before->regs[i] != now->regs[i])
			add_register(i - INSN_RAX, before->regs[i],
				     now->regs[i], code_bits(now));
	for (size_t i = 0; i < sizeof(systems) / sizeof(*systems); i++)
		if (before->systems[systems[i].index] !=
		    now->systems[systems[i].index])
			out_add(" %s=%" PRIx64, systems[i].name,
				now->systems[systems[i].index]);
	add_flags(before->regs[INSN_FLAGS], now->regs[INSN_FLAGS]);
	return out.len > len;
}
