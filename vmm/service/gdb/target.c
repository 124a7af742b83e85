/*
 * The registers of a guest's CPU, in the order in which the client numbers them, and
 * what is asked of them. Two sets, 32 and 64 bits, and three descriptions. A client keeps the one it
 * was told for a whole session, whatever modes the guest goes through:
 *
 *   of a wide register in a narrow description the low half is seen, and only
 *   that is changed; of a narrow one in a wide description the rest is zeroes
 *
 * The names in the features org.gnu.gdb.i386.* are gdb's ("Standard Target Features",
 * "i386 Features"), which wants all of a feature or nothing; up to there so are the
 * numbers.
 */
#include <stddef.h>

#include "service/gdb/target.h"
#include "x86/bits.h"
#include "x86/mode.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define REG(name, size, type, field)                           \
	{                                                      \
		name, type, FROM_REGS, size, sizeof(uint64_t), \
			offsetof(struct kvm_regs, field)       \
	}
#define SREG(name, size, type, field)                           \
	{                                                       \
		name, type, FROM_SREGS, size, sizeof(uint64_t), \
			offsetof(struct kvm_sregs, field)       \
	}
#define SELECTOR(name, field)                             \
	{                                                 \
		name, REG_INT32, FROM_SELECT, 4, 0,       \
			offsetof(struct kvm_sregs, field) \
	}
#define HIDDEN(name, field)                               \
	{                                                 \
		name, REG_SEGMENT, FROM_HIDDEN, 16, 0,    \
			offsetof(struct kvm_sregs, field) \
	}
#define TABLE(name, field)                                \
	{                                                 \
		name, REG_TABLE, FROM_TABLE, 16, 0,       \
			offsetof(struct kvm_sregs, field) \
	}
#define FPU(name, size, type, width, at)              \
	{                                             \
		name, type, FROM_FPU, size, width, at \
	}
#define MSR(name, index)                                \
	{                                               \
		name, REG_UINT64, FROM_MSR, 8, 0, index \
	}

enum {
	MSR_STAR,
	MSR_LSTAR,
	MSR_CSTAR,
	MSR_FMASK,
	MSR_KERNEL_GS_BASE,
	MSR_SYSENTER_CS,
	MSR_SYSENTER_ESP,
	MSR_SYSENTER_EIP,
};

/* SDM 4, "Architectural MSRs" */
const uint32_t target_msrs[] = {
	[MSR_STAR] = 0xc0000081,	   [MSR_LSTAR] = 0xc0000082,
	[MSR_CSTAR] = 0xc0000083,	   [MSR_FMASK] = 0xc0000084,
	[MSR_KERNEL_GS_BASE] = 0xc0000102, [MSR_SYSENTER_CS] = 0x174,
	[MSR_SYSENTER_ESP] = 0x175,	   [MSR_SYSENTER_EIP] = 0x176,
};

#define SELECTORS                                                   \
	SELECTOR("cs", cs), SELECTOR("ss", ss), SELECTOR("ds", ds), \
		SELECTOR("es", es), SELECTOR("fs", fs), SELECTOR("gs", gs)

static const struct reg core_32[] = {
	REG("eax", 4, REG_INT32, rax),
	REG("ecx", 4, REG_INT32, rcx),
	REG("edx", 4, REG_INT32, rdx),
	REG("ebx", 4, REG_INT32, rbx),
	REG("esp", 4, REG_DATA, rsp),
	REG("ebp", 4, REG_DATA, rbp),
	REG("esi", 4, REG_INT32, rsi),
	REG("edi", 4, REG_INT32, rdi),
	{ "eip", REG_CODE, FROM_PC, 4, 8, 0 },
	REG("eflags", 4, REG_EFLAGS, rflags),
	SELECTORS,
};

static const struct reg core_64[] = {
	REG("rax", 8, REG_INT64, rax),
	REG("rbx", 8, REG_INT64, rbx),
	REG("rcx", 8, REG_INT64, rcx),
	REG("rdx", 8, REG_INT64, rdx),
	REG("rsi", 8, REG_INT64, rsi),
	REG("rdi", 8, REG_INT64, rdi),
	REG("rbp", 8, REG_DATA, rbp),
	REG("rsp", 8, REG_DATA, rsp),
	REG("r8", 8, REG_INT64, r8),
	REG("r9", 8, REG_INT64, r9),
	REG("r10", 8, REG_INT64, r10),
	REG("r11", 8, REG_INT64, r11),
	REG("r12", 8, REG_INT64, r12),
	REG("r13", 8, REG_INT64, r13),
	REG("r14", 8, REG_INT64, r14),
	REG("r15", 8, REG_INT64, r15),
	{ "rip", REG_CODE, FROM_PC, 8, 8, 0 },
	REG("eflags", 4, REG_EFLAGS, rflags),
	SELECTORS,
};

