/*
 * The state of a vCPU in words: registers, segments, control registers.
 */
#include <string.h>

#include "probes/report/report.h"
#include "x86/bits.h"
#include "x86/flags.h"
#include "x86/words.h"

bool report_is_long(const struct kvm_sregs *sregs)
{
	return sregs->efer & EFER_LMA;
}

bool report_is_64bit(const struct kvm_sregs *sregs)
{
	return report_is_long(sregs) && sregs->cs.l;
}

unsigned int report_ring(const struct kvm_sregs *sregs)
{
	return sregs->cr0 & CR0_PE ? sregs->ss.dpl : 0;
}

static uint64_t linear(const struct kvm_sregs *sregs,
		       const struct kvm_segment *segment, uint64_t offset)
{
	if (report_is_64bit(sregs))
		return offset;
	return (uint32_t)(segment->base + offset);
}

uint64_t report_code_address(const struct report_state *state)
{
	return linear(&state->sregs, &state->sregs.cs, state->regs.rip);
}

uint64_t report_stack_address(const struct report_state *state)
{
	uint64_t rsp = state->regs.rsp;

	if (!report_is_64bit(&state->sregs) && !state->sregs.ss.db)
		rsp &= 0xffff; /* a 16-bit stack segment */
	return linear(&state->sregs, &state->sregs.ss, rsp);
}

void report_add_mode(struct text *text, const struct kvm_sregs *sregs)
{
	const struct code_mode mode = { .cr0 = sregs->cr0,
					.efer = sregs->efer,
					.l = sregs->cs.l,
					.db = sregs->cs.db,
					.ring = report_ring(sregs) };

	mode_add(text, &mode);
}

struct named {
	char name[4];
	uint64_t val;
};

static void add_rows(struct text *text, const struct named *regs, size_t count,
		     unsigned int per_line, int digits)
{
	for (size_t i = 0; i < count; i++)
		text_add(text, "%s  %-3s %0*llx",
			 i && i % per_line == 0 ? "\n" : "", regs[i].name,
			 digits, (unsigned long long)regs[i].val);
}

void report_add_registers(struct text *text, const struct report_state *state)
{
	const struct kvm_regs *r = &state->regs;
	const struct named wide[] = {
		{ "rax", r->rax }, { "rbx", r->rbx }, { "rcx", r->rcx },
		{ "rdx", r->rdx }, { "rsi", r->rsi }, { "rdi", r->rdi },
		{ "rbp", r->rbp }, { "r8", r->r8 },   { "r9", r->r9 },
		{ "r10", r->r10 }, { "r11", r->r11 }, { "r12", r->r12 },
		{ "r13", r->r13 }, { "r14", r->r14 }, { "r15", r->r15 },
		{ "rsp", r->rsp }, { "rip", r->rip },
	};
	const struct named narrow[] = {
		{ "eax", r->rax }, { "ebx", r->rbx }, { "ecx", r->rcx },
		{ "edx", r->rdx }, { "esi", r->rsi }, { "edi", r->rdi },
		{ "ebp", r->rbp }, { "esp", r->rsp }, { "eip", r->rip },
	};

	if (report_is_long(&state->sregs))
		add_rows(text, wide, sizeof(wide) / sizeof(wide[0]), 3, 16);
	else
		add_rows(text, narrow, sizeof(narrow) / sizeof(narrow[0]), 4,
			 8);
	text_add(text, "  flags %llx", r->rflags);
	flags_add(text, flags_rflags, r->rflags);
	text_add(text, "\n");
}

static const char *segment_type(const struct kvm_segment *s)
{
	static const char *const system[16] = {
		[1] = "16-bit TSS", [2] = "LDT",       [3] = "busy 16-bit TSS",
		[9] = "TSS",	    [11] = "busy TSS",
	};

	if (!s->s)
		return system[s->type & 15] ? system[s->type & 15] : "system";
	if (s->type & 8)
		return s->l  ? "64-bit code" :
		       s->db ? "32-bit code" :
			       "16-bit code";
	return s->type & 2 ? "data" : "read-only data";
}

