/* No kvm-clock: what stands in when KVMCLOCK is configured out. */
#include "core/cpuid.h"

bool cpuid_has_kvmclock(const char *const *without)
{
	(void)without;
	return false;
}
