/*
 * COM1 without interrupts, with FIFOs or not: what holds where a run goes
 * without them and where the stand-in is linked instead.
 */
#ifndef MKVM_SERIAL_NO_IRQ_H
#define MKVM_SERIAL_NO_IRQ_H

#include "serial_ports.h"
#include "steps.h"

/* Writing THR makes THRE pending, enabling ETBEI does not; no line tells. */
static const struct step no_irq_thre[] = {
	OUT(MCR, 0x08), OUT(IER, 0x02), IN(IIR, 0x02),	IN(IIR, 0x01),
	OUT(IER, 0x00), OUT(IER, 0x02), IN(IIR, 0x01),	OUT(THR, 'a'),
	IN(IIR, 0x02),	IN(IIR, 0x01),	OUT(IER, 0x00), OUT(THR, 'b'),
	IN(IIR, 0x01),	OUT(IER, 0x02), IN(IIR, 0x02),	OUT(IER, 0x00),
	OUT(IER, 0x0f), IN(IIR, 0x01),	IRQ(0, 0),	EDGES(0, 0),
	SENT("ab"),
};

/* What comes in waits, as LSR and IIR say, for whoever looks. */
static const struct step no_irq_receive[] = {
	OUT(MCR, 0x08), OUT(IER, 0x01), READY(1),      TYPE("a", 1),
	TYPE("b", 0),	IN(IIR, 0x04),	IN(LSR, 0x61), IRQ(0, 0),
	IN(RBR, 'a'),	IN(IIR, 0x01),	IN(LSR, 0x60), READY(2),
	TYPE("b", 1),	IN(RBR, 'b'),	EDGES(0, 0),
};

static const struct step no_irq_others[] = {
	OUT(IER, 0x0c), OUT(MCR, 0x10), OUT(THR, 'a'), OUT(THR, 'b'),
	OUT(MCR, 0x08), IN(IIR, 0x06),	IN(LSR, 0x63), IN(IIR, 0x00),
	IN(MSR, 0xbb),	IN(IIR, 0x01),	EDGES(0, 0),
};

/*
 * Linux opens the port: serial8250_do_startup() sees a THRE interrupt that is
 * not raised again (UART_BUG_THRE), and then that enabling it raises none
 * (UART_BUG_TXEN).
 */
static const struct step no_irq_startup[] = {
	IN(LSR, 0x60),	IN(RBR, 0x00),	IN(IIR, 0x01),	IN(MSR, 0xb0),
	IN(LSR, 0x60),	OUT(IER, 0x02), IN(IIR, 0x02),	OUT(IER, 0x00),
	OUT(IER, 0x02), IN(IIR, 0x01),	OUT(IER, 0x00), OUT(LCR, 0x03),
	OUT(MCR, 0x08), OUT(IER, 0x02), IN(LSR, 0x60),	IN(IIR, 0x01),
	OUT(IER, 0x00), IN(LSR, 0x60),	IN(RBR, 0x00),	IN(IIR, 0x01),
	IN(MSR, 0xb0),	OUT(IER, 0x05), OUT(MCR, 0x0b), READY(1),
	TYPE("x", 1),	IRQ(0, 0),
};

/* Its timer comes with the interrupts off, and never looks at RBR. */
static const struct step no_irq_timer[] = {
	OUT(IER, 0x00), IN(IIR, 0x01), IN(LSR, 0x61),  OUT(THR, 'o'),
	OUT(THR, 'n'),	OUT(THR, 'e'), OUT(IER, 0x07), IN(LSR, 0x61),
	IRQ(0, 0),	EDGES(0, 0),   SENT("one"),
};

TEST_STEPS(check_thre, "serial", no_irq_thre)
TEST_STEPS(check_receive, "serial", no_irq_receive)
TEST_STEPS(check_others, "serial", no_irq_others)

static void check_startup(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "serial");
	RUN_STEPS(&b, no_irq_startup);
	RUN_STEPS(&b, no_irq_timer);
	fake_board_close(&b);
}

/* clang-format off */
#define NO_IRQ_TESTS(how)			\
	TEST_LACKING(check_thre, how),		\
	TEST_LACKING(check_receive, how),	\
	TEST_LACKING(check_others, how),	\
	TEST_LACKING(check_startup, how)
/* clang-format on */

#endif
