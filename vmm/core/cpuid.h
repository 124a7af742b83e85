/* What CPUID tells a guest: what KVM supports, with this guest's topology. */
#ifndef MKVM_CPUID_H
#define MKVM_CPUID_H

#include <stdbool.h>
#include <stdint.h>

struct kvm;
struct kvm_cpuid2;

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

/* The leaves that CPUs leave to hypervisors (APM 3, Appendix E.4.4). */
static inline bool cpuid_is_kvm(uint32_t function)
{
	return function >> 28 == 4;
}

/* Adds to @list those of @supported in which KVM introduces itself, unless
 * the run goes without. @list has room for all of them. */
void cpuid_add_kvm(struct kvm_cpuid2 *list, const struct kvm_cpuid2 *supported,
		   const char *const *without);

#endif
