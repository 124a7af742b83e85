/* objects: pci/hotplug.o */
/* The registers of spare slots: what is full, wanted back and ejected. */
#include "steps.h"

#define FULL  0xae00
#define WANTS 0xae01
#define EJECT 0xae02

static const struct step power_on[] = {
	IN(FULL, 0),	 IN(WANTS, 0),	IN(EJECT, 0),
	IN(FULL + 3, 0), IN32(FULL, 0), ODD(0),
};

/* What is put in is seen, and nothing is wanted yet. */
static const struct step put[] = {
	PUT(0),		IN(FULL, 0x01), IN(WANTS, 0), PUT(3),
	IN(FULL, 0x09), IN32(FULL, 9),	OUT(FULL, 0), IN(FULL, 0x09),
};

/* The way it goes: it is wanted, the guest has heard that, and ejects. */
static const struct step taken[] = {
	PUT(1),	      PUT(2),		WANT(1),	  IN(WANTS, 0x02),
	WANT(2),      IN(WANTS, 0x06),	OUT(WANTS, 0x02), IN(WANTS, 0x04),
	EJECTED(0),   OUT(EJECT, 0x02), EJECTED(1),	  IN(FULL, 0x04),
	IN(WANTS, 4), IN(EJECT, 0),	ODD(0),
};

/* Nobody has asked for it, or it was not heard; and all at once. */
static const struct step unasked[] = {
	PUT(0),	    OUT(EJECT, 0x01), EJECTED(1),	IN(FULL, 0),
	PUT(1),	    WANT(1),	      OUT(EJECT, 0x02), IN(WANTS, 0),
	EJECTED(2), PUT(0),	      PUT(1),		PUT(2),
	PUT(3),	    OUT(EJECT, 0xff), EJECTED(6),	IN(FULL, 0),
	ODD(0),
};

/* What comes behind it is not wanted. */
static const struct step again[] = {
	PUT(0),	      WANT(0),	     PUT(0), IN(WANTS, 0), WANT(0),	WANT(0),
	IN(WANTS, 1), OUT(EJECT, 1), PUT(0), IN(WANTS, 0), IN(FULL, 1),
};

/* A guest that does what no driver should. */
static const struct step wrong[] = {
	OUT(EJECT, 0x01),
	ODD(1),
	OUT(EJECT, 0xf0),
	ODD(1),
	EJECTED(0),
	OUT(FULL, 0xff),
	IN(FULL, 0),
	OUT(WANTS, 0xff),
	IN(WANTS, 0),
	OUT(FULL + 3, 0xff),
	ODD(1),
	PUT(0),
	OUT32(FULL, 0x00010000),
	EJECTED(1),
	ODD(1),
	OUT32(FULL, 0xffffffff),
	ODD(5),
};

TEST_STEPS(test_power_on, "hotplug", power_on)
TEST_STEPS(test_put, "hotplug", put)
TEST_STEPS(test_taken, "hotplug", taken)
TEST_STEPS(test_unasked, "hotplug", unasked)
TEST_STEPS(test_again, "hotplug", again)
TEST_STEPS(test_wrong, "hotplug", wrong)

/* A machine that is reset is asked once more, if at all. */
static void test_reset(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "hotplug");
	b.spares = 1;
	b.type->spare->tell(b.dev, 0, true);
	b.type->reset(b.dev);
	assert_int_equal(fake_in(&b, WANTS, 1), 0);
	assert_int_equal(fake_in(&b, FULL, 1), 1);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_on), cmocka_unit_test(test_put),
		cmocka_unit_test(test_taken),	 cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_again),	 cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
