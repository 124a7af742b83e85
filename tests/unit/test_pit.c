/* objects: devices/pit.o devices/pit_counter.o devices/speaker_none.o */
/*
 * The 8254 by its registers, port 0x61, and IRQ0: when it rises, and that it does
 * not drift.
 */
#include "steps.h"

#define C0	0x40
#define C1	0x41
#define C2	0x42
#define CONTROL 0x43
#define PORT_B	0x61

#define PIT_HZ 1193182ULL
/* The first nanosecond of a clock, and the guest's time going on to there. */
#define NS(clock)    (((clock)*1000000000ULL + PIT_HZ - 1) / PIT_HZ)
#define CLOCKS(n)    UNTIL(NS(n##ULL))
#define HZ_100	     11932
#define LATCH(n)     OUT(CONTROL, (n) << 6)
#define READ_BACK(v) OUT(CONTROL, 0xc0 | (v))

static const struct step power_on[] = {
	IN(C0, 0x00),
	IN(C0, 0x00),
	IN(CONTROL, 0xff),
	IN(PORT_B, 0x20),
	IRQ(0, 0),
	EDGES(0, 0),
	READ_BACK(0x2e),
	IN(C0, 0xf6),
	IN(C1, 0xf6),
	IN(C2, 0xf6),
	/* the gate of counter 2 is low */
	OUT(CONTROL, 0x90),
	OUT(C2, 0x05),
	CLOCKS(99),
	IN(C2, 0x05),
};

/* Least significant half, most significant half, both. */
static const struct step halves[] = {
	OUT(CONTROL, 0x14),
	OUT(C0, 0x34),
	CLOCKS(1),
	IN(C0, 0x34),
	IN(C0, 0x34),
	OUT(CONTROL, 0x24),
	OUT(C0, 0x12),
	CLOCKS(2),
	IN(C0, 0x12),
	IN(C0, 0x12),
	LATCH(0),
	IN(C0, 0x12),
	OUT(CONTROL, 0x34),
	OUT(C0, 0x34),
	OUT(C0, 0x12),
	CLOCKS(3),
	IN(C0, 0x34),
	IN(C0, 0x12),
	IN(C0, 0x34),
	IN(C0, 0x12),
	/* a control word starts both from the first half */
	IN(C0, 0x34),
	OUT(C0, 0x55),
	OUT(CONTROL, 0x34),
	OUT(C0, 0x78),
	OUT(C0, 0x56),
	CLOCKS(4),
	IN(C0, 0x78),
	IN(C0, 0x56),
	/* a half that is missing is 0 */
	OUT(CONTROL, 0x14),
	OUT(C0, 0x00),
	CLOCKS(6),
	IN(C0, 0xff),
	OUT(CONTROL, 0x24),
	OUT(C0, 0x00),
	CLOCKS(8),
	IN(C0, 0xff),
};

static const struct step bcd[] = {
	OUT(CONTROL, 0x31), OUT(C0, 0x00), OUT(C0, 0x10), CLOCKS(1),
	IN(C0, 0x00),	    IN(C0, 0x10),  CLOCKS(2),	  IN(C0, 0x99),
	IN(C0, 0x09),	    CLOCKS(1001),  IN(C0, 0x00),  IN(C0, 0x00),
	IRQ(0, 1),	    CLOCKS(1002),  IN(C0, 0x99),  IN(C0, 0x99),
	OUT(CONTROL, 0x31), OUT(C0, 0x34), OUT(C0, 0x12), CLOCKS(1003),
	IN(C0, 0x34),	    IN(C0, 0x12),  CLOCKS(1038),  IN(C0, 0x99),
	IN(C0, 0x11),
};

/* A latch holds until it has been read, whatever comes. */
static const struct step latch[] = {
	OUT(CONTROL, 0xb0),
	OUT(C2, 0x00),
	OUT(C2, 0x10),
	OUT(PORT_B, 0x01),
	CLOCKS(1),
	LATCH(2),
	CLOCKS(300),
	LATCH(2),
	IN(C2, 0x00),
	CLOCKS(600),
	LATCH(2),
	IN(C2, 0x10),
	/* 0x1000 less 599 */
	IN(C2, 0xa9),
	IN(C2, 0x0d),
	/* latched between the halves: the second is of the latch */
	LATCH(2),
	IN(C2, 0xa9),
	CLOCKS(1001),
	IN(C2, 0x0d),
	IN(C2, 0x18),
	LATCH(2),
	CLOCKS(3001),
	IN(C2, 0x0c),
	IN(C2, 0x48),
	IN(C2, 0x04),
	/* gone with a control word */
	LATCH(2),
	OUT(CONTROL, 0xb0),
	OUT(C2, 0x22),
	OUT(C2, 0x11),
	CLOCKS(3002),
	IN(C2, 0x22),
	IN(C2, 0x11),
	/* of another counter */
	LATCH(0),
	CLOCKS(3003),
	IN(C2, 0x21),
	IN(C2, 0x11),
};

