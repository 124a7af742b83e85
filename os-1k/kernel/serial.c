/*
 * COM1: a 16550A with its FIFOs on (PC16550D data sheet). IRQ 4 for input. The
 * speed is what the firmware has set.
 */
#include "kernel/kernel.h"

enum { DATA = 0x3f8, IER, FCR, LCR, MCR, LSR }; /* registers */

#define IER_INPUT 0x01
#define FCR_ON	  0x07 /* and clear them */
#define LCR_8N1	  0x03
#define MCR_ON	  0x0b /* DTR, RTS, and OUT2, which lets interrupts out */
#define LSR_INPUT 0x01
#define LSR_EMPTY 0x20
#define FIFO_SIZE 16

void serial_init(void)
{
	outb(LCR, LCR_8N1);
	outb(FCR, FCR_ON);
	outb(MCR, MCR_ON);
	outb(IER, IER_INPUT);
}

/* Where there is no serial port all bits are ones. */
void serial_interrupt(void)
{
	uint8_t lsr;

	while (tty_has_room() && (lsr = inb(LSR)) & LSR_INPUT && lsr != 0xff)
		tty_input(inb(DATA));
}

/* An empty transmitter takes a FIFO full, so it is not asked for each byte. */
void serial_put(char c)
{
	static uint32_t room;

	while (!room)
		room = inb(LSR) & LSR_EMPTY ? FIFO_SIZE : 0;
	room--;
	outb(DATA, c);
}
