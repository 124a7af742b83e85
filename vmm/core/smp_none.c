/* One vCPU per guest: what stands in when multi-vCPU is configured out. */
#include "core/smp.h"

unsigned int smp_limit(void)
{
	return 1;
}

bool smp_at_once(void)
{
	return false;
}

void smp_introduce(int fd)
{
	(void)fd;
}
