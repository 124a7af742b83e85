/*
 * Rules that the state of a guest must keep for a CPU to enter it, as far as
 * they can be checked from outside: SDM 3C "Checks on the Guest State Area",
 * and for AMD-V APM 2 "Canonicalization and Consistency Checks".
 */
#include "probes/report/rules/rule.h"
#include "x86/bits.h"

#define RFLAGS_0 0xffc08028ULL /* bits that are always 0 */

#define SOURCE_CONTROL \
	"SDM 3C, \"Checks on Guest Control Registers, Debug Registers, and MSRs\""
#define SOURCE_SEGMENTS "SDM 3C, \"Checks on Guest Segment Registers\""
#define SOURCE_RIP	"SDM 3C, \"Checks on Guest RIP, RFLAGS, and SSP\""

/* The registers that a rule looks at. */
#define SREGS(c) (&(c)->state->sregs)
#define REGS(c)	 (&(c)->state->regs)

/* Adds @what if it @is so, and returns that. */
static bool seen(struct text *text, bool is, const char *what)
{
	if (is)
		text_add(text, "%s", what);
	return is;
}

static bool pg_without_pe(struct rule_case *c, struct text *text)
{
	return seen(text, SREGS(c)->cr0 & CR0_PG && !(SREGS(c)->cr0 & CR0_PE),
		    "CR0.PG is set without CR0.PE");
}

static bool nw_without_cd(struct rule_case *c, struct text *text)
{
	return seen(text, SREGS(c)->cr0 & CR0_NW && !(SREGS(c)->cr0 & CR0_CD),
		    "CR0.NW is set without CR0.CD");
}

static bool high_bits(struct rule_case *c, struct text *text)
{
	return seen(text, SREGS(c)->cr0 >> 32 || SREGS(c)->cr4 >> 32,
		    "bits 63-32 of CR0 or CR4 are set");
}

static bool cr3_too_high(struct rule_case *c, struct text *text)
{
	unsigned int bits = rules_physical_bits(c);

	return seen(text,
		    bits && SREGS(c)->efer & EFER_LMA &&
			    SREGS(c)->cr3 & ~0ULL << bits,
		    "CR3 has more bits than a physical address");
}

static bool lma_without_lme(struct rule_case *c, struct text *text)
{
	return seen(text,
		    SREGS(c)->efer & EFER_LMA && !(SREGS(c)->efer & EFER_LME),
		    "EFER.LMA is set without EFER.LME");
}

static bool lma_without_pg(struct rule_case *c, struct text *text)
{
	bool lma = SREGS(c)->efer & EFER_LMA, pg = SREGS(c)->cr0 & CR0_PG;

	return seen(text, SREGS(c)->efer & EFER_LME && lma != pg,
		    "EFER.LMA is not what EFER.LME and CR0.PG make it");
}

static bool lma_without_pae(struct rule_case *c, struct text *text)
{
	return seen(text,
		    SREGS(c)->efer & EFER_LMA && !(SREGS(c)->cr4 & CR4_PAE),
		    "EFER.LMA is set without CR4.PAE");
}

static bool l_and_d(struct rule_case *c, struct text *text)
{
	const struct kvm_segment *cs = &SREGS(c)->cs;

	return seen(text, SREGS(c)->efer & EFER_LMA && cs->l && cs->db,
		    "CS has both L and D set in long mode");
}

static bool flags_reserved(struct rule_case *c, struct text *text)
{
	uint64_t flags = REGS(c)->rflags;

	return seen(text,
		    !(flags & RFLAGS_1) || flags & RFLAGS_0 || flags >> 32,
		    "a reserved bit of RFLAGS has the wrong value");
}

static bool vm_in_long(struct rule_case *c, struct text *text)
{
	return seen(text,
		    REGS(c)->rflags & RFLAGS_VM && SREGS(c)->efer & EFER_LMA,
		    "RFLAGS.VM is set in long mode");
}

static bool rip_too_large(struct rule_case *c, struct text *text)
{
	return seen(text, !report_is_64bit(SREGS(c)) && REGS(c)->rip >> 32,
		    "RIP is above 4 GiB outside 64-bit mode");
}

static bool rip_not_canonical(struct rule_case *c, struct text *text)
{
	int64_t top = (int64_t)REGS(c)->rip >> 56; /* of the larger, 57 bits */

	return seen(text, report_is_64bit(SREGS(c)) && top != 0 && top != -1,
		    "RIP is not canonical");
}

/* Segments come from descriptors: neither real nor virtual-8086 mode. */
static bool has_descriptors(const struct rule_case *c)
{
	return SREGS(c)->cr0 & CR0_PE && !(REGS(c)->rflags & RFLAGS_VM);
}

static bool cs_is_no_code(struct rule_case *c, struct text *text)
{
	const struct kvm_segment *cs = &SREGS(c)->cs;

	return seen(text,
		    has_descriptors(c) &&
			    (!cs->present || !cs->s || !(cs->type & 8)),
		    "CS is no present code segment");
}

