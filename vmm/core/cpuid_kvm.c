/*
 * The CPUID leaves by which KVM introduces itself and offers kvm-clock, as
 * KVM lists them (Documentation/virt/kvm/x86/cpuid.rst in the kernel's tree).
 */
#include "core/cpuid.h"

#include <linux/kvm.h>

#include "feature.h"

static const struct feature kvmclock = {
	.name = "kvmclock",
	.what = "kvm-clock, and the CPUID leaves that offer it",
};
FEATURE(kvmclock);

void cpuid_add_kvm(struct kvm_cpuid2 *list, const struct kvm_cpuid2 *supported,
		   const char *const *without)
{
	if (feature_is_out(without, kvmclock.name))
		return;
	for (unsigned int i = 0; i < supported->nent; i++)
		if (cpuid_is_kvm(supported->entries[i].function))
			list->entries[list->nent++] = supported->entries[i];
}
