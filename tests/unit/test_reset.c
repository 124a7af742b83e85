/* objects: devices/reset.o */
/* The reset control register: resets when RST_CPU rises, and only then. */
#include "steps.h"

#define RST_CNT 0xcf9

static const struct step hard[] = {
	IN(RST_CNT, 0x00),  OUT(RST_CNT, 0x02), IN(RST_CNT, 0x02), STOPS(0),
	OUT(RST_CNT, 0x06), IN(RST_CNT, 0x06),	STOPS(1),
};

static const struct step soft_and_full[] = {
	OUT(RST_CNT, 0x04), STOPS(1), OUT(RST_CNT, 0x04), STOPS(1),
	OUT(RST_CNT, 0x00), STOPS(1), OUT(RST_CNT, 0x0e), STOPS(2),
	OUT(RST_CNT, 0xf1), STOPS(2), IN(RST_CNT, 0x00),
};

TEST_STEPS(test_hard, "reset", hard)
TEST_STEPS(test_soft_and_full, "reset", soft_and_full)

/* 0xcf8 and 0xcfa up are the PCI address register's. */
static void test_one_port(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "reset");
	assert_int_equal(b.type->ranges[0].base, RST_CNT);
	assert_int_equal(b.type->ranges[0].len, 1);
	fake_out(&b, RST_CNT, 1, 0x06);
	assert_int_equal(b.stop_why, BOARD_STOP_RESET);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hard),
		cmocka_unit_test(test_soft_and_full),
		cmocka_unit_test(test_one_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
