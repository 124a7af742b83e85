/* The clock: counter 0 of the 8254, as a rate generator on IRQ 0. */
#include "kernel/kernel.h"

enum { PIT_COUNTER_0 = 0x40, PIT_CONTROL = 0x43 };

#define RATE_0	0x34 /* counter 0, low byte then high, mode 2, binary */
#define PIT_HZ	1193182
#define DIVISOR ((PIT_HZ + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND)

static struct uptime now;

void timer_init(void)
{
	outb(PIT_CONTROL, RATE_0);
	outb(PIT_COUNTER_0, DIVISOR & 0xff);
	outb(PIT_COUNTER_0, DIVISOR >> 8);
}

/* Sleepers look at the clock themselves. */
void timer_interrupt(void)
{
	now.ticks++;
	if (current->state == RUNNING)
		current->ticks++;
	else
		now.idle++;
	process_wake(&now);
}

int sys_sleep(void *none, uint32_t ticks)
{
	uint32_t start = now.ticks;

	while (now.ticks - start < ticks)
		process_block(&now);
	return 0;
}

int sys_uptime(void *uptime, uint32_t none)
{
	*(struct uptime *)uptime = now;
	return 0;
}
