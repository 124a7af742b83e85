/* KVM stays incognito: what stands in when KVMCLOCK is configured out. */
#include "core/cpuid.h"

void cpuid_add_kvm(struct kvm_cpuid2 *list, const struct kvm_cpuid2 *supported,
		   const char *const *without)
{
	(void)list;
	(void)supported;
	(void)without;
}
