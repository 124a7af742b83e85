/* objects: devices/pic.o */
/*
 * The pair of 8259As: initialisation, edges and levels, masks, priorities, the
 * cascade, and interrupts that vanish.
 */
#include "pic_steps.h"

static const struct step power_on[] = {
	INTR(0),      LINE(0, 1),   INTR(0), /* nobody has initialised it */
	LINE(8, 1),   INTR(0),	    IN(ELCR, 0), IN(ELCR2, 0),
	IN(MMASK, 0), IN(SMASK, 0), ODD(0),
};

static const struct step one_interrupt[] = {
	INIT,	     OUT(MMASK, 0xfe), IN(MMASK, 0xfe),	 LINE(0, 1),
	INTR(1),     IN(M, 0x01),      OUT(M, READ_ISR), IN(M, 0x00),
	ACK(0x20),   INTR(0),	       IN(M, 0x01),	 OUT(M, READ_IRR),
	IN(M, 0x00), LINE(0, 0),       LINE(0, 1),	 INTR(0),
	IN(M, 0x01), OUT(M, EOI),      INTR(1),		 ACK(0x20),
	OUT(M, EOI), INTR(0),	       OUT(M, READ_ISR), IN(M, 0x00),
};

/* A line that stays high asks once in edge mode. */
static const struct step edge[] = {
	INIT,
	LINE(4, 1),
	ACK(0x24),
	OUT(M, EOI),
	INTR(0),
	LINE(4, 0),
	INTR(0),
	LINE(4, 1),
	INTR(1),
	ACK(0x24),
	OUT(M, EOI),
	/* high already when ICW1 comes: not an edge */
	INIT,
	INTR(0),
	LINE(4, 0),
	LINE(4, 1),
	INTR(1),
};

static const struct step level[] = {
	INIT,
	OUT(ELCR, 0x20),
	LINE(5, 1),
	ACK(0x25),
	INTR(0),
	IN(M, 0x20),
	OUT(M, EOI),
	INTR(1),
	ACK(0x25),
	LINE(5, 0),
	OUT(M, EOI),
	INTR(0),
	/* all inputs of a chip by ICW1 */
	INIT_WITH(0x19, 0x01, 0x01),
	LINE(3, 1),
	ACK(0x23),
	OUT(M, EOI),
	INTR(1),
	ACK(0x23),
	LINE(3, 0),
	OUT(M, EOI),
	INTR(0),
	/* a line that is high becomes a level */
	INIT,
	OUT(ELCR, 0x00),
	LINE(6, 1),
	ACK(0x26),
	OUT(M, EOI),
	INTR(0),
	OUT(ELCR, 0x40),
	INTR(1),
	/* high when ICW1 comes: a level asks at once */
	INIT,
	INTR(1),
	ACK(0x26),
};

/* Timer, keyboard, cascade, clock and FPU stay edges; the rest is kept. */
static const struct step elcr[] = {
	OUT(ELCR, 0xff), IN(ELCR, 0xf8), OUT(ELCR2, 0xff),
	IN(ELCR2, 0xde), INIT,		 IN(ELCR, 0xf8),
	IN(ELCR2, 0xde), LINE(11, 1),	 ACK(0x2b),
	OUT(S, EOI),	 OUT(M, EOI),	 INTR(1),
	ACK(0x2b),	 LINE(11, 0),	 OUT(S, EOI),
	OUT(M, EOI),	 INTR(0),
};

/* An edge that waits is not forgotten when another line becomes a level. */
static const struct step edge_stays[] = {
	INIT,	     OUT(MMASK, 0xff), LINE(4, 1), OUT(ELCR, 0x20),
	IN(M, 0x10), OUT(MMASK, 0x00), INTR(1),	   ACK(0x24),
};

static const struct step masks[] = {
	INIT,
	OUT(MMASK, MASK_ALL),
	LINE(1, 1),
	INTR(0),
	IN(M, 0x02),
	OUT(MMASK, 0xfd),
	INTR(1),
	OUT(MMASK, MASK_ALL),
	INTR(0),
	OUT(MMASK, 0xfd),
	INTR(1),
	ACK(0x21),
	OUT(M, EOI),
	/* ICW1 clears the mask */
	OUT(MMASK, MASK_ALL),
	INIT,
	IN(MMASK, 0),
};

/* 0 is the highest; the slave's eight stand where 2 is. */
static const struct step fixed_priority[] = {
	INIT,	     LINE(7, 1), LINE(3, 1),  LINE(15, 1), LINE(8, 1),
	LINE(1, 1),  ACK(0x21),	 INTR(0),     LINE(0, 1),  INTR(1),
	ACK(0x20),   INTR(0),	 OUT(M, EOI), INTR(0),	   OUT(M, EOI),
	INTR(1),     ACK(0x28),	 INTR(0),     OUT(S, EOI), OUT(M, EOI),
	INTR(1),     ACK(0x2f),	 INTR(0),     OUT(S, EOI), INTR(0),
	OUT(M, EOI), INTR(1),	 ACK(0x23),   OUT(M, EOI), ACK(0x27),
	OUT(M, EOI), INTR(0),
};

