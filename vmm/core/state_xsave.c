/*
 * What is remembered of a vCPU that has no fixed length: the FPU and what came after
 * it, as XSAVE lays it (SDM 1, "XSAVE Area"; KVM API, "KVM_GET_XSAVE2"), and the
 * guests of a guest that is a hypervisor itself ("KVM_GET_NESTED_STATE"). A number
 * of bytes goes before each.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/kvm.h"
#include "core/state.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "util/log.h"
#include "util/stash.h"

/* Bytes: more than all extensions that there are. */
#define XSAVE_MIN  sizeof(struct kvm_xsave)
#define XSAVE_MAX  (64 << 10)
#define NESTED_MAX (64 << 10)

/* One vCPU is saved or restored at a time, by the one who does it all. */
static _Alignas(64) uint8_t area[XSAVE_MAX];
static _Alignas(8) uint8_t nested_area[NESTED_MAX];

static int failed(const struct vcpu *vcpu, const char *what)
{
	int err = errno;

	log_error("%s: vCPU %u: %s: %s", vcpu->vm->config.name, vcpu->id, what,
		  strerror(err));
	return -err;
}

static int refuse(const struct vcpu *vcpu, const char *subject, const char *why)
{
	log_error("%s: vCPU %u: %s", subject, vcpu->id, why);
	return -EINVAL;
}

static int refused(const struct vcpu *vcpu, const char *subject,
		   const char *what)
{
	log_error("%s: vCPU %u: %s: %s", subject, vcpu->id, what,
		  strerror(errno));
	return -EINVAL;
}

/* Bytes of a vCPU's XSAVE in this host. */
static uint32_t xsave_size(const struct vcpu *vcpu)
{
	int size = kvm_cap(vcpu->vm->kvm, KVM_CAP_XSAVE2);

	return size > (int)XSAVE_MIN ? (uint32_t)size : (uint32_t)XSAVE_MIN;
}

int state_save_xsave(struct vcpu *vcpu, struct stash *out)
{
	bool large = kvm_cap(vcpu->vm->kvm, KVM_CAP_XSAVE2);
	uint32_t size = xsave_size(vcpu);

	if (size > XSAVE_MAX) {
		errno = E2BIG;
		return failed(vcpu, "KVM_CAP_XSAVE2");
	}
	if (ioctl(vcpu->fd, large ? KVM_GET_XSAVE2 : KVM_GET_XSAVE, area))
		return failed(vcpu, "KVM_GET_XSAVE");
	STASH_PUT(out, size);
	stash_put(out, area, size);
	return 0;
}

int state_save_nested(struct vcpu *vcpu, struct stash *out)
{
	struct kvm_nested_state *nested = (void *)nested_area;
	uint32_t size = kvm_cap(vcpu->vm->kvm, KVM_CAP_NESTED_STATE);

	if (size > NESTED_MAX)
		size = NESTED_MAX;
	if (size) {
		memset(nested_area, 0, sizeof(nested_area));
		nested->size = size;
		if (ioctl(vcpu->fd, KVM_GET_NESTED_STATE, nested))
			return failed(vcpu, "KVM_GET_NESTED_STATE");
		size = nested->size;
	}
	STASH_PUT(out, size);
	stash_put(out, nested_area, size);
	return 0;
}

int state_load_xsave(struct vcpu *vcpu, struct stash *in, const char *subject)
{
	uint32_t size;

	STASH_GET(in, size);
	if (in->bad || size != xsave_size(vcpu) || size > XSAVE_MAX)
		return refuse(vcpu, subject,
			      "its XSAVE has another length than this CPU's");
	stash_get(in, area, size);
	if (in->bad)
		return refuse(vcpu, subject, "half of its XSAVE is missing");
	if (ioctl(vcpu->fd, KVM_SET_XSAVE, area))
		return refused(vcpu, subject, "KVM_SET_XSAVE");
	return 0;
}

int state_load_nested(struct vcpu *vcpu, struct stash *in, const char *subject)
{
	struct kvm_nested_state *nested = (void *)nested_area;
	uint32_t size;

	STASH_GET(in, size);
	if (in->bad || size > NESTED_MAX || (size && size < sizeof(*nested)))
		return refuse(vcpu, subject, "no nested state is so long");
	stash_get(in, nested_area, size);
	if (in->bad)
		return refuse(vcpu, subject, "its nested state is cut short");
	if (!size)
		return 0;
	nested->size = size;
	if (ioctl(vcpu->fd, KVM_SET_NESTED_STATE, nested))
		return refused(vcpu, subject, "KVM_SET_NESTED_STATE");
	return 0;
}

/* Its VMXE bit and its EFER are those of before only then (KVM API,
 * "KVM_SET_NESTED_STATE"). */
int state_leave_nested(struct vcpu *vcpu)
{
	struct kvm_nested_state *nested = (void *)nested_area;
	bool is_vmx;

	if (kvm_cap(vcpu->vm->kvm, KVM_CAP_NESTED_STATE) <= 0)
		return 0;
	nested->size = sizeof(nested_area);
	if (ioctl(vcpu->fd, KVM_GET_NESTED_STATE, nested))
		return failed(vcpu, "KVM_GET_NESTED_STATE");
	is_vmx = nested->format == KVM_STATE_NESTED_FORMAT_VMX;
	if (!(nested->flags & KVM_STATE_NESTED_GUEST_MODE) &&
	    !(is_vmx && nested->hdr.vmx.vmxon_pa != UINT64_MAX))
		return 0;
	memset(&nested->hdr, 0, sizeof(nested->hdr));
	nested->size = sizeof(*nested);
	nested->flags = is_vmx ? 0 : KVM_STATE_NESTED_GIF_SET;
	if (is_vmx)
		nested->hdr.vmx.vmxon_pa = nested->hdr.vmx.vmcs12_pa =
			UINT64_MAX;
	if (ioctl(vcpu->fd, KVM_SET_NESTED_STATE, nested))
		return failed(vcpu, "KVM_SET_NESTED_STATE");
	return 0;
}