#define ST(n)		     FPU("st" #n, 10, REG_EXTENDED, 10, FX_ST + n * FX_SLOT)
#define X87(name, width, at) FPU(name, 4, REG_FLOAT_INT, width, at)

static const struct reg x87[] = {
	ST(0),
	ST(1),
	ST(2),
	ST(3),
	ST(4),
	ST(5),
	ST(6),
	ST(7),
	X87("fctrl", 2, FX_FCW),
	X87("fstat", 2, FX_FSW),
	{ "ftag", REG_FLOAT_INT, FROM_FPU_TAG, 4, 0, 0 },
	X87("fiseg", 2, FX_FCS),
	X87("fioff", 4, FX_FIP),
	X87("foseg", 2, FX_FDS),
	X87("fooff", 4, FX_FDP),
	X87("fop", 2, FX_FOP),
};

#define XMM(n)	  FPU("xmm" #n, 16, REG_VECTOR, 16, FX_XMM + n * FX_SLOT)
#define NR_XMM_32 8

static const struct reg xmm[] = {
	XMM(0), XMM(1), XMM(2),	 XMM(3),  XMM(4),  XMM(5),  XMM(6),  XMM(7),
	XMM(8), XMM(9), XMM(10), XMM(11), XMM(12), XMM(13), XMM(14), XMM(15),
};

/* gdb has a register for Linux's processes at this place, and a client that does not
 * read descriptions may set it. */
static const struct reg sse_rest[] = {
	FPU("mxcsr", 4, REG_MXCSR, 4, FX_MXCSR),
	{ "", REG_INT32, FROM_NOWHERE, 4, 0, 0 },
};

static const struct reg bases[] = {
	SREG("fs_base", 8, REG_INT64, fs.base),
	SREG("gs_base", 8, REG_INT64, gs.base),
};

/* As wide in both descriptions. Those with bits by name have 4 bytes, of which no CPU
 * uses more: gdb assigns a number to one only if that is as long, and `set $cr0 =
 * 0x80000011` has an int. */
static const struct reg system_regs[] = {
	SREG("cr0", 4, REG_CR0, cr0),
	SREG("cr2", 8, REG_UINT64, cr2),
	SREG("cr3", 8, REG_UINT64, cr3),
	SREG("cr4", 4, REG_CR4, cr4),
	SREG("cr8", 8, REG_UINT64, cr8),
	SREG("efer", 4, REG_EFER, efer),
	SREG("apic_base", 8, REG_UINT64, apic_base),
	SELECTOR("tr", tr),
	SELECTOR("ldtr", ldt),
	HIDDEN("cs_desc", cs),
	HIDDEN("ss_desc", ss),
	HIDDEN("ds_desc", ds),
	HIDDEN("es_desc", es),
	HIDDEN("fs_desc", fs),
	HIDDEN("gs_desc", gs),
	HIDDEN("tr_desc", tr),
	HIDDEN("ldtr_desc", ldt),
	TABLE("gdtr", gdt),
	TABLE("idtr", idt),
	MSR("star", MSR_STAR),
	MSR("lstar", MSR_LSTAR),
	MSR("cstar", MSR_CSTAR),
	MSR("fmask", MSR_FMASK),
	MSR("kernel_gs_base", MSR_KERNEL_GS_BASE),
	MSR("sysenter_cs", MSR_SYSENTER_CS),
	MSR("sysenter_esp", MSR_SYSENTER_ESP),
	MSR("sysenter_eip", MSR_SYSENTER_EIP),
};

#define CORE_FEATURE   "org.gnu.gdb.i386.core"
#define SSE_FEATURE    "org.gnu.gdb.i386.sse"
#define BASES_FEATURE  "org.gnu.gdb.i386.segments"
#define SYSTEM_FEATURE "org.minikvm.system"

static const struct reg_group groups_32[] = {
	{ CORE_FEATURE, core_32, COUNT(core_32) },
	{ NULL, x87, COUNT(x87) },
	{ SSE_FEATURE, xmm, NR_XMM_32 },
	{ NULL, sse_rest, COUNT(sse_rest) },
	{ SYSTEM_FEATURE, system_regs, COUNT(system_regs) },
};