static const struct step cascade[] = {
	INIT,
	OUT(MMASK, 0xfb),
	OUT(SMASK, 0xef),
	LINE(12, 1),
	INTR(1),
	IN(M, 0x04),
	IN(S, 0x10),
	ACK(0x2c),
	OUT(M, READ_ISR),
	IN(M, 0x04),
	OUT(S, READ_ISR),
	IN(S, 0x10),
	/* a higher one of the slave waits for the master's EOI */
	OUT(SMASK, 0xee),
	LINE(8, 1),
	INTR(0),
	OUT(S, EOI),
	INTR(0),
	OUT(M, EOI),
	INTR(1),
	ACK(0x28),
	OUT(S, EOI),
	OUT(M, EOI),
	INTR(0),
	/* the cascade masked at the master */
	OUT(MMASK, 0xff),
	LINE(8, 0),
	LINE(8, 1),
	INTR(0),
	OUT(MMASK, 0xfb),
	INTR(1),
};

/* Two requests of the slave, none is overlooked, with AEOI in both chips. */
static const struct step slave_aeoi[] = {
	INIT_WITH(0x11, 0x03, 0x03),
	LINE(9, 1),
	LINE(10, 1),
	INTR(1),
	ACK(0x29),
	INTR(1),
	ACK(0x2a),
	INTR(0),
	OUT(M, READ_ISR),
	IN(M, 0),
	OUT(S, READ_ISR),
	IN(S, 0),
};

static const struct step spurious[] = {
	INIT,
	LINE(4, 1),
	INTR(1),
	LINE(4, 0),
	INTR(0), /* the CPU comes too late */
	ACK(0x27),
	OUT(M, READ_ISR),
	IN(M, 0x00),
	LINE(12, 1),
	INTR(1),
	LINE(12, 0),
	INTR(0),
	ACK(0x2f), /* the master believes it */
	IN(M, 0x04),
	OUT(S, READ_ISR),
	IN(S, 0x00),
	OUT(M, EOI),
	IN(M, 0x00),
	ACK(0x27), /* nothing at all */
	IN(M, 0x00),
	ODD(0),
	/* a real 7 shows in service */
	LINE(7, 1),
	ACK(0x27),
	IN(M, 0x80),
};

/* Of two that vanish, the last that the CPU was shown counts. */
static const struct step spurious_of_two[] = {
	INIT,	    LINE(12, 1), LINE(0, 1),  LINE(0, 0),	LINE(12, 0),
	ACK(0x2f),  OUT(M, EOI), LINE(12, 1), LINE(0, 1),	LINE(12, 0),
	LINE(0, 0), INTR(0),	 ACK(0x27),   OUT(M, READ_ISR), IN(M, 0x00),
};

/* Nobody answers the cascade for a slave that has another number. */
static const struct step wrong_slave[] = {
	OUT(M, 0x11),
	OUT(MMASK, 0x20),
	OUT(MMASK, 0x04),
	OUT(MMASK, 0x01),
	OUT(S, 0x11),
	OUT(SMASK, 0x28),
	OUT(SMASK, 0x03),
	OUT(SMASK, 0x01),
	LINE(8, 1),
	INTR(1),
	ACK(0xff),
	/* a master that knows of no slave: a request like any other */
	OUT(M, 0x11),
	OUT(MMASK, 0x20),
	OUT(MMASK, 0x00),
	OUT(MMASK, 0x01),
	INTR(1),
	ACK(0x22),
	OUT(M, 0x13),
	OUT(MMASK, 0x40),
	OUT(MMASK, 0x01), /* SNGL: no ICW3 */
	IN(MMASK, 0x00),
	INTR(1),
	ACK(0x42),
	ODD(0),
};

/* Writes before ICW2 to ICW4 are complete go to these, and nothing asks. */
static const struct step half_way[] = {
	OUT(M, 0x11),	  LINE(1, 1),	    INTR(0),	      OUT(MMASK, 0x23),
	IN(MMASK, 0x00),  INTR(0),	    OUT(MMASK, 0x04), INTR(0),
	OUT(MMASK, 0x01), INTR(1),	    ACK(0x21), /* 0x20: three bits go */
	OUT(M, EOI),	  OUT(M, 0x11),	    INTR(0),	      OUT(MMASK, 0x30),
	OUT(M, 0x11), /* from the start */
	OUT(MMASK, 0x40), OUT(MMASK, 0x04), OUT(MMASK, 0x01), LINE(1, 0),
	LINE(1, 1),	  ACK(0x41),	    ODD(0),
};

static const struct step no_icw4[] = {
	OUT(M, 0x10), OUT(MMASK, 0x20), ODD(0),		 OUT(MMASK, 0x04),
	ODD(1),	      LINE(1, 1),	ACK(0x21),	 OUT(M, READ_ISR),
	IN(M, 0x02),  OUT(M, EOI),	OUT(M, 0x12),	 OUT(MMASK, 0x48),
	ODD(2),	      OUT(MMASK, 0xfd), IN(MMASK, 0xfd), LINE(1, 0),
	LINE(1, 1),   ACK(0x49),
};

