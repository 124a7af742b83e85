/* Registers along with every VM exit (KVM API, "KVM_CAP_SYNC_REGS"). */
#include "core/regs.h"

#include <linux/kvm.h>

#include "core/kvm.h"
#include "core/vm.h"
#include "feature.h"

static const struct feature sync_regs = {
	.name = "sync-regs",
	.what = "registers come along with every VM exit",
};
FEATURE(sync_regs);

void regs_share(struct vcpu *vcpu)
{
	if (feature_is_out(vcpu->vm->config.without, sync_regs.name))
		return;
	vcpu->run->kvm_valid_regs = vcpu->wanted_regs &
				    kvm_cap(vcpu->vm->kvm, KVM_CAP_SYNC_REGS);
}
