/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/*
 * The 16550A as a driver meets it: the probes and the start-up that Linux's
 * 8250 driver makes, then 100,000 bytes to a reader that does its worst.
 */
#include <stdlib.h>
#include <string.h>

#include "serial_ports.h"
#include "steps.h"

/* Is there a UART, and does it have 16550A FIFOs? */
static const struct step detect[] = {
	OUT(IER, 0x00), IN(IER, 0x00),	OUT(IER, 0x0f), IN(IER, 0x0f),
	OUT(IER, 0x00), OUT(MCR, 0x1a), IN(MSR, 0x92),	OUT(MCR, 0x00),
	OUT(LCR, 0xbf), OUT(FCR, 0x00), OUT(LCR, 0x00), OUT(FCR, 0x01),
	IN(IIR, 0xc1),
};

/* Everything that would make it a later chip: each answer says no. */
static const struct step variants[] = {
	OUT(FCR, 0x01),
	/* 16650: EFR would read 0 */
	OUT(LCR, 0x80),
	IN(FCR, 0xc1),
	OUT(LCR, 0xbf),
	IN(FCR, 0xc1),
	/* NS16550A: EXCR1 would follow MCR's LOOP bit */
	OUT(LCR, 0x00),
	IN(MCR, 0x00),
	OUT(LCR, 0xe0),
	IN(FCR, 0xc1),
	OUT(LCR, 0x00),
	OUT(MCR, 0x10),
	OUT(LCR, 0xe0),
	IN(FCR, 0xc1),
	OUT(LCR, 0x00),
	OUT(MCR, 0x00),
	/* TI16750: bit 5 of IIR would show 64-byte FIFOs */
	OUT(FCR, 0x21),
	IN(IIR, 0xc1),
	OUT(FCR, 0x01),
	OUT(LCR, 0x80),
	OUT(FCR, 0x21),
	IN(IIR, 0xc1),
	OUT(FCR, 0x01),
	OUT(LCR, 0x00),
	/* XScale: IER would have a unit enable bit */
	IN(IER, 0x00),
	OUT(IER, 0x40),
	IN(IER, 0x00),
	OUT(IER, 0x00),
};

/* The transmitter interrupt comes each time it is enabled. */
static const struct step startup[] = {
	OUT(FCR, 0x01), OUT(FCR, 0x07), OUT(FCR, 0x00), IN(LSR, 0x60),
	IN(RBR, 0x00),	IN(IIR, 0x01),	IN(MSR, 0xb2),	IN(LSR, 0x60),
	OUT(IER, 0x02), IN(IIR, 0x02),	OUT(IER, 0x00), OUT(IER, 0x02),
	IN(IIR, 0x02),	OUT(IER, 0x00), OUT(LCR, 0x03), OUT(MCR, 0x08),
	OUT(IER, 0x02), IN(LSR, 0x60),	IN(IIR, 0x02),	OUT(IER, 0x00),
	IN(LSR, 0x60),	IN(RBR, 0x00),	IN(IIR, 0x01),	IN(MSR, 0xb0),
	READY(0),
};

static const struct step set_termios[] = {
	OUT(IER, 0x05), OUT(LCR, 0x93), OUT(RBR, 0x01),
	OUT(IER, 0x00), OUT(LCR, 0x13), OUT(FCR, 0x01),
	OUT(FCR, 0x81), OUT(MCR, 0x0b), IN(IER, 0x05),
};

static void boot(struct board *b)
{
	fake_board_open(b, "serial");
	RUN_STEPS(b, detect);
	RUN_STEPS(b, startup);
	RUN_STEPS(b, set_termios);
}

static void test_probes(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "serial");
	RUN_STEPS(&b, detect);
	RUN_STEPS(&b, variants);
	assert_int_equal(b.oddities, 0);
	fake_board_close(&b);
}

/* size_fifo(): what comes back of 256 bytes sent in loopback. */
static void test_fifo_size(void **state)
{
	struct board b;
	int count = 0;

	(void)state;
	fake_board_open(&b, "serial");
	fake_out(&b, FCR, 1, 0x07);
	fake_out(&b, MCR, 1, 0x10);
	for (int i = 0; i < 256; i++)
		fake_out(&b, THR, 1, i);
	while ((fake_in(&b, LSR, 1) & 0x01) && count < 256)
		assert_int_equal(fake_in(&b, RBR, 1), count++);
	assert_int_equal(count, 16);
	fake_board_close(&b);
}

#define FIFO_NS 2000000 /* after so long the next characters come */

/* Nothing is read before the port is open, and then it is all there. */
static void test_typed_ahead(void **state)
{
	static const char text[] = "typed before the driver was up\n";
	struct board b;
	size_t got = 0;

	(void)state;
	fake_board_open(&b, "serial");
	b.feed_at_once = true;
	b.input = (const uint8_t *)text;
	b.input_len = strlen(text);
	RUN_STEPS(&b, detect);
	RUN_STEPS(&b, startup);
	assert_int_equal(b.input_len, strlen(text));
	RUN_STEPS(&b, set_termios);
	for (int turn = 0; turn < 3; turn++) {
		while (fake_in(&b, LSR, 1) & 0x01)
			assert_int_equal(fake_in(&b, RBR, 1), text[got++]);
		fake_run_until(&b, b.now_ns + FIFO_NS);
	}
	assert_int_equal(got, strlen(text));
	fake_board_close(&b);
}

