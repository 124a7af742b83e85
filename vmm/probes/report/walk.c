/*
 * Page walks as a crashed guest's CPU would do them, and reading guest memory by
 * linear address.
 */
#include "probes/report/report.h"
#include "memory_seen.h"

static int read_ram(const void *ram, uint64_t gpa, void *buf, size_t len)
{
	return mem_read(ram, gpa, buf, len);
}

void report_walk(struct walk *walk, const struct memory *mem,
		 const struct kvm_sregs *sregs, uint64_t gva)
{
	const struct walk_regs regs = { .cr0 = sregs->cr0,
					.cr3 = sregs->cr3,
					.cr4 = sregs->cr4,
					.efer = sregs->efer };

	walk_address(walk, &regs, gva, read_ram, mem);
}

bool report_read(const struct report_state *state, uint64_t gva, void *buf,
		 size_t len)
{
	uint8_t *to = buf;
	struct walk walk;

	for (size_t i = 0; i < len; i++) {
		report_walk(&walk, state->mem, &state->sregs, gva + i);
		if (walk.end != WALK_MAPPED ||
		    mem_read(state->mem, walk.gpa, &to[i], 1))
			return false;
	}
	return true;
}
