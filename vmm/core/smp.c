/* More than one vCPU per guest, and several guests at the same time. */
#include "core/smp.h"

bool smp_at_once(void)
{
	return true;
}

unsigned int smp_limit(void)
{
	return CONFIG_SMP_MAX;
}
