/*
 * COM1 without FIFOs: what stands in when they are configured out. A 16450,
 * which holds one character that came, and lacks FCR and its bits in IIR.
 */
#include "devices/serial.h"

void serial_fifo_init(struct serial *s)
{
	(void)s;
}

void serial_fifo_control(struct serial *s, uint8_t val)
{
	(void)s;
	(void)val;
}

uint8_t serial_fifo_bits(const struct serial *s)
{
	(void)s;
	return 0;
}

bool serial_fifo_fits(const struct serial *s)
{
	return !s->rx_head && s->rx_len <= 1 && !s->fcr;
}

unsigned int serial_rx_room(const struct serial *s)
{
	return 1 - s->rx_len;
}

/* One too many overwrites what was there. */
void serial_rx_put(struct serial *s, uint8_t c)
{
	if (s->rx_len)
		s->overrun = true;
	s->rx[0] = c;
	s->rx_len = 1;
}

uint8_t serial_rx_get(struct serial *s)
{
	s->rx_len = 0;
	return s->rx[0];
}

uint8_t serial_rx_interrupt(const struct serial *s)
{
	(void)s;
	return IIR_RDA;
}
