/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/* The 16550A, register by register as the PC16550D data sheet has them. */
#include <string.h>

#include "serial_ports.h"
#include "steps.h"
#include "util/stash.h"

#define SIXTEEN "0123456789abcdef"

static const struct step power_on[] = {
	IN(IER, 0x00),	IN(IIR, 0x01), IN(LCR, 0x00), IN(MCR, 0x00),
	IN(LSR, 0x60),	IN(MSR, 0xb0), IN(SCR, 0x00), IN(RBR, 0x00),
	OUT(LCR, 0x80), IN(DLL, 0x01), IN(DLM, 0x00), IRQ(0, 0),
	EDGES(0, 0),	READY(0),      SENT(""),
};

/* Bits that a 16550A does not have stay 0, or Linux sees another chip. */
static const struct step registers[] = {
	OUT(SCR, 0xa5), IN(SCR, 0xa5),	OUT(IER, 0xff), IN(IER, 0x0f),
	OUT(IER, 0),	OUT(MCR, 0xe0), IN(MCR, 0x00),	OUT(LCR, 0xff),
	IN(LCR, 0xff),	OUT(LSR, 0xff), IN(LSR, 0x60),	OUT(MSR, 0xff),
	IN(MSR, 0xb0),	IN(SCR, 0xa5),
};

static const struct step divisor_latch[] = {
	OUT(LCR, 0x83), OUT(DLL, 0x0c), OUT(DLM, 0x34), IN(DLL, 0x0c),
	IN(DLM, 0x34),	OUT(LCR, 0x03), IN(IER, 0x00),	OUT(THR, 'x'),
	OUT(LCR, 0x83), IN(DLL, 0x0c),	IN(DLM, 0x34),	SENT("x"),
};

static const struct step fifo_bits[] = {
	IN(IIR, 0x01),	OUT(FCR, 0x01), IN(IIR, 0xc1),	OUT(FCR, 0x21),
	IN(IIR, 0xc1),	OUT(LCR, 0x80), OUT(FCR, 0x21), IN(IIR, 0xc1),
	OUT(FCR, 0xc0), IN(IIR, 0x01),
};

/* Enabling ETBEI raises it, reading IIR lowers it, writing THR raises it. */
static const struct step thre[] = {
	OUT(MCR, 0x08), IRQ(0, 0),	OUT(IER, 0x02), IRQ(0, 1),
	IN(IIR, 0x02),	IRQ(0, 0),	IN(IIR, 0x01),	OUT(IER, 0x02),
	IRQ(0, 0),	OUT(THR, 'a'),	IRQ(0, 1),	OUT(THR, 'b'),
	OUT(THR, 'c'),	EDGES(0, 3),	IN(LSR, 0x60),	IN(IIR, 0x02),
	EDGES(0, 4),	OUT(IER, 0x00), OUT(IER, 0x02), IN(IIR, 0x02),
	SENT("abc"),
};

static const struct step receive_byte[] = {
	OUT(MCR, 0x08),
	OUT(IER, 0x01),
	READY(1),
	TYPE("ab", 1),
	IRQ(0, 1),
	IN(IIR, 0x04),
	IN(LSR, 0x61),
	IN(LSR, 0x61),
	READY(1),
	IN(RBR, 'a'),
	IRQ(0, 0),
	IN(IIR, 0x01),
	IN(LSR, 0x60),
	READY(1),
	/* the next one comes when a line could have brought it */
	UNTIL(86805),
	READY(1),
	UNTIL(86806),
	READY(2),
	TYPE("cd", 1),
	UNTIL(286806),
	IN(RBR, 'c'),
	READY(2),
	/* and after as long as this one took */
	UNTIL(486805),
	READY(2),
	UNTIL(486806),
	READY(3),
	/* but soon all the same */
	TYPE("ef", 1),
	UNTIL(5000000000ULL),
	IN(RBR, 'e'),
	READY(3),
	UNTIL(5020000000ULL),
	READY(4),
	/* who polls waits for nothing */
	TYPE("gh", 1),
	OUT(IER, 0x00),
	IN(RBR, 'g'),
	READY(4),
};

