/*
 * COM1 without interrupts: what stands in when they are configured out. IIR
 * tells what is pending to who looks, but nothing drives the line; and THRE is
 * pending once for each write to THR, not again because a driver enables it.
 * There are UARTs that do so: Linux finds out and helps itself with a timer,
 * for what it sends.
 */
#include "devices/serial.h"

void serial_irq_init(struct serial *s)
{
	(void)s;
}

void serial_irq_fed(struct serial *s)
{
	(void)s;
}

void serial_irq_more(struct serial *s)
{
	s->refused = false;
	board_rx_more(s->board);
}

void serial_irq_rested(void *dev)
{
	(void)dev;
}

void serial_irq_update(struct serial *s)
{
	(void)s;
}

void serial_irq_enable_thre(struct serial *s)
{
	(void)s;
}
