/* What CPUID tells a guest: what KVM supports, with this guest's topology. */
#ifndef MKVM_CPUID_H
#define MKVM_CPUID_H

#include <stdbool.h>

struct kvm;

/* The vCPU that a table is made for. */
struct cpuid_topology {
	unsigned int id, nr_cpus;
	bool has_apic; /* a local APIC in the kernel, with its deadline timer */
};

/* Sets the CPUID table of the vCPU with file descriptor @vcpu_fd. 0, or -errno
 * after one message. */
int cpuid_set(const struct kvm *kvm, int vcpu_fd,
	      const struct cpuid_topology *topology);

#endif
