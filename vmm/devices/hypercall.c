/*
 * The hypercall port of abi/hypercall.h: what a guest of a few bytes uses
 * instead of drivers.
 *
 * A call is an `out` of any size, of which AL counts; the argument is BL. An
 * `in` of any size gives the result in its low byte and zeros above. String
 * instructions are the same calls one after the other, all with the same BL.
 * The ports beside 0x500 exist only as the upper bytes of wide accesses.
 */
#include "abi/hypercall.h"
#include "device.h"

#define HC_PORTS  4  /* an access is up to 4 bytes wide */
#define FIFO_SIZE 16 /* characters that wait to be asked for */

struct hypercall {
	struct board *board;
	uint8_t fifo[FIFO_SIZE];
	unsigned int head, len;
	bool want_char; /* the next `in` answers HC_GETCHAR */
	bool refused;	/* input() left something behind */
	uint8_t answer; /* to an `in` that asks for no character */
};

/*
 * Ends the guest. A status that would read as one of the VMM's own becomes
 * the largest a guest can have.
 */
static void hc_exit(struct hypercall *hc, uint8_t status)
{
	if (status > HC_STATUS_MAX) {
		board_oddity(hc->board, "exit status too large, taken as 63",
			     status);
		status = HC_STATUS_MAX;
	}
	board_stop(hc->board, BOARD_STOP_EXIT, status);
}

/* Input is asynchronous: the first call of all brings the console here. */
static void hc_getchar(struct hypercall *hc)
{
	hc->want_char = true;
	if (!hc->len)
		board_rx_ready(hc->board);
}

static void hypercall_write(void *dev, unsigned int range, uint64_t off,
			    unsigned int size, uint64_t val)
{
	struct hypercall *hc = dev;
	uint8_t function = val;
	uint8_t bl = board_rbx(hc->board);

	(void)range;
	(void)size;
	if (off) {
		board_oddity(hc->board, "write beside the port", off);
		return;
	}
	hc->want_char = false;
	hc->answer = HC_NOCHAR;
	switch (function) {
	case HC_EXIT:
		hc_exit(hc, bl);
		break;
	case HC_PUTCHAR:
		board_tx(hc->board, &bl, 1);
		break;
	case HC_GETCHAR:
		hc_getchar(hc);
		break;
	default:
		hc->answer = HC_ERROR;
		board_oddity(hc->board, "unknown function", function);
	}
}

/* The oldest waiting character; the request is used up either way. */
static uint8_t take_char(struct hypercall *hc)
{
	uint8_t c;

	hc->want_char = false;
	hc->answer = HC_NOCHAR;
	if (!hc->len)
		return HC_NOCHAR;
	c = hc->fifo[hc->head];
	hc->head = (hc->head + 1) % FIFO_SIZE;
	hc->len--;
	if (hc->refused && !hc->len) {
		hc->refused = false;
		board_rx_ready(hc->board);
	}
	return c;
}

static uint64_t hypercall_read(void *dev, unsigned int range, uint64_t off,
			       unsigned int size)
{
	struct hypercall *hc = dev;

	(void)range;
	(void)size;
	if (off)
		return UINT64_MAX;
	return hc->want_char ? take_char(hc) : hc->answer;
}

static size_t hypercall_input(void *dev, const uint8_t *buf, size_t len)
{
	struct hypercall *hc = dev;
	size_t taken = 0;

	while (taken < len && hc->len < FIFO_SIZE)
		hc->fifo[(hc->head + hc->len++) % FIFO_SIZE] = buf[taken++];
	hc->refused = taken < len;
	return taken;
}

static void hypercall_init(void *dev, struct board *board)
{
	struct hypercall *hc = dev;

	hc->board = board;
	hc->answer = HC_NOCHAR;
}

static const struct device_type hypercall = {
	.name = "hypercall",
	.what = "exit, putchar and getchar at port 0x500",
	.ranges = { { DEV_PIO, HC_PORT, HC_PORTS } },
	.width = 4,
	.size = sizeof(struct hypercall),
	.init = hypercall_init,
	.read = hypercall_read,
	.write = hypercall_write,
	.input = hypercall_input,
};

DEVICE(hypercall);
