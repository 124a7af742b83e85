/* Guest memory by linear address: see linear.h. */
#include "core/linear.h"
#include "memory_seen.h"

#include "x86/bits.h"
#include "x86/walk.h"

/* In 64-bit mode CS has no base; elsewhere addresses wrap at 4 GiB (SDM 3A,
 * "Segmentation"). */
uint64_t linear_code(const struct kvm_sregs *sregs, uint64_t rip)
{
	if (sregs->efer & EFER_LMA && sregs->cs.l)
		return rip;
	return (uint32_t)(sregs->cs.base + rip);
}

static int read_ram(const void *ram, uint64_t gpa, void *buf, size_t len)
{
	return mem_read(ram, gpa, buf, len);
}

const void *linear_hva(const struct memory *mem, const struct kvm_sregs *sregs,
		       uint64_t addr, size_t len)
{
	const struct walk_regs regs = { .cr0 = sregs->cr0,
					.cr3 = sregs->cr3,
					.cr4 = sregs->cr4,
					.efer = sregs->efer };
	struct walk walk;

	if (!(sregs->cr0 & CR0_PG))
		return mem_seen(mem, addr, len);
	walk_address(&walk, &regs, addr, read_ram, mem);
	if (walk.end != WALK_MAPPED)
		return NULL;
	return mem_seen(mem, walk.gpa, len);
}
