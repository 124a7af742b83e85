/* objects: devices/pm.o */
/*
 * ACPI's fixed registers: each bit as it reads, its effect on the SCI, power off
 * and the timer (ACPI Specification, "Fixed Hardware Registers").
 */
#include "steps.h"

#define STS 0x600
#define EN  0x602
#define CNT 0x604
#define TMR 0x608
#define GPE 0x60c

#define SCI_IS(level) IRQ(0, level)

#define CARRY  599932015941ULL /* ns when bit 31 of the timer is set first */
#define CARRY2 1199864031882ULL
#define CARRY3 1799796047822ULL
#define DAY    86400000000000ULL

static const struct step power_on[] = {
	IN16(STS, 0x0000), IN16(EN, 0x0000), IN16(CNT, 0x0001),
	IN16(0x606, 0),	   IN32(STS, 0),     IN32(CNT, 1),
	IN32(TMR, 0),	   SCI_IS(0),	     IN16(GPE, 0),
};

/* What can be enabled; the global lock and the clock never raise anything, and
 * there are no other events. */
static const struct step enable[] = {
	OUT16(EN, 0xffff),	 IN16(EN, 0x0521),  OUT(EN, 0x00),
	IN16(EN, 0x0500),	 OUT(EN + 1, 0x01), IN16(EN, 0x0100),
	IN32(STS, 0x0100 << 16), OUT16(EN, 0x0000), IN16(EN, 0x0000),
	IN16(STS, 0x0000),	 SCI_IS(0),
};

static const struct step control[] = {
	OUT16(CNT, 0x0000),
	IN16(CNT, 0x0001), /* SCI_EN stays */
	OUT16(CNT, 0xdfff),
	IN16(CNT, 0x1c03), /* GBL_RLS reads as 0 */
	OUT(CNT, 0x00),
	IN16(CNT, 0x1c01),
	OUT(CNT + 1, 0x00),
	IN16(CNT, 0x0001),
	OUT16(0x606, 0xffff),
	IN16(0x606, 0),
	OUT32(TMR, 0xffff),
	IN32(TMR, 0),
	STOPS(0),
	ODD(0),
	SCI_IS(0),
};

static const struct step button[] = {
	POWER(0),	  IN16(STS, 0x0100),  SCI_IS(0), /* nobody listens */
	OUT16(EN, 0x100), SCI_IS(1),	      OUT16(STS, 0x0001),
	SCI_IS(1),	  OUT16(STS, 0x0100), SCI_IS(0),
	IN16(STS, 0),	  POWER(1),	      SCI_IS(1),
	IN16(STS, 0x100), POWER(1),	      EDGES(0, 3),
	OUT16(EN, 0),	  SCI_IS(0),	      IN16(STS, 0x100),
	OUT(STS + 1, 1),  IN16(STS, 0),	      OUT16(EN, 0x100),
	SCI_IS(0),	  EDGES(0, 4),
};

static const struct step off[] = {
	OUT16(CNT, 0x0000), STOPS(0),	       OUT16(CNT, 0x2000),
	STOPS(1),	    IN16(CNT, 0x0001),
};

/* Byte by byte, or with all four bytes at once. */
static const struct step off_by_byte[] = {
	OUT(CNT, 0x20),	    STOPS(0), OUT(CNT + 1, 0x20),	STOPS(1),
	OUT32(CNT, 0x2001), STOPS(2), OUT32(0x602, 0x20000000), STOPS(3),
};

static const struct step other_sleep[] = {
	OUT16(CNT, 0x2400), STOPS(0), ODD(1), IN16(CNT, 0x0401),
	OUT16(CNT, 0x3c00), STOPS(0), ODD(2), IN16(CNT, 0x1c01),
};

static const struct step timer[] = {
	NOW(1000000000),
	IN32(TMR, 3579545),
	IN16(TMR, 3579545 & 0xffff),
	IN(TMR + 2, 3579545 >> 16),
	NOW(279),
	IN32(TMR, 0),
	NOW(280),
	IN32(TMR, 1),
	NOW(CARRY - 1),
	IN32(TMR, 0x7fffffff),
	IN16(STS, 0),
	NOW(CARRY),
	IN32(TMR, 0x80000000),
	IN16(STS, 1),
	OUT16(STS, 1),
	IN16(STS, 0),
	NOW(CARRY2 - 1),
	IN32(TMR, 0xffffffff),
	IN16(STS, 0),
	NOW(CARRY2),
	IN32(TMR, 0),
	IN16(STS, 1),
	SCI_IS(0),
	/* ten years */
	NOW(DAY * 3652),
	IN32(TMR, (DAY / 1000000000 * 3652 * 3579545) & 0xffffffff),
};