static const struct step receive_fifo[] = {
	OUT(FCR, 0x81),	       OUT(MCR, 0x08), OUT(IER, 0x01),
	TYPE(SIXTEEN "!", 16), TYPE("!", 0),   IRQ(0, 1),
	IN(IIR, 0xc4),	       IN(RBR, '0'),   IN(RBR, '1'),
	IN(RBR, '2'),	       IN(RBR, '3'),   IN(RBR, '4'),
	IN(RBR, '5'),	       IN(RBR, '6'),   IN(RBR, '7'),
	IN(IIR, 0xc4), /* eight left: still at the trigger level */
	IN(RBR, '8'),	       IN(IIR, 0xcc), /* seven: timed out */
	TYPE("g", 1),	       IN(IIR, 0xc4),  IN(RBR, '9'),
	IN(RBR, 'a'),	       IN(RBR, 'b'),   IN(RBR, 'c'),
	IN(RBR, 'd'),	       IN(RBR, 'e'),   IN(RBR, 'f'),
	IN(LSR, 0x61),	       EDGES(0, 1),    IN(RBR, 'g'),
	IN(LSR, 0x60),	       IRQ(0, 0),      IN(IIR, 0xc1),
};

static const struct step trigger_levels[] = {
	OUT(MCR, 0x08),	  OUT(IER, 0x01), OUT(FCR, 0x01), /* 1 */
	TYPE("a", 1),	  IN(IIR, 0xc4),  OUT(FCR, 0x41), /* 4 */
	IN(IIR, 0xcc),	  TYPE("bc", 2),  IN(IIR, 0xcc),  TYPE("d", 1),
	IN(IIR, 0xc4),	  OUT(FCR, 0x81), /* 8 */
	TYPE("efg", 3),	  IN(IIR, 0xcc),  TYPE("h", 1),	  IN(IIR, 0xc4),
	OUT(FCR, 0xc1), /* 14 */
	TYPE("ijklm", 5), IN(IIR, 0xcc),  TYPE("n", 1),	  IN(IIR, 0xc4),
};

static const struct step fifo_resets[] = {
	OUT(FCR, 0x01), OUT(MCR, 0x08), OUT(IER, 0x01), TYPE("abc", 3),
	OUT(FCR, 0x05), /* transmitter */
	IN(LSR, 0x61),	OUT(FCR, 0x03), IN(LSR, 0x60),	IRQ(0, 0),
	TYPE("de", 2),	IRQ(0, 1),	OUT(FCR, 0x00), IN(LSR, 0x60),
	IRQ(0, 0),	TYPE("fg", 1),	OUT(FCR, 0x02), /* needs FCR0 */
	IN(LSR, 0x61),	OUT(FCR, 0x01),			/* RBR survives */
	IN(RBR, 'f'),
};

/* A refused byte comes when a reset of the FIFO has made the room. */
static const struct step room_by_reset[] = {
	OUT(FCR, 0x01),	       OUT(MCR, 0x08), OUT(IER, 0x01), READY(1),
	TYPE(SIXTEEN "!", 16), READY(1),       OUT(FCR, 0x03), READY(1),
	UNTIL(1388896),	       READY(2),
};

/* PC16550D "Interrupt Control Functions": RLS, RDA, THRE, modem status. */
static const struct step ranking[] = {
	OUT(MCR, 0x10), OUT(IER, 0x0f), OUT(THR, 'a'),
	OUT(THR, 'b'),	/* overruns RBR */
	OUT(MCR, 0x1a), /* DCTS, DDCD */
	IRQ(0, 0),	/* OUT2 does not reach the pin in loopback */
	IN(IIR, 0x06),	IN(LSR, 0x63),	IN(IIR, 0x04),
	IN(LSR, 0x61),	IN(RBR, 'b'),	IN(IIR, 0x02),
	IN(IIR, 0x00),	IN(MSR, 0x9b),	IN(IIR, 0x01),
	IN(MSR, 0x90),	EDGES(0, 0),
};

/* Sources that are not enabled neither show nor rank. */
static const struct step masked[] = {
	OUT(MCR, 0x10),
	OUT(THR, 'a'),
	OUT(THR, 'b'),
	IN(IIR, 0x01),
	OUT(IER, 0x08),
	IN(IIR, 0x00),
	OUT(IER, 0x01),
	IN(IIR, 0x04),
	OUT(IER, 0x04),
	IN(IIR, 0x06),
	IN(LSR, 0x63),
	IN(IIR, 0x01),
	/* an overrun outlives the character that was read; no delta for RDI */
	OUT(THR, 'c'),
	IN(RBR, 'c'),
	IN(LSR, 0x62),
	OUT(MCR, 0x11),
	OUT(IER, 0x01),
	IN(IIR, 0x01),
	OUT(IER, 0x08),
	IN(IIR, 0x00),
};

