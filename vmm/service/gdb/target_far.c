/* MSRs and the FPU of a vCPU that stands still (KVM API, "KVM_GET_MSRS",
 * "KVM_GET_XSAVE"). */
#include <sys/ioctl.h>

#include "core/pause.h"
#include "core/vcpu.h"
#include "service/gdb/target.h"

/* One ioctl, asked of the vCPU. */
struct call {
	unsigned long request;
	void *arg;
	int result;
};

static void do_call(struct vcpu *vcpu, void *arg)
{
	struct call *call = arg;

	call->result = ioctl(vcpu->fd, call->request, call->arg);
}

/* What the ioctl returned; -1 too when the guest is over. */
static int ask(struct gdb_cpu *cpu, unsigned long request, void *arg)
{
	struct call call = { .request = request, .arg = arg };

	if (!vcpu_ask(gdb_vcpu(cpu), do_call, &call))
		return -1;
	return call.result;
}

/* The header that KVM wants, and an entry behind it. */
union one_msr {
	struct kvm_msrs head;
	char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
};

bool far_get_msr(struct gdb_cpu *cpu, uint32_t index, uint64_t *val)
{
	union one_msr msr = { .head.nmsrs = 1 };

	msr.head.entries[0].index = index;
	if (ask(cpu, KVM_GET_MSRS, &msr) != 1)
		return false;
	*val = msr.head.entries[0].data;
	return true;
}

bool far_set_msr(struct gdb_cpu *cpu, uint32_t index, uint64_t val)
{
	union one_msr msr = { .head.nmsrs = 1 };

	msr.head.entries[0].index = index;
	msr.head.entries[0].data = val;
	return ask(cpu, KVM_SET_MSRS, &msr) == 1;
}

bool far_get_fpu(struct gdb_cpu *cpu, struct kvm_xsave *area)
{
	return !ask(cpu, KVM_GET_XSAVE, area);
}

bool far_set_fpu(struct gdb_cpu *cpu, const struct kvm_xsave *area)
{
	return !ask(cpu, KVM_SET_XSAVE, (void *)area);
}