/* Sends as serial8250_tx_chars() does: 16 bytes for one interrupt. */
static void test_transmit(void **state)
{
	enum { LEN = 1000 };
	struct board b;
	unsigned int sent = 0, interrupts = 0, changes;

	(void)state;
	boot(&b);
	changes = b.irq_changes[0];
	fake_out(&b, IER, 1, 0x07);
	while (sent < LEN) {
		assert_true(b.irq[0]);
		assert_int_equal(fake_in(&b, IIR, 1), 0xc2);
		assert_false(b.irq[0]);
		assert_int_equal(fake_in(&b, LSR, 1), 0x60);
		for (int i = 0; i < 16 && sent < LEN; i++)
			fake_out(&b, THR, 1, 'a' + sent++ % 26);
		interrupts++;
	}
	fake_out(&b, IER, 1, 0x05);
	assert_false(b.irq[0]);
	assert_int_equal(b.tx_len, LEN);
	assert_int_equal(b.tx_calls, LEN);
	for (int i = 0; i < LEN; i++)
		assert_int_equal(b.tx[i], 'a' + i % 26);
	assert_int_equal(interrupts, (LEN + 15) / 16);
	/* Up and down once, and twice more for each IIR read and burst. */
	changes = b.irq_changes[0] - changes;
	assert_int_equal(changes, 2 + 2 * interrupts);
	fake_board_close(&b);
}

/* --- 100,000 bytes ------------------------------------------------------- */

#define STREAM_LEN 100000

struct reader {
	struct board b;
	uint8_t *stream;
	size_t got;
	unsigned int seed;
};

static unsigned int roll(struct reader *r, unsigned int sides)
{
	return (unsigned int)rand_r(&r->seed) % sides;
}

/* Reads up to @max bytes; each must be the next of the stream. */
static void read_some(struct reader *r, unsigned int max)
{
	while (max-- && (fake_in(&r->b, LSR, 1) & 0x01)) {
		assert_true(r->got < STREAM_LEN);
		assert_int_equal(fake_in(&r->b, RBR, 1), r->stream[r->got]);
		r->got++;
	}
}

/* What an interrupt handler may do: too little, too much, or just right. */
static void handle_irq(struct reader *r)
{
	if (!r->b.irq[0])
		return;
	assert_int_not_equal(fake_in(&r->b, IIR, 1) & 0x0f, 0x01);
	read_some(r, 1 + roll(r, 20));
}

/* What else a driver does meanwhile; none of it discards input. */
static void disturb(struct reader *r)
{
	static const uint8_t triggers[] = { 0x01, 0x41, 0x81, 0xc1 };

	switch (roll(r, 8)) {
	case 0: /* a console write: receive interrupts off and on */
		fake_out(&r->b, IER, 1, 0x00);
		fake_console_turn(&r->b);
		fake_in(&r->b, LSR, 1);
		fake_out(&r->b, THR, 1, '.');
		fake_out(&r->b, IER, 1, 0x05);
		break;
	case 1: /* throttled and let go */
		fake_out(&r->b, MCR, 1, 0x09);
		fake_console_turn(&r->b);
		handle_irq(r);
		fake_out(&r->b, MCR, 1, 0x0b);
		break;
	case 2:
		fake_out(&r->b, FCR, 1, triggers[roll(r, 4)]);
		break;
	case 3: /* a transmit interrupt in between */
		fake_out(&r->b, IER, 1, 0x07);
		fake_in(&r->b, IIR, 1);
		fake_out(&r->b, IER, 1, 0x05);
		break;
	case 4: /* a poll */
		read_some(r, roll(r, 4));
		break;
	}
}

static void receive_stream(unsigned int seed, bool at_once)
{
	struct reader r = { .seed = seed };
	int idle = 0;

	r.stream = malloc(STREAM_LEN);
	assert_non_null(r.stream);
	for (size_t i = 0; i < STREAM_LEN; i++)
		r.stream[i] = roll(&r, 256);
	fake_board_open(&r.b, "serial");
	r.b.feed_at_once = at_once;
	r.b.input = r.stream;
	r.b.input_len = STREAM_LEN;
	RUN_STEPS(&r.b, detect);
	RUN_STEPS(&r.b, startup);
	RUN_STEPS(&r.b, set_termios);
	while (r.got < STREAM_LEN) {
		size_t before = r.got;

		r.b.chunk = roll(&r, 40);
		if (!at_once && roll(&r, 2))
			fake_console_turn(&r.b);
		handle_irq(&r);
		if (!roll(&r, 4))
			disturb(&r);
		idle = r.got == before ? idle + 1 : 0;
		assert_true(idle < 200); /* else it has stalled */
	}
	assert_int_equal(r.b.input_len, 0);
	assert_int_equal(fake_in(&r.b, LSR, 1), 0x60);
	fake_board_close(&r.b);
	free(r.stream);
}

static void test_stream(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 4; seed++)
		receive_stream(seed, false);
}

/* The same with a console that answers inside board_rx_ready(). */
static void test_stream_reentrant(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= 4; seed++)
		receive_stream(seed, true);
}

/* With the FIFOs off it is slow, but nothing is lost either. */
static void test_stream_16450(void **state)
{
	struct reader r = { .seed = 1 };
	uint8_t text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i * 7;
	r.stream = text;
	boot(&r.b);
	fake_out(&r.b, FCR, 1, 0x00);
	r.b.input = text;
	r.b.input_len = sizeof(text);
	while (r.got < sizeof(text)) {
		size_t before = r.got;

		fake_console_turn(&r.b);
		assert_true(r.b.irq[0]);
		assert_int_equal(fake_in(&r.b, IIR, 1), 0x04);
		read_some(&r, 2);
		assert_int_equal(r.got, before + 1);
		assert_false(r.b.irq[0]);
		fake_run_until(&r.b, r.b.now_ns + FIFO_NS);
	}
	fake_board_close(&r.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_fifo_size),
		cmocka_unit_test(test_typed_ahead),
		cmocka_unit_test(test_transmit),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stream_reentrant),
		cmocka_unit_test(test_stream_16450),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
