/*
 * The receiving half of a 16550 at port 540h. So far it holds one byte.
 */
#include "device.h"

#define PORT_BASE 0x540
#define DATA	  0
#define STATUS	  1
#define CONTROL	  2

#define STATUS_READY  0x01
#define CONTROL_EMPTY 0x02
#define TRIGGER_SHIFT 6
#define FIFO_SIZE     16

struct uart {
	struct board *board;
	uint8_t fifo[FIFO_SIZE];
	unsigned int first, count; /* the oldest byte, and how many there are */
	unsigned int trigger;
};

static uint64_t uart_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	struct uart *u = dev;

	(void)range;
	(void)size;
	switch (off) {
	case DATA:
		u->count = 0;
		return u->fifo[0];
	case STATUS:
		return u->count ? STATUS_READY : 0;
	}
	return 0;
}

static void uart_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	struct uart *u = dev;
	uint8_t byte = val;

	(void)range;
	(void)size;
	if (off == DATA)
		board_tx(u->board, &byte, 1);
}

static size_t uart_input(void *dev, const uint8_t *buf, size_t len)
{
	struct uart *u = dev;

	if (!len)
		return 0;
	u->fifo[0] = buf[0];
	u->count = 1;
	return 1;
}

static void uart_init(void *dev, struct board *board)
{
	struct uart *u = dev;

	u->board = board;
	u->trigger = 1;
}

static const struct device_type uart = {
	.name = "uart",
	.what = "half a UART at port 0x540",
	.ranges = { { DEV_PIO, PORT_BASE, 3, DEV_LANES } },
	.irqs = { 4 },
	.nr_irqs = 1,
	.width = 1,
	.size = sizeof(struct uart),
	.init = uart_init,
	.read = uart_read,
	.write = uart_write,
	.input = uart_input,
};

DEVICE(uart);