static void add_segment(struct text *text, const struct kvm_segment *s)
{
	text_add(text, " %04x  base 0x%llx limit 0x%x", s->selector, s->base,
		 s->limit);
	if (s->unusable || !s->present)
		text_add(text, "  not there\n");
	else
		text_add(text, "  %s, ring %u\n", segment_type(s), s->dpl);
}

static bool same_segment(const struct kvm_segment *a,
			 const struct kvm_segment *b)
{
	return a->selector == b->selector && a->base == b->base &&
	       a->limit == b->limit && a->type == b->type && a->s == b->s &&
	       a->dpl == b->dpl && a->present == b->present && a->l == b->l &&
	       a->db == b->db && a->unusable == b->unusable;
}

/* A task register or LDT that nobody has loaded. */
static bool is_as_reset(const struct kvm_segment *s)
{
	return !s->s && !s->selector && !s->base;
}

/* Segments that are the same share a line. */
void report_add_segments(struct text *text, const struct kvm_sregs *sregs)
{
	const struct {
		const char *name;
		const struct kvm_segment *segment;
	} all[] = {
		{ "cs", &sregs->cs }, { "ss", &sregs->ss },
		{ "ds", &sregs->ds }, { "es", &sregs->es },
		{ "fs", &sregs->fs }, { "gs", &sregs->gs },
		{ "tr", &sregs->tr }, { "ldt", &sregs->ldt },
	};
	const size_t count = sizeof(all) / sizeof(all[0]);
	bool done[sizeof(all) / sizeof(all[0])] = { false };

	for (size_t i = 0; i < count; i++) {
		if (done[i] || is_as_reset(all[i].segment))
			continue;
		text_add(text, "  %s", all[i].name);
		for (size_t j = i + 1; j < count; j++) {
			if (done[j] ||
			    !same_segment(all[i].segment, all[j].segment))
				continue;
			done[j] = true;
			text_add(text, " %s", all[j].name);
		}
		add_segment(text, all[i].segment);
	}
	text_add(text,
		 "  gdt base 0x%llx limit 0x%x   idt base 0x%llx limit 0x%x\n",
		 sregs->gdt.base, sregs->gdt.limit, sregs->idt.base,
		 sregs->idt.limit);
}

void report_add_control(struct text *text, const struct kvm_sregs *sregs)
{
	text_add(text, "  cr0 %llx", sregs->cr0);
	flags_add(text, flags_cr0, sregs->cr0);
	text_add(text, "   cr2 %llx   cr3 %llx\n  cr4 %llx", sregs->cr2,
		 sregs->cr3, sregs->cr4);
	flags_add(text, flags_cr4, sregs->cr4);
	text_add(text, "   efer %llx", sregs->efer);
	flags_add(text, flags_efer, sregs->efer);
	text_add(text, "\n");
}

void report_add_event(struct text *text, const struct kvm_vcpu_events *events)
{
	if (events->exception.injected || events->exception.pending) {
		text_add(text, "  on its way: ");
		vector_add(text, events->exception.nr);
		if (events->exception.has_error_code)
			text_add(text, ", error code 0x%x",
				 events->exception.error_code);
		text_add(text, "\n");
	}
	if (events->interrupt.injected)
		text_add(text, "  on its way: interrupt 0x%x%s\n",
			 events->interrupt.nr,
			 events->interrupt.soft ? " by INT" : "");
}

bool report_is_crash(const struct report_state *state)
{
	return state->exit_reason == KVM_EXIT_SHUTDOWN ||
	       state->exit_reason == KVM_EXIT_FAIL_ENTRY ||
	       state->exit_reason == KVM_EXIT_INTERNAL_ERROR;
}
