/*
 * Rules of control registers and MSRs: what a MOV or WRMSR at RIP wants to put
 * there (SDM 3A, "Control Registers", and SDM 2, "MOV - Move to/from Control
 * Registers", "WRMSR"). Each of them is seen from the registers alone.
 */
#include "probes/report/rules/insn.h"
#include "memory_seen.h"
#include "x86/bits.h"

#define CR4_PCIDE (1u << 17)
#define CR3_PCID  0xfffULL /* or flags, without CR4.PCIDE */

#define MSR_EFER   0xc0000080
#define TSS16_BUSY 3

#define SOURCE_CONTROL "SDM 3A, \"Control Registers\""
#define SOURCE_LONG    "SDM 3A, \"Initializing IA-32e Mode\""

/* What the MOV at RIP puts into control register @index; false: there is none. */
static bool get_new(const struct rule_case *c, unsigned int index,
		    uint64_t *val)
{
	struct insn insn;

	if (!insn_decode(&insn, c->state) || insn.opcode != 0x0f22 ||
	    insn.reg != index || report_ring(&c->state->sregs))
		return false;
	*val = report_register(&c->state->regs, insn.rm);
	if (!report_is_64bit(&c->state->sregs))
		*val = (uint32_t)*val;
	return true;
}

static bool fault(struct rule_case *c, struct text *text, const char *what)
{
	c->vector = VECTOR_GP;
	text_add(text, "the `mov` at RIP %s", what);
	return true;
}

static bool pg_without_pe(struct rule_case *c, struct text *text)
{
	uint64_t val;

	return get_new(c, 0, &val) && val & CR0_PG && !(val & CR0_PE) &&
	       fault(c, text, "sets CR0.PG without CR0.PE");
}

static bool nw_without_cd(struct rule_case *c, struct text *text)
{
	uint64_t val;

	return get_new(c, 0, &val) && val & CR0_NW && !(val & CR0_CD) &&
	       fault(c, text, "sets CR0.NW without CR0.CD");
}

/* A MOV to CR0 that turns paging on. */
static bool turns_on(const struct rule_case *c)
{
	uint64_t val;

	return get_new(c, 0, &val) && val & CR0_PG && val & CR0_PE &&
	       !(c->state->sregs.cr0 & CR0_PG);
}

static bool long_without_pae(struct rule_case *c, struct text *text)
{
	return turns_on(c) && c->state->sregs.efer & EFER_LME &&
	       !(c->state->sregs.cr4 & CR4_PAE) &&
	       fault(c, text,
		     "turns paging on with EFER.LME set and CR4.PAE clear");
}

static bool long_from_64bit(struct rule_case *c, struct text *text)
{
	return turns_on(c) && c->state->sregs.efer & EFER_LME &&
	       c->state->sregs.cs.l && c->state->sregs.cs.s &&
	       fault(c, text,
		     "turns long mode on while CS is a 64-bit code segment");
}

static bool long_off(struct rule_case *c, struct text *text)
{
	uint64_t val;

	return get_new(c, 0, &val) && !(val & CR0_PG) &&
	       report_is_64bit(&c->state->sregs) &&
	       fault(c, text, "turns paging off in 64-bit mode");
}

/* SDM 3A, "PAE Paging": bits 1, 2, 5-8 and those above physical addresses. */
static bool is_bad_pdpte(const struct rule_case *c, uint64_t entry)
{
	unsigned int bits = rules_physical_bits(c);
	uint64_t reserved = 0x1e6;

	if (bits)
		reserved |= ~0ULL << bits;
	return entry & 1 && entry & reserved;
}

/* A MOV that makes the CPU load the four entries that PAE begins with. */
static bool loads_pdptes(const struct rule_case *c, uint64_t *cr3)
{
	const struct kvm_sregs *s = &c->state->sregs;

	*cr3 = s->cr3;
	if (s->efer & (EFER_LME | EFER_LMA) || !(s->cr4 & CR4_PAE))
		return false;
	return turns_on(c) || (s->cr0 & CR0_PG && get_new(c, 3, cr3));
}

static bool bad_pdpte(struct rule_case *c, struct text *text)
{
	uint64_t cr3, entries[4];

	if (!loads_pdptes(c, &cr3) ||
	    mem_read(c->state->mem, cr3 & 0xffffffe0, entries, sizeof(entries)))
		return false;
	for (unsigned int i = 0; i < 4; i++) {
		if (!is_bad_pdpte(c, entries[i]))
			continue;
		text_add(text, "PDPTE %u is 0x%llx, and ", i,
			 (unsigned long long)entries[i]);
		return fault(c, text, "makes the CPU load it");
	}
	return false;
}

