/* What CPUID tells a guest: what KVM supports, with this guest's topology. */
#ifndef MKVM_CPUID_H
#define MKVM_CPUID_H

#include <stdbool.h>
#include <stdint.h>

struct kvm;

/* The vCPU that a table is made for. */
struct cpuid_topology {
	unsigned int id, nr_cpus;
	bool has_apic; /* a local APIC in the kernel, with its deadline timer */
	const char *const *without; /* features left out: feature.h */
};

/* Gives the vCPU behind @vcpu_fd its CPUID table. 0, or -errno after one
 * message. */
int cpuid_set(const struct kvm *kvm, int vcpu_fd,
	      const struct cpuid_topology *topology);

/* Whether a guest is offered kvm-clock: built in, and not in @without. */
bool cpuid_has_kvmclock(const char *const *without);

#endif
