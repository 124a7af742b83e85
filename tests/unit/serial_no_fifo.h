/*
 * COM1 without FIFOs, with interrupts or not: what holds where a run goes
 * without them and where the stand-in is linked instead.
 */
#ifndef MKVM_SERIAL_NO_FIFO_H
#define MKVM_SERIAL_NO_FIFO_H

#include <stdlib.h>

#include "serial_ports.h"
#include "steps.h"

/* Linux looks for FIFOs, finds none, but a scratch register: a 16450. */
static const struct step no_fifo_detect[] = {
	OUT(IER, 0x00), IN(IER, 0x00),	OUT(IER, 0x0f), IN(IER, 0x0f),
	OUT(IER, 0x00), OUT(MCR, 0x1a), IN(MSR, 0x92),	OUT(MCR, 0x00),
	OUT(LCR, 0xbf), OUT(FCR, 0x00), OUT(LCR, 0x00), OUT(FCR, 0x01),
	IN(IIR, 0x01),	OUT(FCR, 0x00), OUT(FCR, 0x01), IN(IIR, 0x01),
	IN(SCR, 0x00),	OUT(SCR, 0xa5), IN(SCR, 0xa5),	OUT(SCR, 0x5a),
	IN(SCR, 0x5a),	OUT(SCR, 0x00),
};

/* No value of FCR has an effect: not on IIR, the trigger, or what waits. */
static const struct step no_fifo_control[] = {
	OUT(MCR, 0x08), OUT(FCR, 0xc1), IN(IIR, 0x01),	OUT(IER, 0x01),
	TYPE("ab", 1),	IN(IIR, 0x04),	OUT(FCR, 0x07), IN(LSR, 0x61),
	IN(IIR, 0x04),	OUT(FCR, 0xff), IN(IIR, 0x04),	OUT(FCR, 0x00),
	IN(LSR, 0x61),	OUT(FCR, 0x02), IN(RBR, 'a'),	IN(LSR, 0x60),
	IN(IIR, 0x01),	IN(RBR, 0x00),	OUT(FCR, 0x81), TYPE("bc", 1),
	IN(RBR, 'b'),	TYPE("c", 1),	IN(RBR, 'c'),
};

/* In loopback each character overwrites the one that was not read. */
static const struct step no_fifo_overrun[] = {
	OUT(FCR, 0x01), OUT(MCR, 0x10), OUT(IER, 0x05), OUT(THR, 'a'),
	IN(LSR, 0x61),	OUT(THR, 'b'),	IN(IIR, 0x06),	IN(LSR, 0x63),
	IN(IIR, 0x04),	IN(LSR, 0x61),	IN(RBR, 'b'),	IN(LSR, 0x60),
	OUT(THR, 'c'),	OUT(THR, 'd'),	OUT(THR, 'e'),	IN(RBR, 'e'),
	IN(LSR, 0x62),	IN(RBR, 0x00),	IN(IIR, 0x01),	SENT(""),
};

/* size_fifo(): what comes back of 256 bytes sent in loopback. */
static void check_size(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "serial");
	fake_out(&b, FCR, 1, 0x07);
	fake_out(&b, MCR, 1, 0x10);
	for (int i = 0; i < 256; i++)
		fake_out(&b, THR, 1, i);
	assert_int_equal(fake_in(&b, LSR, 1), 0x63);
	assert_int_equal(fake_in(&b, RBR, 1), 255);
	assert_int_equal(fake_in(&b, LSR, 1), 0x60);
	fake_board_close(&b);
}

/*
 * 10,000 characters typed faster than they are read, to a driver that polls,
 * prints meanwhile and tries to turn FIFOs on: every one arrives.
 */
static void check_stream(void **state)
{
	enum { LEN = 10000 };
	uint8_t *stream = malloc(LEN);
	unsigned int seed = 1;
	size_t got = 0;
	struct board b;

	(void)state;
	assert_non_null(stream);
	for (size_t i = 0; i < LEN; i++)
		stream[i] = rand_r(&seed);
	fake_board_open(&b, "serial");
	b.input = stream;
	b.input_len = LEN;
	fake_out(&b, MCR, 1, 0x0b);
	fake_out(&b, IER, 1, 0x05);
	for (int turns = 0; turns < 100 * LEN && got < LEN; turns++) {
		if (!(rand_r(&seed) % 4))
			fake_console_turn(&b);
		if (!(rand_r(&seed) % 4))
			fake_run_until(&b, b.now_ns + 100000);
		if (!(rand_r(&seed) % 8))
			fake_out(&b, FCR, 1, 0x81);
		if (!(rand_r(&seed) % 8))
			fake_out(&b, THR, 1, '.');
		if (fake_in(&b, LSR, 1) & 0x01)
			assert_int_equal(fake_in(&b, RBR, 1), stream[got++]);
	}
	assert_int_equal(got, LEN);
	assert_int_equal(fake_in(&b, LSR, 1), 0x60);
	fake_board_close(&b);
	free(stream);
}

TEST_STEPS(check_detect, "serial", no_fifo_detect)
TEST_STEPS(check_control, "serial", no_fifo_control)
TEST_STEPS(check_overrun, "serial", no_fifo_overrun)

/* clang-format off */
#define NO_FIFO_TESTS(how)			\
	TEST_LACKING(check_detect, how),	\
	TEST_LACKING(check_control, how),	\
	TEST_LACKING(check_overrun, how),	\
	TEST_LACKING(check_size, how),		\
	TEST_LACKING(check_stream, how)
/* clang-format on */

#endif