static bool pae_off(struct rule_case *c, struct text *text)
{
	uint64_t val;

	return get_new(c, 4, &val) && !(val & CR4_PAE) &&
	       report_is_long(&c->state->sregs) &&
	       fault(c, text, "clears CR4.PAE in long mode");
}

static bool la57_changed(struct rule_case *c, struct text *text)
{
	uint64_t val;

	return get_new(c, 4, &val) && report_is_long(&c->state->sregs) &&
	       (val ^ c->state->sregs.cr4) & CR4_LA57 &&
	       fault(c, text, "changes CR4.LA57 in long mode");
}

static bool pcide_early(struct rule_case *c, struct text *text)
{
	const struct kvm_sregs *s = &c->state->sregs;
	uint64_t val;

	if (!get_new(c, 4, &val) || !(val & CR4_PCIDE) || s->cr4 & CR4_PCIDE)
		return false;
	if (!report_is_long(s))
		return fault(c, text, "sets CR4.PCIDE outside long mode");
	return s->cr3 & CR3_PCID &&
	       fault(c, text, "sets CR4.PCIDE while CR3 has bits 11-0 set");
}

/* Bits of CR4, and where CPUID says that there are such. */
static const struct {
	uint8_t bit;
	uint32_t leaf;
	uint8_t reg, feature; /* EAX, EBX, ECX, EDX; bit */
	const char *name;
} cr4_bits[] = {
	{ 4, 1, 3, 3, "PSE" },	     { 5, 1, 3, 6, "PAE" },
	{ 7, 1, 3, 13, "PGE" },	     { 9, 1, 3, 24, "OSFXSR" },
	{ 11, 7, 2, 2, "UMIP" },     { 12, 7, 2, 16, "LA57" },
	{ 13, 1, 2, 5, "VMXE" },     { 14, 1, 2, 6, "SMXE" },
	{ 16, 7, 1, 0, "FSGSBASE" }, { 17, 1, 2, 17, "PCIDE" },
	{ 18, 1, 2, 26, "OSXSAVE" }, { 20, 7, 1, 7, "SMEP" },
	{ 21, 7, 1, 20, "SMAP" },    { 22, 7, 2, 3, "PKE" },
	{ 23, 7, 2, 7, "CET" },	     { 24, 7, 3, 5, "PKS" },
};

static bool not_offered(struct rule_case *c, struct text *text)
{
	uint32_t regs[4];
	uint64_t val;

	if (!get_new(c, 4, &val))
		return false;
	for (size_t i = 0; i < sizeof(cr4_bits) / sizeof(cr4_bits[0]); i++) {
		if (!(val >> cr4_bits[i].bit & 1) ||
		    !rules_cpuid(c, cr4_bits[i].leaf, 0, regs) ||
		    regs[cr4_bits[i].reg] >> cr4_bits[i].feature & 1)
			continue;
		text_add(text, "CPUID does not offer %s, and ",
			 cr4_bits[i].name);
		return fault(c, text, "sets its bit in CR4");
	}
	return false;
}

static bool cr3_reserved(struct rule_case *c, struct text *text)
{
	unsigned int bits = rules_physical_bits(c);
	uint64_t val;

	return get_new(c, 3, &val) && bits &&
	       val & ~(1ULL << 63) & ~0ULL << bits &&
	       fault(c, text,
		     "puts an address into CR3 that has too many bits");
}

/* RDMSR or WRMSR at RIP in ring 0. */
static bool is_msr(const struct rule_case *c, unsigned int opcode)
{
	struct insn insn;

	return insn_decode(&insn, c->state) && insn.opcode == opcode &&
	       !report_ring(&c->state->sregs);
}

static bool add_msr(struct rule_case *c, struct text *text, bool write,
		    const char *what)
{
	c->vector = VECTOR_GP;
	text_add(text, "the `%s` at RIP %s (MSR 0x%x)",
		 write ? "wrmsr" : "rdmsr", what, (uint32_t)c->state->regs.rcx);
	return true;
}

static bool no_msr(struct rule_case *c, struct text *text)
{
	bool write = is_msr(c, 0x0f30);

	return (write || is_msr(c, 0x0f32)) &&
	       rules_has_no_msr(c, (uint32_t)c->state->regs.rcx) &&
	       add_msr(c, text, write, "names an MSR that is not there");
}

