/* From a cpu_state to what KVM_SET_SREGS and KVM_SET_REGS take (KVM API). */
#include "core/cpuregs.h"

#include <linux/kvm.h>

/* The attribute bits as they stand in bits 8-23 of a descriptor. */
static void lay_segment(const struct cpu_segment *src, struct kvm_segment *dst)
{
	unsigned int flags = src->flags;

	*dst = (struct kvm_segment){
		.base = src->base,
		.limit = src->limit,
		.selector = src->selector,
		.type = flags & 0xf,
		.s = flags >> 4 & 1,
		.dpl = flags >> 5 & 3,
		.present = flags >> 7 & 1,
		.avl = flags >> 12 & 1,
		.l = flags >> 13 & 1,
		.db = flags >> 14 & 1,
		.g = flags >> 15 & 1,
	};
}

void cpuregs_lay(const struct cpu_state *cpu, struct kvm_sregs *sregs,
		 struct kvm_regs *regs)
{
	lay_segment(&cpu->code, &sregs->cs);
	lay_segment(&cpu->data, &sregs->ds);
	sregs->es = sregs->fs = sregs->gs = sregs->ss = sregs->ds;
	if (cpu->task.flags)
		lay_segment(&cpu->task, &sregs->tr);
	sregs->gdt.base = cpu->gdt_base;
	sregs->gdt.limit = cpu->gdt_limit;
	sregs->cr0 = cpu->cr0;
	sregs->cr3 = cpu->cr3;
	sregs->cr4 = cpu->cr4;
	sregs->efer = cpu->efer;
	*regs = (struct kvm_regs){ .rip = cpu->rip,
				   .rax = cpu->rax,
				   .rbx = cpu->rbx,
				   .rdx = cpu->rdx,
				   .rsp = cpu->rsp,
				   .rsi = cpu->rsi,
				   .rdi = cpu->rdi,
				   .rflags = cpu->rflags };
}