static const struct step not_wired[] = {
	INIT,	      LINE(2, 1), INTR(0),     LINE(16, 1), INTR(0),
	LINE(255, 1), INTR(0),	  IN(M, 0x00), IN(S, 0x00),
};

TEST_STEPS(test_power_on, "pic", power_on)
TEST_STEPS(test_one_interrupt, "pic", one_interrupt)
TEST_STEPS(test_edge, "pic", edge)
TEST_STEPS(test_level, "pic", level)
TEST_STEPS(test_elcr, "pic", elcr)
TEST_STEPS(test_edge_stays, "pic", edge_stays)
TEST_STEPS(test_masks, "pic", masks)
TEST_STEPS(test_fixed_priority, "pic", fixed_priority)
TEST_STEPS(test_cascade, "pic", cascade)
TEST_STEPS(test_slave_aeoi, "pic", slave_aeoi)
TEST_STEPS(test_spurious, "pic", spurious)
TEST_STEPS(test_spurious_of_two, "pic", spurious_of_two)
TEST_STEPS(test_wrong_slave, "pic", wrong_slave)
TEST_STEPS(test_half_way, "pic", half_way)
TEST_STEPS(test_no_icw4, "pic", no_icw4)
TEST_STEPS(test_not_wired, "pic", not_wired)

/* Sixteen lines at once come out by priority, each exactly once. */
static void test_all_lines(void **state)
{
	static const struct step init[] = { INIT };
	static const uint8_t order[] = { 0,  1,	 8, 9, 10, 11, 12, 13,
					 14, 15, 3, 4, 5,  6,  7 };
	struct board b;

	(void)state;
	fake_board_open(&b, "pic");
	RUN_STEPS(&b, init);
	for (unsigned int irq = 0; irq < 16; irq++)
		b.type->chip->line(b.dev, irq, true);
	for (size_t i = 0; i < sizeof(order); i++) {
		assert_true(b.intr);
		assert_int_equal(b.type->chip->acknowledge(b.dev),
				 0x20 + order[i]);
		assert_false(b.intr);
		if (order[i] >= 8)
			fake_out(&b, S, 1, EOI);
		fake_out(&b, M, 1, EOI);
	}
	assert_false(b.intr);
	assert_int_equal(b.intr_changes, 2 * sizeof(order));
	fake_board_close(&b);
}

/* What a person sees who looks inside. */
static void test_look(void **state)
{
	static const struct step init[] = {
		INIT_WITH(0x11, 0x01, 0x03),
		OUT(MMASK, 0xb8),
		OUT(SMASK, 0x8e),
		OUT(ELCR2, 0x0e),
	};
	static const struct step ask[] = { LINE(0, 1), ACK(0x20), LINE(12, 1),
					   LINE(3, 1) };
	struct chip_view view = { .pics[1].base = 1 };
	struct board b;

	(void)state;
	fake_board_open(&b, "pic");
	b.type->chip->look(b.dev, &view);
	assert_false(view.pics[0].ready || view.pics[1].ready);
	RUN_STEPS(&b, init);
	RUN_STEPS(&b, ask);
	b.type->chip->look(b.dev, &view);
	assert_true(view.pics[0].ready && view.pics[1].ready);
	assert_int_equal(view.pics[0].base, 0x20);
	assert_int_equal(view.pics[0].imr, 0xb8);
	assert_int_equal(view.pics[0].isr, 0x01);
	assert_int_equal(view.pics[0].irr, 0x0c); /* 3, and the cascade */
	assert_int_equal(view.pics[0].elcr, 0);
	assert_int_equal(view.pics[0].lowest, 7);
	assert_false(view.pics[0].auto_eoi);
	assert_int_equal(view.pics[1].base, 0x28);
	assert_int_equal(view.pics[1].imr, 0x8e);
	assert_int_equal(view.pics[1].isr, 0);
	assert_int_equal(view.pics[1].irr, 0x10);
	assert_int_equal(view.pics[1].elcr, 0x0e);
	assert_true(view.pics[1].auto_eoi);
	assert_false(b.intr); /* barred, as it was */
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_on),
		cmocka_unit_test(test_one_interrupt),
		cmocka_unit_test(test_edge),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_elcr),
		cmocka_unit_test(test_edge_stays),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_fixed_priority),
		cmocka_unit_test(test_cascade),
		cmocka_unit_test(test_slave_aeoi),
		cmocka_unit_test(test_spurious),
		cmocka_unit_test(test_spurious_of_two),
		cmocka_unit_test(test_wrong_slave),
		cmocka_unit_test(test_half_way),
		cmocka_unit_test(test_no_icw4),
		cmocka_unit_test(test_not_wired),
		cmocka_unit_test(test_all_lines),
		cmocka_unit_test(test_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
