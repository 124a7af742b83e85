/*
 * kvm-clock, which CPUID offers by bits of a leaf of KVM's own
 * (Documentation/virt/kvm/x86/cpuid.rst in the kernel's tree).
 */
#include "core/cpuid.h"

#include "feature.h"

static const struct feature kvmclock = {
	.name = "kvmclock",
	.what = "kvm-clock, which a guest reads from memory",
};
FEATURE(kvmclock);

bool cpuid_has_kvmclock(const char *const *without)
{
	return !feature_is_out(without, kvmclock.name);
}