static const struct step loopback_lines[] = {
	IN(MSR, 0xb0),	OUT(MCR, 0x10), IN(MSR, 0x0b), /* CTS, DSR, DCD go off */
	IN(MSR, 0x00),	OUT(MCR, 0x11), IN(MSR, 0x22), /* DTR is DSR */
	OUT(MCR, 0x12), IN(MSR, 0x13),		       /* RTS is CTS */
	OUT(MCR, 0x14), IN(MSR, 0x41), /* OUT1 is RI: begins to ring */
	OUT(MCR, 0x18), IN(MSR, 0x8c), /* OUT2 is DCD; RI has ended */
	OUT(MCR, 0x1f), IN(MSR, 0xf3),	OUT(MCR, 0x0f), IN(MSR, 0xb4),
	IN(MSR, 0xb0),
};

static const struct step modem_interrupt[] = {
	OUT(IER, 0x08), OUT(MCR, 0x08), IRQ(0, 0),     OUT(MCR, 0x18),
	OUT(MCR, 0x08), IRQ(0, 1),	IN(IIR, 0x00), IRQ(0, 1),
	IN(MSR, 0xb3),	IRQ(0, 0),	IN(IIR, 0x01),
};

/* The caller has gone: carrier and DSR drop, and the driver is told. */
static void test_hang_up(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "serial");
	fake_out(&b, MCR, 1, 0x08);
	fake_out(&b, IER, 1, 0x08);
	assert_int_equal(fake_in(&b, MSR, 1), 0xb0);
	assert_false(b.irq[0]);
	fake_hang_up(&b);
	assert_true(b.irq[0]);
	assert_int_equal(fake_in(&b, IIR, 1), 0x00);
	assert_int_equal(fake_in(&b, MSR, 1), 0x1a);
	assert_false(b.irq[0]);
	assert_int_equal(fake_in(&b, MSR, 1), 0x10);
	fake_board_close(&b);
}

/* Where it is restored somebody is there again: carrier and DSR come, as news. */
static void test_answered_again(void **state)
{
	struct stash stash = { 0 };
	struct board b;

	(void)state;
	fake_board_open(&b, "serial");
	fake_out(&b, MCR, 1, 0x08);
	fake_out(&b, IER, 1, 0x08);
	fake_hang_up(&b);
	assert_int_equal(fake_in(&b, MSR, 1), 0x1a);
	fake_save(&b, &stash);
	fake_reloading = true; /* nothing else is news */
	assert_true(fake_restore(&b, 0, &stash));
	fake_reloading = false;
	assert_true(b.irq[0]);
	assert_int_equal(fake_in(&b, MSR, 1), 0xba);
	assert_false(b.irq[0]);
	stash_free(&stash);
	fake_board_close(&b);
}

static const struct step loopback_data[] = {
	OUT(FCR, 0x01), OUT(MCR, 0x1b), OUT(THR, 'a'),	OUT(THR, 'b'),
	SENT(""),	IN(LSR, 0x61),	TYPE("x", 0),	IN(RBR, 'a'),
	IN(RBR, 'b'),	IN(LSR, 0x60),	OUT(MCR, 0x0b), OUT(THR, 'c'),
	SENT("c"),	IN(LSR, 0x60),
};

/* The seventeenth is lost, and only it; OE goes when it has been read. */
static const struct step loopback_overrun[] = {
	OUT(FCR, 0x01), OUT(MCR, 0x10), OUT(IER, 0x04), OUT(THR, 0),
	OUT(THR, 1),	OUT(THR, 2),	OUT(THR, 3),	OUT(THR, 4),
	OUT(THR, 5),	OUT(THR, 6),	OUT(THR, 7),	OUT(THR, 8),
	OUT(THR, 9),	OUT(THR, 10),	OUT(THR, 11),	OUT(THR, 12),
	OUT(THR, 13),	OUT(THR, 14),	OUT(THR, 15),	IN(IIR, 0xc1),
	OUT(THR, 16),	IN(IIR, 0xc6),	IN(LSR, 0x63),	IN(LSR, 0x61),
	IN(RBR, 0),	OUT(THR, 17),	IN(LSR, 0x61),	IN(RBR, 1),
	IN(RBR, 2),	IN(RBR, 3),	IN(RBR, 4),	IN(RBR, 5),
	IN(RBR, 6),	IN(RBR, 7),	IN(RBR, 8),	IN(RBR, 9),
	IN(RBR, 10),	IN(RBR, 11),	IN(RBR, 12),	IN(RBR, 13),
	IN(RBR, 14),	IN(RBR, 15),	IN(RBR, 17),	IN(LSR, 0x60),
};

