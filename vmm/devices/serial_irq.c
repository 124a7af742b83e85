/* The interrupts of COM1: its line to the controllers, IRQ4, and asking again. */
#include "devices/serial.h"
#include "feature.h"

void serial_irq_init(struct serial *s)
{
	s->has_irq = board_has(s->board, "irq4");
}

/* In loopback OUT2 is forced inactive at the pin, and so is the gate. */
void serial_irq_update(struct serial *s)
{
	bool gate = (s->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;
	bool level = gate && serial_interrupt_id(s) != IIR_NONE;

	if (!s->has_irq || level == s->level)
		return;
	s->level = level;
	board_irq(s->board, 0, level);
}

/* THR is empty, so enabling its interrupt raises it. */
void serial_irq_enable_thre(struct serial *s)
{
	if (s->has_irq)
		s->thre_pending = true;
}

static const struct feature irq4 = {
	.name = "irq4",
	.what = "interrupts of COM1",
};

FEATURE(irq4);