static const struct reg_group groups_64[] = {
	{ CORE_FEATURE, core_64, COUNT(core_64) },
	{ NULL, x87, COUNT(x87) },
	{ SSE_FEATURE, xmm, COUNT(xmm) },
	{ NULL, sse_rest, COUNT(sse_rest) },
	{ BASES_FEATURE, bases, COUNT(bases) },
	{ SYSTEM_FEATURE, system_regs, COUNT(system_regs) },
};

#define ALL_OF(all) .nr_groups = COUNT(all), .groups = all

/* i8086 is of the three the one from which a client can go to 32-bit code and back
 * by `set architecture`; from i386 it cannot, though gdb 13.1 says that it has. */
const struct target target_16 = {
	.architecture = "i8086",
	.nr_in_g = COUNT(core_32),
	ALL_OF(groups_32),
};

const struct target target_32 = {
	.architecture = "i386",
	.nr_in_g = COUNT(core_32),
	ALL_OF(groups_32),
};

const struct target target_64 = {
	.architecture = "i386:x86-64",
	.nr_in_g = COUNT(core_64),
	ALL_OF(groups_64),
};

const struct reg *target_reg(const struct target *target, unsigned int number)
{
	for (unsigned int i = 0; i < target->nr_groups; i++) {
		const struct reg_group *group = &target->groups[i];

		if (number < group->nr)
			return &group->regs[number];
		number -= group->nr;
	}
	return NULL;
}

static bool is_long(const struct kvm_sregs *sregs)
{
	return cpu_mode(sregs->cr0, sregs->efer) == MODE_LONG;
}

const struct target *target_choose(struct gdb_cpu *cpu)
{
	const struct kvm_sregs *sregs = &gdb_state(cpu)->sregs;

	if (is_long(sregs))
		return &target_64;
	return sregs->cs.db ? &target_32 : &target_16;
}

unsigned int target_kind(const struct target *target)
{
	return target == &target_64 ? 2 : target == &target_32;
}

void target_add_change(struct text *text, const struct target *target,
		       const struct target *now)
{
	text_add(text, "kvm-vmm: the guest is in %s-bit code now, ",
		 now == &target_64 ? "64" :
		 now == &target_32 ? "32" :
				     "16");
	if (now == &target_64)
		text_add(text, "gdb sees the low halves of its registers: ");
	else if (target == &target_16)
		text_add(text,
			 "`set architecture i386` has gdb decode it, or ");
	else
		text_add(text, "gdb goes on to decode %s bits: ",
			 target == &target_64 ? "64" : "32");
	text_add(text, "`disconnect` and connect again%s\n",
		 now == &target_64 ? "; `monitor info registers` has all" : "");
}

/* Code of 64 bits has no CS base (SDM 3A, "Segmentation in IA-32e Mode"). */
uint64_t target_pc(const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
	if (is_long(sregs) && sregs->cs.l)
		return regs->rip;
	return (uint32_t)(sregs->cs.base + regs->rip);
}

size_t target_get_all(const struct target *target, struct gdb_cpu *cpu,
		      uint8_t *bytes)
{
	size_t len = 0;

	for (unsigned int i = 0; i < target->nr_in_g; i++) {
		const struct reg *reg = target_reg(target, i);

		reg_get(reg, cpu, bytes + len);
		len += reg->size;
	}
	return len;
}

bool target_set_all(const struct target *target, struct gdb_cpu *cpu,
		    const uint8_t *bytes, size_t len)
{
	struct reg_edit edit;

	reg_edit_start(&edit, cpu);
	for (unsigned int i = 0; i < target->nr_in_g; i++) {
		const struct reg *reg = target_reg(target, i);

		if (len < reg->size || !reg_edit_set(&edit, reg, bytes))
			return false;
		bytes += reg->size;
		len -= reg->size;
	}
	return reg_edit_end(&edit);
}

size_t target_get(const struct target *target, struct gdb_cpu *cpu,
		  unsigned int reg, uint8_t *bytes)
{
	const struct reg *row = target_reg(target, reg);

	return row && reg_get(row, cpu, bytes) ? row->size : 0;
}

bool target_set(const struct target *target, struct gdb_cpu *cpu,
		unsigned int reg, const uint8_t *bytes, size_t len)
{
	const struct reg *row = target_reg(target, reg);
	struct reg_edit edit;

	if (!row || len != row->size)
		return false;
	reg_edit_start(&edit, cpu);
	return reg_edit_set(&edit, row, bytes) && reg_edit_end(&edit);
}