static const struct step read_back[] = {
	OUT(CONTROL, 0x14),
	OUT(CONTROL, 0x62),
	OUT(CONTROL, 0xb9),
	/* no count yet: null; OUT high in modes 2, 1, 4 */
	READ_BACK(0x2e),
	IN(C0, 0xd4),
	IN(C1, 0xe2),
	IN(C2, 0xf9),
	OUT(C0, 0x10),
	READ_BACK(0x22),
	IN(C0, 0xd4), /* loaded next clock */
	CLOCKS(1),
	READ_BACK(0x22),
	IN(C0, 0x94),
	IN(C0, 0x10),
	/* a second count waits for the end of the period */
	OUT(C0, 0x08),
	READ_BACK(0x22),
	IN(C0, 0xd4),
	CLOCKS(16),
	READ_BACK(0x22),
	CLOCKS(17),
	IN(C0, 0x54), /* latched at 1, OUT low */
	READ_BACK(0x22),
	IN(C0, 0x94),
	IN(C0, 0x08),
	/* status and count: the status first; a second one is not taken */
	READ_BACK(0x02),
	CLOCKS(20),
	READ_BACK(0x02),
	IN(C0, 0x94),
	IN(C0, 0x08),
	IN(C0, 0x05),
	/* counts of all three at once, the same clock */
	OUT(CONTROL, 0x74),
	OUT(C1, 0x00),
	OUT(C1, 0x02),
	OUT(PORT_B, 0x01),
	OUT(C2, 0x00),
	OUT(C2, 0x03),
	CLOCKS(30),
	READ_BACK(0x1e),
	CLOCKS(40),
	IN(C0, 0x03),
	IN(C1, 0xf7),
	IN(C1, 0x01),
	IN(C2, 0x91),
	IN(C2, 0x02),
	/* nothing latched: neither count nor status, or no counter */
	READ_BACK(0x3e),
	READ_BACK(0x00),
	IN(C0, 0x01),
	IN(C1, 0xed),
	IN(C1, 0x01),
	/* of a count written half */
	OUT(CONTROL, 0x70),
	OUT(C1, 0x05),
	READ_BACK(0x24),
	IN(C1, 0x70),
	OUT(C1, 0x00),
	CLOCKS(41),
	READ_BACK(0x24),
	IN(C1, 0x30),
	CLOCKS(46),
	READ_BACK(0x24),
	IN(C1, 0xb0),
};

/* Mode 0 stops when the first half comes and goes on after the second. */
static const struct step half_a_count[] = {
	OUT(CONTROL, 0x30), OUT(C0, 0x10), OUT(C0, 0x00), CLOCKS(16),
	IRQ(0, 0),	    CLOCKS(17),	   IRQ(0, 1),	  CLOCKS(1000),
	OUT(C0, 0x20),	    IRQ(0, 0),	   CLOCKS(2000),  IRQ(0, 0),
	IN(C0, 0x29),	    IN(C0, 0xfc),  OUT(C0, 0x00), CLOCKS(2032),
	IRQ(0, 0),	    CLOCKS(2033),  IRQ(0, 1),	  EDGES(0, 3),
};

/* A control word forgets the count: no trigger starts the old one. */
static const struct step no_count[] = {
	OUT(CONTROL, 0x92), OUT(C2, 0x05),    OUT(CONTROL, 0x92),
	OUT(PORT_B, 0x01),  CLOCKS(2),	      IN(PORT_B, 0x21),
	OUT(PORT_B, 0x00),  OUT(C2, 0x05),    OUT(PORT_B, 0x01),
	CLOCKS(3),	    IN(PORT_B, 0x01), CLOCKS(7),
	IN(PORT_B, 0x01),   CLOCKS(8),	      IN(PORT_B, 0x21),
};

