/*
 * What is remembered of a vCPU (KVM API, "KVM_GET_SREGS", "KVM_GET_REGS"). It has
 * left KVM_RUN by immediate_exit, so that whatever it did in the guest is
 * complete.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/state.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "util/log.h"
#include "util/parts.h"

#define PART	"vcpu"
#define VERSION 1

struct saved {
	struct kvm_sregs sregs;
	struct kvm_regs regs;
};

static int failed(const struct vcpu *vcpu, const char *what)
{
	int err = errno;

	log_error("%s: vCPU %u: %s: %s", vcpu->vm->config.name, vcpu->id, what,
		  strerror(err));
	return -err;
}

int state_save_vcpu(struct vcpu *vcpu, struct parts *parts)
{
	struct stash *out = parts_add(parts, PART, vcpu->id, VERSION);
	struct saved saved;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &saved.sregs))
		return failed(vcpu, "KVM_GET_SREGS");
	if (ioctl(vcpu->fd, KVM_GET_REGS, &saved.regs))
		return failed(vcpu, "KVM_GET_REGS");
	STASH_PUT(out, saved);
	return 0;
}

int state_load_vcpu(struct vcpu *vcpu, struct parts *parts, const char *subject)
{
	struct stash *in = parts_take(parts, subject, PART, vcpu->id, VERSION);
	struct saved saved;

	if (!in)
		return -EINVAL;
	STASH_GET(in, saved);
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &saved.sregs))
		return failed(vcpu, "KVM_SET_SREGS");
	if (ioctl(vcpu->fd, KVM_SET_REGS, &saved.regs))
		return failed(vcpu, "KVM_SET_REGS");
	return 0;
}
