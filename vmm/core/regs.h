/*
 * The registers of a vCPU that has left the guest, in run->s.regs. With
 * SYNC_REGS KVM brings them along (regs_sync.c; KVM API, KVM_CAP_SYNC_REGS);
 * without it (regs_sync_none.c), and where the host cannot, they are asked for.
 * Which ones is said by @wanted, KVM_SYNC_X86_...
 */
#ifndef MKVM_REGS_H
#define MKVM_REGS_H

#include <linux/kvm.h>
#include <stdint.h>

struct kvm;

/* Arranges for those @wanted to come along with every exit, unless the run goes
 * @without. */
void regs_share(struct kvm_run *run, uint64_t wanted, const struct kvm *kvm,
		const char *const *without);

/* Asks vCPU @fd for those that did not come along. 0, or -1 with errno. */
int regs_ask(int fd, struct kvm_run *run, uint64_t wanted);

/* After every exit, on the vCPU's thread, before anyone looks at registers. */
static inline int regs_fetch(int fd, struct kvm_run *run, uint64_t wanted)
{
	return run->kvm_valid_regs == wanted ? 0 : regs_ask(fd, run, wanted);
}

#endif