static const struct step port_b[] = {
	OUT(PORT_B, 0xff),
	IN(PORT_B, 0x2f),
	OUT(PORT_B, 0x00),
	IN(PORT_B, 0x20),
	CLOCKS(17),
	IN(PORT_B, 0x20),
	CLOCKS(18),
	IN(PORT_B, 0x30),
	CLOCKS(36),
	IN(PORT_B, 0x20),
	CLOCKS(54),
	IN(PORT_B, 0x30),
	/* how delays are made: one shot of counter 2 in mode 0, watched */
	OUT(PORT_B, 0x01),
	OUT(CONTROL, 0xb0),
	IN(PORT_B, 0x11),
	OUT(C2, 0x09),
	OUT(C2, 0x00),
	CLOCKS(63),
	IN(PORT_B, 0x11),
	CLOCKS(64),
	IN(PORT_B, 0x31),
};

/* IRQ0 is up from the end of the count until the guest programs mode 0. */
static const struct step irq_terminal_count[] = {
	OUT(CONTROL, 0x30), OUT(C0, 0x00),   OUT(C0, 0x10),
	CLOCKS(4096),	    IRQ(0, 0),	     CLOCKS(4097),
	IRQ(0, 1),	    CLOCKS(999999),  EDGES(0, 1),
	OUT(C0, 0x00),	    IRQ(0, 0),	     OUT(C0, 0x10),
	CLOCKS(1004095),    IRQ(0, 0),	     CLOCKS(1004096),
	IRQ(0, 1),	    EDGES(0, 3),     OUT(CONTROL, 0x30),
	IRQ(0, 0),	    CLOCKS(2000000), EDGES(0, 4),
};

static const struct step irq_strobe[] = {
	OUT(CONTROL, 0x38), OUT(C0, 0x00), OUT(C0, 0x10),   CLOCKS(4097),
	EDGES(0, 0),	    CLOCKS(4098),  IRQ(0, 1),	    EDGES(0, 1),
	CLOCKS(999999),	    EDGES(0, 1),   OUT(C0, 0x00),   OUT(C0, 0x10),
	CLOCKS(1004096),    EDGES(0, 1),   CLOCKS(1004097), IRQ(0, 1),
	EDGES(0, 3),
};

/* No trigger ever comes: the gate of counter 0 is tied high. */
static const struct step irq_never[] = {
	OUT(CONTROL, 0x32),
	OUT(C0, 0x10),
	OUT(C0, 0x00),
	CLOCKS(99999),
	OUT(CONTROL, 0x3a),
	OUT(C0, 0x10),
	OUT(C0, 0x00),
	CLOCKS(199999),
	/* nor of the other counters */
	OUT(CONTROL, 0x74),
	OUT(C1, 0x10),
	OUT(C1, 0x00),
	OUT(PORT_B, 0x01),
	OUT(CONTROL, 0xb4),
	OUT(C2, 0x10),
	OUT(C2, 0x00),
	CLOCKS(299999),
	EDGES(0, 0),
};

/* A new rate takes over at the end of a period, of half of one in mode 3. */
static const struct step irq_new_rate[] = {
	OUT(CONTROL, 0x34), OUT(C0, 0x00), OUT(C0, 0x10), CLOCKS(4097),
	EDGES(0, 1),	    CLOCKS(5000),  OUT(C0, 0x00), OUT(C0, 0x20),
	CLOCKS(8192),	    EDGES(0, 1),   CLOCKS(8193),  EDGES(0, 3),
	CLOCKS(16384),	    EDGES(0, 3),   CLOCKS(16385), EDGES(0, 5),
	OUT(CONTROL, 0x36), OUT(C0, 0x00), OUT(C0, 0x10), CLOCKS(20482),
	EDGES(0, 7),	    CLOCKS(20483), OUT(C0, 0x00), OUT(C0, 0x20),
	CLOCKS(26625),	    EDGES(0, 7),   CLOCKS(26626), EDGES(0, 9),
	CLOCKS(34817),	    EDGES(0, 9),   CLOCKS(34818), EDGES(0, 11),
};

TEST_STEPS(test_power_on, "pit", power_on)
TEST_STEPS(test_halves, "pit", halves)
TEST_STEPS(test_bcd, "pit", bcd)
TEST_STEPS(test_latch, "pit", latch)
TEST_STEPS(test_read_back, "pit", read_back)
TEST_STEPS(test_half_a_count, "pit", half_a_count)
TEST_STEPS(test_no_count, "pit", no_count)
TEST_STEPS(test_port_b, "pit", port_b)
TEST_STEPS(test_irq_terminal_count, "pit", irq_terminal_count)
TEST_STEPS(test_irq_strobe, "pit", irq_strobe)
TEST_STEPS(test_irq_never, "pit", irq_never)
TEST_STEPS(test_irq_new_rate, "pit", irq_new_rate)

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

