/* The interrupts of COM1: its line to the controllers, IRQ4, and asking again. */
#include "devices/serial.h"
#include "feature.h"

#define CHAR_NS	    86806ULL /* 10 bits at 115200 baud */
#define REST_MAX_NS 20000000

void serial_irq_init(struct serial *s)
{
	s->has_irq = board_has(s->board, "irq4");
}

void serial_irq_update(struct serial *s)
{
	bool level = serial_gate_is_open(s) &&
		     serial_interrupt_id(s) != IIR_NONE;

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

void serial_irq_fed(struct serial *s)
{
	s->fed_ns = board_now_ns(s->board);
}

/*
 * Who takes characters by interrupts gets no more of them than a fast line would
 * bring, and as long a rest as they have taken: else one interrupt follows
 * the other, and the CPU that serves them gets to nothing else. Linux reads what
 * has come in a kernel thread, and drops all beyond 64 KiB that wait for it.
 */
void serial_irq_more(struct serial *s)
{
	uint64_t now_ns, took_ns, rest_ns;

	if (s->resting)
		return;
	if (!s->has_irq || !(s->ier & IER_ERBFI)) {
		s->refused = false;
		board_rx_more(s->board);
		return;
	}
	now_ns = board_now_ns(s->board);
	took_ns = now_ns - s->fed_ns;
	rest_ns = took_ns < REST_MAX_NS ? took_ns : REST_MAX_NS;
	if (took_ns + rest_ns < serial_rx_room(s) * CHAR_NS)
		rest_ns = serial_rx_room(s) * CHAR_NS - took_ns;
	s->resting = true;
	board_timer(s->board, now_ns + rest_ns);
}

void serial_irq_rested(void *dev)
{
	struct serial *s = dev;

	s->resting = false;
	if (!s->refused || !s->listening || s->rx_len)
		return;
	s->refused = false;
	board_rx_more(s->board);
}

static const struct feature irq4 = {
	.name = "irq4",
	.what = "interrupts of COM1",
};

FEATURE(irq4);