static uint64_t written(const struct rule_case *c)
{
	return (uint32_t)c->state->regs.rax | c->state->regs.rdx << 32;
}

static bool efer_late(struct rule_case *c, struct text *text)
{
	const struct kvm_sregs *s = &c->state->sregs;

	return is_msr(c, 0x0f30) && (uint32_t)c->state->regs.rcx == MSR_EFER &&
	       s->cr0 & CR0_PG && (written(c) ^ s->efer) & EFER_LME &&
	       add_msr(c, text, true, "changes EFER.LME while paging is on");
}

/* MSRs that hold an address. */
static bool holds_address(uint32_t msr)
{
	static const uint32_t msrs[] = { 0x175,	     0x176,	 0xc0000082,
					 0xc0000083, 0xc0000100, 0xc0000101,
					 0xc0000102 };

	for (size_t i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
		if (msrs[i] == msr)
			return true;
	return false;
}

static bool not_canonical(struct rule_case *c, struct text *text)
{
	int64_t top = (int64_t)written(c) >> 56; /* of the larger, 57 bits */

	return is_msr(c, 0x0f30) &&
	       holds_address((uint32_t)c->state->regs.rcx) && top != 0 &&
	       top != -1 &&
	       add_msr(c, text, true,
		       "puts an address there that is not canonical");
}

static const struct rule control_rules[] = {
	{ .name = "cr0-pg-pe",
	  .says = "paging is on only in protected mode",
	  .source = SOURCE_CONTROL,
	  .advice = "set CR0.PE first, or in the same MOV",
	  .broken = pg_without_pe },
	{ .name = "cr0-nw-cd",
	  .says = "CR0.NW may be set only with CR0.CD",
	  .source = SOURCE_CONTROL,
	  .broken = nw_without_cd },
	{ .name = "long-pae",
	  .says = "CR4.PAE is set before paging turns long mode on",
	  .source = SOURCE_LONG,
	  .broken = long_without_pae },
	{ .name = "long-cs",
	  .says = "paging is turned on from 32-bit code, and a far jump then "
		  "leads to 64-bit code",
	  .source = SOURCE_LONG,
	  .broken = long_from_64bit },
	{ .name = "long-off",
	  .says = "64-bit mode is left by a far jump to 32-bit code before "
		  "paging is turned off",
	  .source = SOURCE_LONG,
	  .broken = long_off },
	{ .name = "pdpte-reserved",
	  .says = "of the four PDPTEs of PAE, bits 1, 2 and 5-8 are 0",
	  .source = "SDM 3A, \"PAE Paging\"",
	  .advice = "only P is set there, not W and U as in other entries",
	  .broken = bad_pdpte },
	{ .name = "cr4-pae",
	  .says = "CR4.PAE stays set in long mode",
	  .source = SOURCE_CONTROL,
	  .broken = pae_off },
	{ .name = "cr4-la57",
	  .says = "the number of paging levels is chosen before long mode",
	  .source = SOURCE_CONTROL,
	  .broken = la57_changed },
	{ .name = "cr4-pcide",
	  .says = "CR4.PCIDE is set in long mode, with bits 11-0 of CR3 clear",
	  .source = SOURCE_CONTROL,
	  .broken = pcide_early },
	{ .name = "cr4-cpuid",
	  .says = "a bit of CR4 is set only if CPUID offers what it turns on",
	  .source = SOURCE_CONTROL,
	  .advice = "ask CPUID first",
	  .broken = not_offered },
	{ .name = "cr3-reserved",
	  .says = "CR3 has no more bits than a physical address",
	  .source = "SDM 3A, \"4-Level Paging and 5-Level Paging\"",
	  .broken = cr3_reserved },
	{ .name = "msr-known",
	  .says = "RDMSR and WRMSR name an MSR that this CPU has",
	  .source = "SDM 2, \"RDMSR\", \"WRMSR\"",
	  .advice = "ask CPUID for the feature that the MSR belongs to",
	  .broken = no_msr },
	{ .name = "efer-lme",
	  .says = "EFER.LME is changed only while paging is off",
	  .source = SOURCE_LONG,
	  .broken = efer_late },
	{ .name = "msr-canonical",
	  .says = "an MSR that holds an address takes only a canonical one",
	  .source = "SDM 2, \"WRMSR\"",
	  .broken = not_canonical },
};
RULES(RULE_CODE, control_rules);