/* 100 s at 100 Hz, each tick at its own nanosecond, in modes 2 and 3. */
static void test_no_drift(void **state)
{
	struct board b;

	(void)state;
	for (int mode = 2; mode <= 3; mode++) {
		fake_board_open(&b, "pit");
		fake_run_until(&b, NS(1000));
		start(&b, 0x30 | mode << 1, HZ_100);
		for (uint64_t n = 1; n <= 10000; n++) {
			uint64_t due = NS(1001 + n * HZ_100);

			assert_int_equal(b.deadline_ns, due);
			fake_run_until(&b, due - 1);
			assert_int_equal(ticks(&b), n - 1);
			fake_run_until(&b, due);
			assert_int_equal(ticks(&b), n);
			assert_true(b.irq[0]);
		}
		fake_board_close(&b);
	}
}

/* A guest that looks at the counters all the time hears the same ticks. */
static void test_ticks_while_reading(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "pit");
	start(&b, 0x34, HZ_100);
	for (uint64_t ns = 0; ns < 1000000000; ns += 12345) {
		fake_run_until(&b, ns);
		fake_in(&b, C0, 1);
		fake_in(&b, PORT_B, 1);
		fake_out(&b, CONTROL, 1, 0x00);
	}
	assert_int_equal(ticks(&b), 99); /* 11932 clocks are a bit more */
	fake_board_close(&b);
}

/* An access shows what the timer is about to; a timer too early shows nothing. */
static void test_access_and_early_timer(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "pit");
	start(&b, 0x34, HZ_100);
	b.now_ns = NS(1ULL + HZ_100);
	fake_in(&b, C0, 1);
	assert_int_equal(ticks(&b), 1);
	assert_int_equal(b.deadline_ns, NS(1ULL + 2 * HZ_100));
	b.now_ns = b.deadline_ns - 1;
	b.deadline_ns = 0;
	b.type->timer(b.dev);
	assert_int_equal(ticks(&b), 1);
	assert_int_equal(b.deadline_ns, NS(1ULL + 2 * HZ_100));
	fake_board_close(&b);
}

/* The smallest counts do not keep the host busy: 5,000 ticks a second. */
static void test_too_fast(void **state)
{
	static const uint16_t counts[] = { 1, 2, 3, 50, 238 };
	struct board b;

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		fake_board_open(&b, "pit");
		start(&b, 0x34, counts[i]);
		fake_run_until(&b, 1000000000);
		assert_in_range(ticks(&b), 4900, 5001);
		fake_board_close(&b);
	}
}

/* The timer is armed when it changes, not with each access; then let go. */
static void test_timer_arming(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "pit");
	assert_int_equal(b.deadline_ns, 0);
	start(&b, 0x34, HZ_100);
	assert_int_equal(b.deadline_ns, NS(1ULL + HZ_100));
	b.deadline_ns = 12345; /* seen only if it is armed again */
	fake_in(&b, C0, 1);
	fake_out(&b, C1, 1, 0);
	assert_int_equal(b.deadline_ns, 12345);
	fake_out(&b, CONTROL, 1, 0x34); /* stops counter 0 */
	assert_int_equal(b.deadline_ns, 0);
	fake_run_until(&b, 1000000000);
	assert_int_equal(ticks(&b), 0);
	b.type->timer(b.dev); /* was on its way already */
	assert_int_equal(ticks(&b), 0);
	assert_int_equal(b.type->chips, DEV_CHIP_PIC);
	assert_int_equal(b.type->irqs[0], 0);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_on),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_bcd),
		cmocka_unit_test(test_latch),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_half_a_count),
		cmocka_unit_test(test_no_count),
		cmocka_unit_test(test_port_b),
		cmocka_unit_test(test_irq_terminal_count),
		cmocka_unit_test(test_irq_strobe),
		cmocka_unit_test(test_irq_never),
		cmocka_unit_test(test_irq_new_rate),
		cmocka_unit_test(test_no_drift),
		cmocka_unit_test(test_ticks_while_reading),
		cmocka_unit_test(test_access_and_early_timer),
		cmocka_unit_test(test_too_fast),
		cmocka_unit_test(test_timer_arming),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
