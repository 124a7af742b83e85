/* A clock that interrupts nobody: what stands in when RTC_IRQ8 is configured out. */
#include "devices/cmos.h"

void cmos_update_irq(struct cmos *c)
{
	(void)c;
}

void cmos_irq_init(struct cmos *c)
{
	(void)c;
}
