/*
 * The hypercall port of abi/hypercall.h: what a guest of a few bytes uses
 * instead of drivers. How calls are made and results are read is told there.
 */
#include <inttypes.h>
#include <stdio.h>

#include "abi/hypercall.h"
#include "devices/hypercall.h"
#include "saved.h"

#define HC_PORTS 4 /* an access is up to 4 bytes wide */

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
	hc->answer = ANSWER_CHAR;
	if (!hc->len)
		board_rx_ready(hc->board);
}

static void hc_putnum(struct hypercall *hc, uint16_t number)
{
	char text[sizeof("65535")];
	int len = snprintf(text, sizeof(text), "%" PRIu16, number);

	board_tx(hc->board, text, len);
}

static void hc_unknown(struct hypercall *hc, uint8_t function)
{
	hc->answer = ANSWER_ONES;
	board_oddity(hc->board, "unknown function", function);
}

static void hc_call(struct hypercall *hc, uint8_t function, uint16_t bx)
{
	hc->bl = bx;
	switch (function) {
	case HC_EXIT: /* programs of the original leave anything in BL */
		hc_exit(hc, 0);
		break;
	case HC_PUTCHAR:
		board_tx(hc->board, &hc->bl, 1);
		break;
	case HC_GETCHAR:
		hc_getchar(hc);
		break;
	case HC_PUTNUM:
		hc_putnum(hc, bx);
		break;
	case HC_NEWLINE:
		board_tx(hc->board, "\n", 1);
		break;
	case HC_TIME:
		hc->result = board_now_ns(hc->board);
		break;
	case HC_RANDOM:
		hc->answer = ANSWER_RANDOM;
		break;
	case HC_GUEST_ID:
		hc->result = board_guest_id(hc->board);
		break;
	case HC_EXIT_STATUS:
		hc_exit(hc, hc->bl);
		break;
	default:
		if (!hypercall_saved_call(hc, function))
			hc_unknown(hc, function);
	}
}

static void hypercall_write(void *dev, unsigned int range, uint64_t off,
			    unsigned int size, uint64_t val)
{
	struct hypercall *hc = dev;

	(void)range;
	(void)size;
	if (off) {
		board_oddity(hc->board, "write beside the port", off);
		return;
	}
	hc->answer = ANSWER_RESULT;
	hc->result = 0;
	hc_call(hc, val, board_rbx(hc->board));
}

/* The oldest waiting character. */
static uint8_t take_char(struct hypercall *hc)
{
	uint8_t c;

	if (!hc->len)
		return HC_NOCHAR;
	c = hc->fifo[hc->head];
	hc->head = (hc->head + 1) % HC_FIFO_SIZE;
	hc->len--;
	if (hc->refused && !hc->len) {
		hc->refused = false;
		board_rx_more(hc->board);
	}
	return c;
}

/* The next @size bytes of the result; zeros follow its last one. */
static uint64_t read_on(struct hypercall *hc, unsigned int size)
{
	uint64_t val = hc->result;

	hc->result >>= 8 * size;
	return val;
}

static uint64_t hypercall_read(void *dev, unsigned int range, uint64_t off,
			       unsigned int size)
{
	struct hypercall *hc = dev;
	uint64_t val = UINT64_MAX;

	(void)range;
	if (off)
		return val;
	switch (hc->answer) {
	case ANSWER_ONES:
		break;
	case ANSWER_CHAR:
		hc->answer = ANSWER_RESULT;
		hc->result = take_char(hc);
		/* fall through */
	case ANSWER_RESULT:
		val = read_on(hc, size);
		break;
	case ANSWER_RANDOM:
		board_random(hc->board, &val, size);
		break;
	case ANSWER_SAVED:
		hc->answer = ANSWER_RESULT;
		val = hypercall_saved_result(hc);
		break;
	}
	return val;
}

static size_t hypercall_input(void *dev, const uint8_t *buf, size_t len)
{
	struct hypercall *hc = dev;
	size_t taken = 0;

	while (taken < len && hc->len < HC_FIFO_SIZE)
		hc->fifo[(hc->head + hc->len++) % HC_FIFO_SIZE] = buf[taken++];
	hc->refused = taken < len;
	return taken;
}

static bool hypercall_restored(void *dev, struct stash *in)
{
	struct hypercall *hc = dev;

	(void)in;
	hc->restores++;
	if (hc->answer == ANSWER_SAVED) {
		hc->answer = ANSWER_RESULT;
		hc->result = HC_RESTORED;
	}
	return ARE_BOOLS(&hc->refused) && hc->head < HC_FIFO_SIZE &&
	       hc->len <= HC_FIFO_SIZE && hc->answer <= ANSWER_RANDOM;
}

static void hypercall_init(void *dev, struct board *board)
{
	struct hypercall *hc = dev;

	hc->board = board;
	hc->answer = ANSWER_ONES;
}

static const struct device_type hypercall = {
	.name = "hypercall",
	.what = "exit, print, getchar, time, random at port 0x500",
	.ranges = { { DEV_PIO, HC_PORT, HC_PORTS, DEV_BEGUN } },
	.width = 4,
	.size = sizeof(struct hypercall),
	.init = hypercall_init,
	.read = hypercall_read,
	.write = hypercall_write,
	.input = hypercall_input,
	.version = 1,
	.saved = offsetof(struct hypercall, fifo),
	.restored = IF_ON(CONFIG_SNAPSHOT, hypercall_restored),
};

DEVICE(hypercall);