static bool ss_is_no_data(struct rule_case *c, struct text *text)
{
	const struct kvm_segment *ss = &SREGS(c)->ss;

	return seen(text,
		    has_descriptors(c) && !ss->unusable &&
			    (!ss->present || !ss->s || ss->type & 8 ||
			     !(ss->type & 2)),
		    "SS is no present writable data segment");
}

static bool rings_differ(struct rule_case *c, struct text *text)
{
	const struct kvm_segment *cs = &SREGS(c)->cs, *ss = &SREGS(c)->ss;

	return seen(text,
		    has_descriptors(c) && !ss->unusable && !(cs->type & 4) &&
			    cs->dpl != ss->dpl,
		    "CS and SS are of different rings");
}

static bool tr_is_no_tss(struct rule_case *c, struct text *text)
{
	const struct kvm_segment *tr = &SREGS(c)->tr;

	return seen(text,
		    tr->unusable || !tr->present || tr->s ||
			    (tr->type != 11 && tr->type != 3),
		    "TR is no busy TSS");
}

static bool limit_is_ragged(const struct kvm_segment *s)
{
	return !s->unusable && ((s->g && (s->limit & 0xfff) != 0xfff) ||
				(!s->g && s->limit >> 20));
}

static bool limits_ragged(struct rule_case *c, struct text *text)
{
	const struct kvm_sregs *s = SREGS(c);

	return seen(text,
		    limit_is_ragged(&s->cs) || limit_is_ragged(&s->ss) ||
			    limit_is_ragged(&s->ds) ||
			    limit_is_ragged(&s->es) ||
			    limit_is_ragged(&s->fs) || limit_is_ragged(&s->gs),
		    "a segment's limit does not fit its granularity");
}

static const struct rule entry_rules[] = {
	{ .name = "entry-pg-pe",
	  .says = "paging is on only in protected mode",
	  .source = SOURCE_CONTROL,
	  .broken = pg_without_pe },
	{ .name = "entry-nw-cd",
	  .says = "CR0.NW may be set only with CR0.CD",
	  .source = SOURCE_CONTROL,
	  .broken = nw_without_cd },
	{ .name = "entry-high-bits",
	  .says = "the upper halves of CR0 and CR4 are 0",
	  .source = SOURCE_CONTROL,
	  .broken = high_bits },
	{ .name = "entry-cr3",
	  .says = "CR3 has no more bits than a physical address",
	  .source = SOURCE_CONTROL,
	  .broken = cr3_too_high },
	{ .name = "entry-lme",
	  .says = "long mode is active only while it is enabled",
	  .source = SOURCE_CONTROL,
	  .broken = lma_without_lme },
	{ .name = "entry-lma",
	  .says = "EFER.LMA is EFER.LME and CR0.PG together",
	  .source = SOURCE_CONTROL,
	  .broken = lma_without_pg },
	{ .name = "entry-pae",
	  .says = "long mode has its page tables in the format of PAE",
	  .source = SOURCE_CONTROL,
	  .broken = lma_without_pae },
	{ .name = "entry-l-d",
	  .says = "64-bit code has the L bit set and the D bit clear",
	  .source = SOURCE_SEGMENTS,
	  .broken = l_and_d },
	{ .name = "entry-rflags",
	  .says = "the reserved bits of RFLAGS have fixed values",
	  .source = SOURCE_RIP,
	  .broken = flags_reserved },
	{ .name = "entry-vm86",
	  .says = "long mode has no virtual-8086 mode",
	  .source = SOURCE_RIP,
	  .broken = vm_in_long },
	{ .name = "entry-rip-high",
	  .says = "outside 64-bit mode RIP has 32 bits",
	  .source = SOURCE_RIP,
	  .broken = rip_too_large },
	{ .name = "entry-rip-canonical",
	  .says = "in 64-bit mode RIP is a canonical address",
	  .source = SOURCE_RIP,
	  .broken = rip_not_canonical },
	{ .name = "entry-cs",
	  .says = "in protected mode CS is a present code segment",
	  .source = SOURCE_SEGMENTS,
	  .broken = cs_is_no_code },
	{ .name = "entry-ss",
	  .says = "in protected mode SS is a present writable data segment",
	  .source = SOURCE_SEGMENTS,
	  .broken = ss_is_no_data },
	{ .name = "entry-rings",
	  .says = "CS and SS are of the same ring",
	  .source = SOURCE_SEGMENTS,
	  .broken = rings_differ },
	{ .name = "entry-tr",
	  .says = "TR is a busy TSS, even where no task is ever switched",
	  .source = SOURCE_SEGMENTS,
	  .broken = tr_is_no_tss },
	{ .name = "entry-limit",
	  .says = "a limit above 1 MiB counts pages, any other one bytes",
	  .source = SOURCE_SEGMENTS,
	  .broken = limits_ragged },
};
RULES(RULE_ENTRY, entry_rules);
