/* Asking KVM for a vCPU's registers (KVM API, "KVM_GET_REGS"). */
#include "core/regs.h"

#include <sys/ioctl.h>

int regs_ask(int fd, struct kvm_run *run, uint64_t wanted)
{
	uint64_t missing = wanted & ~run->kvm_valid_regs;
	int err = 0;

	if (missing & KVM_SYNC_X86_REGS)
		err = ioctl(fd, KVM_GET_REGS, &run->s.regs.regs);
	if (!err && (missing & KVM_SYNC_X86_SREGS))
		err = ioctl(fd, KVM_GET_SREGS, &run->s.regs.sregs);
	return err;
}
