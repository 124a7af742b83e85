/* Registers along with every VM exit (KVM API, "KVM_CAP_SYNC_REGS"). */
#include "core/regs.h"

#include "core/kvm.h"
#include "feature.h"

static const struct feature sync_regs = {
	.name = "sync-regs",
	.what = "registers come along with every VM exit",
};
FEATURE(sync_regs);

void regs_share(struct kvm_run *run, uint64_t wanted, const struct kvm *kvm,
		const char *const *without)
{
	if (!feature_is_out(without, sync_regs.name))
		run->kvm_valid_regs = wanted & kvm_cap(kvm, KVM_CAP_SYNC_REGS);
}
