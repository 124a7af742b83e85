/* Asking KVM for a vCPU's registers (KVM API, "KVM_GET_REGS"). */
#include "core/regs.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/vm.h"

void regs_ask(struct vcpu *vcpu)
{
	struct kvm_sync_regs *regs = &vcpu->run->s.regs;
	uint64_t missing = vcpu->wanted_regs & ~vcpu->run->kvm_valid_regs;
	int err = 0;

	if (missing & KVM_SYNC_X86_REGS)
		err = ioctl(vcpu->fd, KVM_GET_REGS, &regs->regs);
	if (!err && (missing & KVM_SYNC_X86_SREGS))
		err = ioctl(vcpu->fd, KVM_GET_SREGS, &regs->sregs);
	if (err)
		vm_stop(vcpu->vm, STATUS_FAILED, "vCPU %u: registers: %s",
			vcpu->id, strerror(errno));
}
