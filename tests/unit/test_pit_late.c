/* objects: devices/pit.o devices/pit_counter.o devices/speaker_none.o */
/* The 8254 when the host is late: what becomes of the ticks it owes. */
#include "steps.h"

#define C0	0x40
#define CONTROL 0x43

#define PIT_HZ 1193182ULL
#define HZ_100 11932
/* The first nanosecond of a clock. */
#define NS(clock) (((clock)*1000000000ULL + PIT_HZ - 1) / PIT_HZ)

static void start(struct board *b, uint8_t control, uint16_t count)
{
	fake_out(b, CONTROL, 1, control);
	fake_out(b, C0, 1, count & 0xff);
	fake_out(b, C0, 1, count >> 8);
}

/* Ticks so far: IRQ0 starts low and each tick raises it. */
static unsigned int ticks(const struct board *b)
{
	return (b->irq_changes[0] + 1) / 2;
}

/* The timer of the board fires at @ns; one edge comes of it. */
static void fire_at(struct board *b, uint64_t ns)
{
	unsigned int before = ticks(b);

	b->now_ns = ns;
	b->deadline_ns = 0;
	b->type->timer(b->dev);
	assert_int_equal(ticks(b), before + 1);
}

/* Ticks that are late follow one by one; the next one is on time again. */
static void test_late(void **state)
{
	enum { LATE = 7, STEP_NS = 500000 };
	struct board b;
	uint64_t now_ns;

	(void)state;
	fake_board_open(&b, "pit");
	start(&b, 0x34, HZ_100);
	for (uint64_t n = LATE; n < 100 * LATE; n += LATE) {
		now_ns = NS(1 + n * HZ_100) + 1000;
		for (unsigned int i = 1; i < LATE; i++) {
			fire_at(&b, now_ns);
			now_ns += STEP_NS;
			assert_int_equal(b.deadline_ns, now_ns);
		}
		fire_at(&b, now_ns);
		assert_int_equal(ticks(&b), n);
		assert_int_equal(b.deadline_ns, NS(1 + (n + 1) * HZ_100));
	}
	fake_board_close(&b);
}

/* After a long stop no more than a hundred are made up for. */
static void test_very_late(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "pit");
	start(&b, 0x34, HZ_100);
	b.now_ns = NS(1 + 5000ULL * HZ_100);
	b.type->timer(b.dev);
	fake_run_until(&b, b.now_ns + 60000000);
	assert_int_equal(ticks(&b), 100 + 5);
	/* a new control word is a new beginning */
	b.now_ns += NS(50ULL * HZ_100);
	b.type->timer(b.dev);
	start(&b, 0x34, HZ_100);
	assert_in_range(ticks(&b), 100 + 6, 100 + 7);
	fake_board_close(&b);
}

/* Ticks too fast to be made up for are held to one edge at a time. */
static void test_fast_and_late(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "pit");
	start(&b, 0x34, 200);
	b.now_ns = NS(1 + 50ULL * 200);
	b.type->timer(b.dev);
	assert_int_equal(ticks(&b), 1);
	assert_int_equal(b.deadline_ns, b.now_ns + 200000);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_very_late),
		cmocka_unit_test(test_fast_and_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
