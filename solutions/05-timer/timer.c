/*
 * A periodic timer: 530h is the period in ms, 531h how many ticks there were.
 * Everything follows from when the next tick is due; when timer() is called does
 * not matter.
 */
#include "device.h"

#define PORT_BASE 0x530
#define NS_PER_MS 1000000ull

struct timer {
	struct board *board;
	uint64_t due;	/* of the next tick, ns */
	uint8_t period; /* ms; 0: stopped */
	uint8_t ticks;
};

static uint64_t timer_read(void *dev, unsigned int range, uint64_t off,
			   unsigned int size)
{
	struct timer *t = dev;
	uint8_t ticks = t->ticks;

	(void)range;
	(void)size;
	if (off == 0)
		return t->period;
	t->ticks = 0;
	board_irq(t->board, 0, false);
	return ticks;
}

static void timer_write(void *dev, unsigned int range, uint64_t off,
			unsigned int size, uint64_t val)
{
	struct timer *t = dev;

	(void)range;
	(void)size;
	if (off != 0)
		return;
	t->period = val;
	t->due = board_now_ns(t->board) + t->period * NS_PER_MS;
	board_timer(t->board, t->period ? t->due : 0);
}

static void timer_due(void *dev)
{
	struct timer *t = dev;

	while (t->due <= board_now_ns(t->board)) {
		t->ticks++;
		t->due += t->period * NS_PER_MS;
	}
	board_irq(t->board, 0, true);
	board_timer(t->board, t->due);
}

static void timer_init(void *dev, struct board *board)
{
	struct timer *t = dev;

	t->board = board;
}

static const struct device_type timer = {
	.name = "timer",
	.what = "ticks at port 0x530",
	.ranges = { { DEV_PIO, PORT_BASE, 2, DEV_LANES } },
	.irqs = { 5 },
	.nr_irqs = 1,
	.width = 1,
	.size = sizeof(struct timer),
	.init = timer_init,
	.read = timer_read,
	.write = timer_write,
	.timer = timer_due,
};

DEVICE(timer);