/* Who never sets OUT2 was written for a port without the gate. */
static const struct step out2_gate[] = {
	OUT(IER, 0x02), IN(MCR, 0x00),	IRQ(0, 1),     OUT(MCR, 0x07),
	IRQ(0, 1),	OUT(MCR, 0x18), IRQ(0, 0),     OUT(MCR, 0x03),
	IRQ(0, 1),	OUT(MCR, 0x08), IRQ(0, 1),     OUT(MCR, 0x07),
	IRQ(0, 0),	OUT(MCR, 0x0f), IRQ(0, 1),     OUT(MCR, 0x1f),
	IRQ(0, 0),	OUT(MCR, 0x0f), IN(IIR, 0x02), IRQ(0, 0),
};

/* Input waits on the console until something would read it. */
static const struct step deaf_until_asked[] = {
	TYPE("x", 0),	OUT(IER, 0x01), READY(0),     TYPE("x", 0),
	OUT(MCR, 0x08), READY(1),	TYPE("x", 1), IN(RBR, 'x'),
	OUT(IER, 0x00), TYPE("x", 0),	READY(1),     OUT(IER, 0x01),
	READY(2),
};

/* As xv6 does it, OUT2 off; Linux only looks which bits IER has. */
static const struct step without_out2[] = {
	OUT(MCR, 0x00), OUT(IER, 0x0f), IN(IER, 0x0f),	READY(0),
	TYPE("x", 0),	OUT(IER, 0x00), OUT(IER, 0x01), READY(0),
	IN(LSR, 0x60),	READY(1),	TYPE("x", 1),	IRQ(0, 1),
	IN(RBR, 'x'),	IRQ(0, 0),	OUT(IER, 0x00), OUT(IER, 0x01),
	OUT(THR, 'a'),	READY(2),	OUT(MCR, 0x08), OUT(MCR, 0x00),
	TYPE("x", 0),
};

/* RTS stops the console once it has been used, and only then. */
static const struct step flow_control[] = {
	OUT(IER, 0x01), OUT(MCR, 0x0a), READY(1), OUT(MCR, 0x08), TYPE("x", 0),
	READY(1),	OUT(MCR, 0x0a), READY(2), TYPE("x", 1),	  IN(RBR, 'x'),
};

/* Printing by polling THRE must not look like a reader. */
static const struct step printing[] = {
	IN(LSR, 0x60), OUT(THR, 'a'), IN(LSR, 0x60),	IN(LSR, 0x60),
	OUT(THR, 'b'), IN(LSR, 0x60), IN(LSR, 0x60),	OUT(THR, 'c'),
	IN(LSR, 0x60), IN(LSR, 0x60), OUT(THR, 'd'),	IN(LSR, 0x60),
	IN(LSR, 0x60), OUT(THR, 'e'), IN(LSR, 0x60),	IN(LSR, 0x60),
	OUT(THR, 'f'), IN(LSR, 0x60), IN(LSR, 0x60),	OUT(THR, 'g'),
	IN(LSR, 0x60), IN(LSR, 0x60), OUT(THR, 'h'),	IN(LSR, 0x60),
	READY(0),      TYPE("x", 0),  SENT("abcdefgh"),
};

#define FOUR(step) step, step, step, step

/* Looks at the receiver through any register make a reader, MSR does not. */
static const struct step polling_rbr[] = {
	FOUR(FOUR(IN(MSR, 0xb0))),
	READY(0),
	FOUR(IN(RBR, 0x00)),
	FOUR(IN(RBR, 0x00)),
	FOUR(IN(RBR, 0x00)),
	IN(RBR, 0x00),
	IN(RBR, 0x00),
	IN(RBR, 0x00),
	READY(0),
	IN(RBR, 0x00),
	READY(1),
	TYPE("x", 1),
	IN(RBR, 'x'),
};

static const struct step polling_iir[] = {
	FOUR(FOUR(IN(IIR, 0x01))),
	READY(1),
	TYPE("x", 1),
	IN(RBR, 'x'),
};

/* A driver that sets the chip up anew has to show again that it reads. */
static const struct step polling_ends[] = {
	FOUR(FOUR(IN(LSR, 0x60))),
	READY(1),
	TYPE("x", 1),
	IN(RBR, 'x'),
	OUT(THR, 'a'),
	TYPE("y", 1),
	IN(RBR, 'y'),
	OUT(IER, 0x00),
	TYPE("z", 0),
	IN(LSR, 0x60),
	FOUR(FOUR(IN(LSR, 0x60))),
	READY(2),
};

