/*
 * The FIFOs of COM1, PC16550D "FIFO Control Register" and "FIFO Operation". The
 * transmitter needs none, as its characters take no time.
 */
#include "devices/serial.h"
#include "feature.h"

#define FCR_ENABLE     0x01
#define FCR_RCVR_RESET 0x02
#define FCR_TRIGGER(f) ((f) >> 6)

#define IIR_FIFOS 0xc0

static bool fifos_on(const struct serial *s)
{
	return s->fcr & FCR_ENABLE;
}

static void rx_clear(struct serial *s)
{
	s->rx_len = 0;
}

void serial_fifo_init(struct serial *s)
{
	s->has_fifo = board_has(s->board, "fifo");
}

/*
 * Turning the FIFOs off clears them. Turning them on does not touch what RBR
 * holds: Linux enables receive interrupts a few accesses before the FIFOs,
 * and a character that came in between would be lost.
 */
void serial_fifo_control(struct serial *s, uint8_t val)
{
	if (!s->has_fifo)
		return;
	if (!(val & FCR_ENABLE)) {
		if (fifos_on(s))
			rx_clear(s);
		s->fcr = 0; /* no other bit is programmed without FCR0 */
		return;
	}
	if (val & FCR_RCVR_RESET)
		rx_clear(s);
	s->fcr = val;
}

uint8_t serial_fifo_bits(const struct serial *s)
{
	return fifos_on(s) ? IIR_FIFOS : 0;
}

bool serial_fifo_fits(const struct serial *s)
{
	return s->rx_head < FIFO_SIZE &&
	       s->rx_len <= (fifos_on(s) ? FIFO_SIZE : 1) &&
	       (s->fcr ? s->has_fifo && fifos_on(s) : true);
}

unsigned int serial_rx_room(const struct serial *s)
{
	return (fifos_on(s) ? FIFO_SIZE : 1) - s->rx_len;
}

/*
 * One too many is lost in the shift register when the FIFOs are on, and
 * overwrites RBR when they are off.
 */
void serial_rx_put(struct serial *s, uint8_t c)
{
	if (!serial_rx_room(s)) {
		s->overrun = true;
		if (fifos_on(s))
			return;
		rx_clear(s);
	}
	s->rx[(s->rx_head + s->rx_len++) % FIFO_SIZE] = c;
}

uint8_t serial_rx_get(struct serial *s)
{
	uint8_t c = s->rx[s->rx_head];

	s->rx_head = (s->rx_head + 1) % FIFO_SIZE;
	s->rx_len--;
	return c;
}

/* Characters that must be there for RDA. */
static unsigned int rx_trigger(const struct serial *s)
{
	static const uint8_t levels[] = { 1, 4, 8, 14 };

	return fifos_on(s) ? levels[FCR_TRIGGER(s->fcr)] : 1;
}

/* The line is idle between input() calls, so a FIFO that holds less than its
 * trigger level has always timed out. */
uint8_t serial_rx_interrupt(const struct serial *s)
{
	return s->rx_len >= rx_trigger(s) ? IIR_RDA : IIR_TIMEOUT;
}

static const struct feature fifo = {
	.name = "fifo",
	.what = "FIFOs of COM1",
};

FEATURE(fifo);
