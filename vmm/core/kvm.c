/*
 * The host's /dev/kvm. Whether the CPU's own feature bits show VT-x or AMD-V
 * says nothing (KVM may sit on another back end): opening and asking does.
 * Follows the KVM API document.
 */
#include "core/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "util/log.h"

#define KVM_DEVICE "/dev/kvm"

static const struct {
	int cap;
	const char *name;
} required[] = {
	{ KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY" },
	{ KVM_CAP_SET_TSS_ADDR, "KVM_CAP_SET_TSS_ADDR" },
	{ KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID" },
	{ KVM_CAP_MP_STATE, "KVM_CAP_MP_STATE" },
	{ KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT" },
};

int kvm_cap(const struct kvm *kvm, int cap)
{
	int value = ioctl(kvm->fd, KVM_CHECK_EXTENSION, cap);

	return value < 0 ? 0 : value;
}

static const char *next_step(int err)
{
	switch (err) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return "no KVM on this machine; `make run RUN=lab` needs none, "
		       "`kvm-vmm --doctor` says more";
	case EACCES:
	case EPERM:
		return "try `sudo usermod -aG kvm $USER` and log in again; "
		       "`make run RUN=lab` needs no permission";
	default:
		return "`kvm-vmm --doctor` says more";
	}
}

static int check_required(const struct kvm *kvm)
{
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		if (kvm_cap(kvm, required[i].cap))
			continue;
		log_error("%s: lacks %s; a Linux host of 5.0 or later has it",
			  KVM_DEVICE, required[i].name);
		return -ENOTSUP;
	}
	return 0;
}

static int check_version(const struct kvm *kvm)
{
	int version = ioctl(kvm->fd, KVM_GET_API_VERSION, 0);

	if (version == KVM_API_VERSION)
		return 0;
	log_error("%s: API version %d, but %d is needed; is this really KVM?",
		  KVM_DEVICE, version, KVM_API_VERSION);
	return -ENOTSUP;
}

int kvm_open(struct kvm *kvm)
{
	int err, size;

	kvm->fd = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);
	if (kvm->fd < 0) {
		err = errno;
		log_error("%s: %s; %s", KVM_DEVICE, strerror(err),
			  next_step(err));
		return -err;
	}
	err = check_version(kvm);
	if (!err)
		err = check_required(kvm);
	if (err)
		goto close;
	size = ioctl(kvm->fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < (int)sizeof(struct kvm_run)) {
		log_error("%s: vCPU area of %d bytes is too small", KVM_DEVICE,
			  size);
		err = -ENOTSUP;
		goto close;
	}
	kvm->run_size = size;
	kvm->max_cpus = kvm_cap(kvm, KVM_CAP_MAX_VCPUS);
	return 0;
close:
	kvm_close(kvm);
	return err;
}

void kvm_close(struct kvm *kvm)
{
	close(kvm->fd);
	kvm->fd = -1;
}