/* The interrupt comes by itself, also to who looks late. */
static const struct step carry[] = {
	OUT16(EN, 1), UNTIL(CARRY - 1), SCI_IS(0),	  UNTIL(CARRY),
	SCI_IS(1),    IN16(STS, 1),	UNTIL(CARRY + 5), OUT16(STS, 1),
	SCI_IS(0),    UNTIL(CARRY2),	SCI_IS(1),	  UNTIL(CARRY3 + 1),
	SCI_IS(1),    OUT16(STS, 1),	SCI_IS(0),	  EDGES(0, 4),
	OUT16(EN, 0), UNTIL(DAY),	SCI_IS(0),	  IN16(STS, 1),
};

/* General purpose events: of eight there are five, which the guest cannot make. */
static const struct step event[] = {
	OUT16(GPE, 0xffff), IN16(GPE, 0x2f00), OUT(GPE + 1, 0xd0), IN16(GPE, 0),
	OUT(GPE, 0x2f),	    IN16(GPE, 0),      SCI_IS(0),	   ODD(0),
};

/* Those of spare slots: one that is not listened to waits until it is. */
static const struct step slot_event[] = {
	EVENT(0),	    IN16(GPE, 0x0001), SCI_IS(0),
	OUT(GPE + 1, 0x02), SCI_IS(0),	       EVENT(1),
	SCI_IS(1),	    IN16(GPE, 0x0203), EVENT(1),
	EDGES(0, 1),	    OUT(GPE, 0x02),    SCI_IS(0),
	IN16(GPE, 0x0201),  OUT(GPE + 1, 0xf), SCI_IS(1),
	EVENT(3),	    OUT(GPE, 0x01),    SCI_IS(1),
	OUT(GPE, 0x08),	    SCI_IS(0),	       IN16(GPE, 0x0f00),
};

TEST_STEPS(test_power_on, "pm", power_on)
TEST_STEPS(test_enable, "pm", enable)
TEST_STEPS(test_control, "pm", control)
TEST_STEPS(test_button, "pm", button)
TEST_STEPS(test_off, "pm", off)
TEST_STEPS(test_off_by_byte, "pm", off_by_byte)
TEST_STEPS(test_other_sleep, "pm", other_sleep)
TEST_STEPS(test_timer, "pm", timer)
TEST_STEPS(test_carry, "pm", carry)
TEST_STEPS(test_event, "pm", event)
TEST_STEPS(test_slot_event, "pm", slot_event)

static void restore(struct board *b)
{
	assert_true(b->type->restored(b->dev, NULL));
}

/* A guest that was restored is told, once it listens, until it has heard it. */
static void test_restored(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "pm");
	restore(&b);
	assert_int_equal(fake_in(&b, GPE, 2), 0x0020);
	assert_false(b.irq[0]);
	fake_out(&b, GPE + 1, 1, 0x20);
	assert_true(b.irq[0]);
	fake_out(&b, GPE, 1, 0x20);
	assert_false(b.irq[0]);
	assert_int_equal(fake_in(&b, GPE, 2), 0x2000);
	restore(&b);
	assert_true(b.irq[0]);
	fake_board_close(&b);
}

/* A run without the ID has nothing to tell. */
static void test_restored_without(void **state)
{
	static const char *const without[] = { "vmgenid", NULL };
	struct board b;

	(void)state;
	fake_without = without;
	fake_board_open(&b, "pm");
	fake_out(&b, GPE + 1, 1, 0x20);
	restore(&b);
	assert_int_equal(fake_in(&b, GPE, 2), 0x2000);
	assert_false(b.irq[0]);
	fake_without = NULL;
	fake_board_close(&b);
}

static void test_status(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "pm");
	fake_out(&b, CNT, 2, 0x2000);
	assert_int_equal(b.stop_why, BOARD_STOP_EXIT);
	assert_int_equal(b.stop_status, 0);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_on),
		cmocka_unit_test(test_enable),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_button),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_off_by_byte),
		cmocka_unit_test(test_other_sleep),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_slot_event),
		cmocka_unit_test(test_carry),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_restored),
		cmocka_unit_test(test_restored_without),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
