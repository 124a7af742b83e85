/* The clock: counter 0 of the 8254, as a rate generator on IRQ 0. */
#include "kernel/kernel.h"
#include "kernel/x86.h"

#define PIT_HZ	      1193182
#define PIT_COUNTER_0 0x40
#define PIT_CONTROL   0x43
#define RATE_0	      0x34 /* counter 0, low byte then high, mode 2, binary */
#define DIVISOR	      ((PIT_HZ + TICKS_PER_SECOND / 2) / TICKS_PER_SECOND)

uint32_t timer_ticks, timer_idle_ticks;

void timer_init(void)
{
	outb(PIT_CONTROL, RATE_0);
	outb(PIT_COUNTER_0, DIVISOR & 0xff);
	outb(PIT_COUNTER_0, DIVISOR >> 8);
	irq_enable(IRQ_TIMER);
}

/* Sleepers look at the clock themselves, see sys_sleep(). */
void timer_interrupt(void)
{
	timer_ticks++;
	if (current->state == RUNNING)
		current->ticks++;
	else
		timer_idle_ticks++;
	process_wake(&timer_ticks);
}
