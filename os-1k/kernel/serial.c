/* COM1: a 16550A with its FIFOs on (PC16550D data sheet). IRQ 4 for input. */
#include "kernel/kernel.h"
#include "kernel/x86.h"

#define COM1	  0x3f8
#define DATA	  (COM1 + 0)
#define IER	  (COM1 + 1)
#define FCR	  (COM1 + 2)
#define LCR	  (COM1 + 3)
#define MCR	  (COM1 + 4)
#define LSR	  (COM1 + 5)
#define IER_INPUT 0x01
#define FCR_ON	  0x07 /* and clear them */
#define LCR_8N1	  0x03
#define LCR_DLAB  0x80
#define MCR_ON	  0x0b /* DTR, RTS, and OUT2, which lets interrupts out */
#define LSR_INPUT 0x01
#define LSR_EMPTY 0x20
#define FIFO_SIZE 16

void serial_init(void)
{
	outb(LCR, LCR_DLAB);
	outb(DATA, 1); /* 115200 baud */
	outb(IER, 0);
	outb(LCR, LCR_8N1);
	outb(FCR, FCR_ON);
	outb(MCR, MCR_ON);
	outb(IER, IER_INPUT);
	irq_enable(IRQ_SERIAL);
}

void serial_interrupt(void)
{
	while (tty_has_room() && (inb(LSR) & LSR_INPUT))
		tty_input(inb(DATA));
}

/* An empty transmitter takes a FIFO full, so it is not asked for each byte. */
void serial_put(char c)
{
	static unsigned int room;

	if (!room) {
		while (!(inb(LSR) & LSR_EMPTY))
			;
		room = FIFO_SIZE;
	}
	room--;
	outb(DATA, c);
}
