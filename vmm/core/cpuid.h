/* What CPUID tells a guest: what KVM supports, with this guest's topology. */
#ifndef MKVM_CPUID_H
#define MKVM_CPUID_H

#include <stdbool.h>
#include <stdint.h>

#define CPUID_ENTRIES_MAX 256 /* KVM_MAX_CPUID_ENTRIES of the kernel */

struct kvm;
struct kvm_cpuid_entry2;

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

/* That table, at @entries, which has room for CPUID_ENTRIES_MAX: how many there are,
 * or -errno after one message. */
int cpuid_get(const struct kvm *kvm, const struct cpuid_topology *topology,
	      struct kvm_cpuid_entry2 *entries);

/* Whether a guest is offered kvm-clock: built in, and not in @without. */
bool cpuid_has_kvmclock(const char *const *without);

#endif
