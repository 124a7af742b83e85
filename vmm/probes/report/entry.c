/*
 * Rules that the state of a guest must keep for a CPU to enter it, as far as
 * they can be checked from outside: SDM 3C "Checks on the Guest State Area",
 * and for AMD-V APM 2 "Canonicalization and Consistency Checks".
 */
#include "probes/report/report.h"

#include "x86/bits.h"

#define RFLAGS_0 0xffc08028ULL /* bits that are always 0 */

typedef bool (*broken)(const struct kvm_sregs *sregs,
		       const struct kvm_regs *regs);

static bool pg_without_pe(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)r;
	return s->cr0 & CR0_PG && !(s->cr0 & CR0_PE);
}

static bool nw_without_cd(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)r;
	return s->cr0 & CR0_NW && !(s->cr0 & CR0_CD);
}

static bool high_bits(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)r;
	return s->cr0 >> 32 || s->cr4 >> 32;
}

static bool lma_without_lme(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)r;
	return s->efer & EFER_LMA && !(s->efer & EFER_LME);
}

static bool lma_without_pg(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)r;
	return s->efer & EFER_LME &&
	       !(s->efer & EFER_LMA) == !!(s->cr0 & CR0_PG);
}

static bool lma_without_pae(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)r;
	return s->efer & EFER_LMA && !(s->cr4 & CR4_PAE);
}

static bool l_and_d(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)r;
	return s->efer & EFER_LMA && s->cs.l && s->cs.db;
}

static bool flags_reserved(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)s;
	return !(r->rflags & RFLAGS_1) || r->rflags & RFLAGS_0 ||
	       r->rflags >> 32;
}

static bool vm_in_long(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	return r->rflags & RFLAGS_VM && s->efer & EFER_LMA;
}

static bool rip_too_large(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	return !(s->efer & EFER_LMA && s->cs.l) && r->rip >> 32;
}

static bool rip_not_canonical(const struct kvm_sregs *s,
			      const struct kvm_regs *r)
{
	int64_t top = (int64_t)r->rip >> 56; /* of the larger, 57 bits */

	return s->efer & EFER_LMA && s->cs.l && top != 0 && top != -1;
}

static bool is_virtual_8086(const struct kvm_regs *r)
{
	return r->rflags & RFLAGS_VM;
}

static bool cs_is_no_code(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	return s->cr0 & CR0_PE && !is_virtual_8086(r) &&
	       (!s->cs.present || !s->cs.s || !(s->cs.type & 8));
}

static bool ss_is_no_data(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	return s->cr0 & CR0_PE && !is_virtual_8086(r) && !s->ss.unusable &&
	       (!s->ss.present || !s->ss.s || s->ss.type & 8 ||
		!(s->ss.type & 2));
}

static bool rings_differ(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	return s->cr0 & CR0_PE && !is_virtual_8086(r) && !s->ss.unusable &&
	       !(s->cs.type & 4) && s->cs.dpl != s->ss.dpl;
}

static bool tr_is_no_tss(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)r;
	return s->tr.unusable || !s->tr.present || s->tr.s ||
	       (s->tr.type != 11 && s->tr.type != 3);
}

static bool limit_is_ragged(const struct kvm_segment *s)
{
	return !s->unusable && ((s->g && (s->limit & 0xfff) != 0xfff) ||
				(!s->g && s->limit >> 20));
}

static bool limits_ragged(const struct kvm_sregs *s, const struct kvm_regs *r)
{
	(void)r;
	return limit_is_ragged(&s->cs) || limit_is_ragged(&s->ss) ||
	       limit_is_ragged(&s->ds) || limit_is_ragged(&s->es) ||
	       limit_is_ragged(&s->fs) || limit_is_ragged(&s->gs);
}

static const struct {
	broken is_broken;
	const char *rule;
} rules[] = {
	{ pg_without_pe, "CR0.PG is set without CR0.PE" },
	{ nw_without_cd, "CR0.NW is set without CR0.CD" },
	{ high_bits, "bits 63-32 of CR0 or CR4 are set" },
	{ lma_without_lme, "EFER.LMA is set without EFER.LME" },
	{ lma_without_pg, "EFER.LMA is not what EFER.LME and CR0.PG make it" },
	{ lma_without_pae, "EFER.LMA is set without CR4.PAE" },
	{ l_and_d, "CS has both L and D set in long mode" },
	{ flags_reserved, "a reserved bit of RFLAGS has the wrong value" },
	{ vm_in_long, "RFLAGS.VM is set in long mode" },
	{ rip_too_large, "RIP is above 4 GiB outside 64-bit mode" },
	{ rip_not_canonical, "RIP is not canonical" },
	{ cs_is_no_code, "CS is no present code segment" },
	{ ss_is_no_data, "SS is no present writable data segment" },
	{ rings_differ, "CS and SS are of different rings" },
	{ tr_is_no_tss, "TR is no busy TSS" },
	{ limits_ragged, "a segment's limit does not fit its granularity" },
};

const char *report_entry_rule(const struct kvm_sregs *sregs,
			      const struct kvm_regs *regs)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].is_broken(sregs, regs))
			return rules[i].rule;
	return NULL;
}
