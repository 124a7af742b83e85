/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/*
 * COM1 in a run without its interrupts, without its FIFOs, and without either:
 * --no-irq4 and --no-fifo.
 */
#include "serial_no_fifo.h"
#include "serial_no_irq.h"

static const char *const irq4[] = { "irq4", NULL };
static const char *const fifo[] = { "fifo", NULL };
static const char *const both[] = { "fifo", "irq4", NULL };

static int without_irq(void **state)
{
	(void)state;
	fake_without = irq4;
	return 0;
}

static int without_fifo(void **state)
{
	(void)state;
	fake_without = fifo;
	return 0;
}

static int without_both(void **state)
{
	(void)state;
	fake_without = both;
	return 0;
}

/* The FIFOs are as ever, and trigger levels show in IIR. */
static const struct step no_irq_fifo[] = {
	OUT(FCR, 0x41), IN(IIR, 0xc1),	OUT(MCR, 0x08),
	OUT(IER, 0x01), TYPE("abc", 3), IN(IIR, 0xcc),
	TYPE("d", 1),	IN(IIR, 0xc4),	TYPE("0123456789ab!", 12),
	IN(RBR, 'a'),	IN(IIR, 0xc4),	OUT(FCR, 0x43),
	IN(LSR, 0x60),	IN(IIR, 0xc1),	EDGES(0, 0),
};

/* An interrupt per character: 8250 drivers ask a 16450 no more. */
static const struct step no_fifo_irq[] = {
	OUT(FCR, 0xc1), OUT(MCR, 0x08), OUT(IER, 0x01), IRQ(0, 0),
	TYPE("ab", 1),	IRQ(0, 1),	READY(1),	IN(IIR, 0x04),
	IN(RBR, 'a'),	IRQ(0, 0),	UNTIL(86806),	READY(2),
	TYPE("b", 1),	IRQ(0, 1),	OUT(FCR, 0x07), IRQ(0, 1),
	IN(RBR, 'b'),	IRQ(0, 0),	EDGES(0, 4),	OUT(IER, 0x02),
	IRQ(0, 1),	IN(IIR, 0x02),	IRQ(0, 0),	OUT(THR, 'x'),
	IRQ(0, 1),	IN(IIR, 0x02),	OUT(IER, 0x00), OUT(IER, 0x02),
	IRQ(0, 1),	SENT("x"),
};

TEST_STEPS(test_no_irq_fifo, "serial", no_irq_fifo)
TEST_STEPS(test_no_fifo_irq, "serial", no_fifo_irq)

int main(void)
{
	const struct CMUnitTest tests[] = {
		NO_IRQ_TESTS(without_irq),
		TEST_LACKING(test_no_irq_fifo, without_irq),
		NO_FIFO_TESTS(without_fifo),
		TEST_LACKING(test_no_fifo_irq, without_fifo),
		NO_IRQ_TESTS(without_both),
		NO_FIFO_TESTS(without_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
