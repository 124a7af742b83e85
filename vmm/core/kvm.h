/* The host's /dev/kvm: opening it and asking what it can do. */
#ifndef MKVM_KVM_H
#define MKVM_KVM_H

#include <stddef.h>

struct kvm {
	int fd;
	size_t run_size;       /* bytes of a vCPU's shared kvm_run area */
	unsigned int max_cpus; /* vCPUs one VM may have */
};

/*
 * Opens /dev/kvm and checks the API version and every capability that the
 * VMM cannot do without, by name. 0, or -errno after one message that says
 * the next step. (KVM API, "KVM_GET_API_VERSION", "KVM_CHECK_EXTENSION")
 */
int kvm_open(struct kvm *kvm);
void kvm_close(struct kvm *kvm);

/* The value of capability @cap (KVM_CAP_...): 0 means absent. */
int kvm_cap(const struct kvm *kvm, int cap);

#endif