TEST_STEPS(test_polling_rbr, "serial", polling_rbr)
TEST_STEPS(test_polling_iir, "serial", polling_iir)
TEST_STEPS(test_polling_ends, "serial", polling_ends)
TEST_STEPS(test_power_on, "serial", power_on)
TEST_STEPS(test_registers, "serial", registers)
TEST_STEPS(test_divisor_latch, "serial", divisor_latch)
TEST_STEPS(test_fifo_bits, "serial", fifo_bits)
TEST_STEPS(test_thre, "serial", thre)
TEST_STEPS(test_receive_byte, "serial", receive_byte)
TEST_STEPS(test_receive_fifo, "serial", receive_fifo)
TEST_STEPS(test_trigger_levels, "serial", trigger_levels)
TEST_STEPS(test_fifo_resets, "serial", fifo_resets)
TEST_STEPS(test_room_by_reset, "serial", room_by_reset)
TEST_STEPS(test_ranking, "serial", ranking)
TEST_STEPS(test_masked, "serial", masked)
TEST_STEPS(test_loopback_lines, "serial", loopback_lines)
TEST_STEPS(test_modem_interrupt, "serial", modem_interrupt)
TEST_STEPS(test_loopback_data, "serial", loopback_data)
TEST_STEPS(test_loopback_overrun, "serial", loopback_overrun)
TEST_STEPS(test_out2_gate, "serial", out2_gate)
TEST_STEPS(test_without_out2, "serial", without_out2)
TEST_STEPS(test_deaf_until_asked, "serial", deaf_until_asked)
TEST_STEPS(test_flow_control, "serial", flow_control)
TEST_STEPS(test_printing, "serial", printing)

/* A reader that polls, echoes, and never touches another register. */
static void test_polled_reader(void **state)
{
	static const char text[] = "polled input, one byte at a time";
	struct board b;
	size_t got = 0;

	(void)state;
	fake_board_open(&b, "serial");
	b.input = (const uint8_t *)text;
	b.input_len = strlen(text);
	for (int looks = 0; looks < 1000 && got < strlen(text); looks++) {
		if (fake_in(&b, LSR, 1) & 1) {
			assert_int_equal(fake_in(&b, RBR, 1), text[got++]);
			fake_out(&b, THR, 1, text[got - 1]);
		}
		fake_console_turn(&b);
	}
	assert_int_equal(got, strlen(text));
	assert_string_equal(b.tx, text);
	assert_int_equal(b.tx_calls, strlen(text));
	fake_board_close(&b);
}

/* The row is what the machine wires: one range, IRQ4, byte accesses. */
static void test_row(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "serial");
	assert_int_equal(b.type->ranges[0].base, 0x3f8);
	assert_int_equal(b.type->ranges[0].len, 8);
	assert_int_equal(b.type->irqs[0], 4);
	assert_int_equal(b.type->width, 1);
	fake_board_close(&b);
}

/* A line that rang, TERI, is how a guest learns that it was restored; it interrupts
 * who has asked for that, and is forgotten when it was seen. */
static void test_rings(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "serial");
	assert_true(b.type->restored(b.dev, NULL));
	assert_false(b.irq[0]);
	assert_int_equal(fake_in(&b, MSR, 1), 0xb4);
	assert_int_equal(fake_in(&b, MSR, 1), 0xb0);
	fake_out(&b, MCR, 1, 0x08);
	fake_out(&b, IER, 1, 0x08);
	assert_true(b.type->restored(b.dev, NULL));
	assert_true(b.irq[0]);
	assert_int_equal(fake_in(&b, IIR, 1) & 0x0f, 0x00);
	assert_int_equal(fake_in(&b, MSR, 1), 0xb4);
	assert_false(b.irq[0]);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_power_on),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_divisor_latch),
		cmocka_unit_test(test_fifo_bits),
		cmocka_unit_test(test_thre),
		cmocka_unit_test(test_receive_byte),
		cmocka_unit_test(test_receive_fifo),
		cmocka_unit_test(test_trigger_levels),
		cmocka_unit_test(test_fifo_resets),
		cmocka_unit_test(test_room_by_reset),
		cmocka_unit_test(test_ranking),
		cmocka_unit_test(test_masked),
		cmocka_unit_test(test_loopback_lines),
		cmocka_unit_test(test_modem_interrupt),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_answered_again),
		cmocka_unit_test(test_loopback_data),
		cmocka_unit_test(test_loopback_overrun),
		cmocka_unit_test(test_out2_gate),
		cmocka_unit_test(test_without_out2),
		cmocka_unit_test(test_deaf_until_asked),
		cmocka_unit_test(test_flow_control),
		cmocka_unit_test(test_printing),
		cmocka_unit_test(test_polling_rbr),
		cmocka_unit_test(test_polling_iir),
		cmocka_unit_test(test_polling_ends),
		cmocka_unit_test(test_polled_reader),
		cmocka_unit_test(test_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
