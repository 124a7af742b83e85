/* objects: devices/cmos.o devices/cmos_time.o devices/cmos_flags.o devices/cmos_irq.o */
/* The real-time clock and CMOS RAM, register by register. */
#include "steps.h"

#define INDEX 0x70
#define DATA  0x71

#define SET(reg, val) OUT(INDEX, reg), OUT(DATA, val)
#define GET(reg, val) OUT(INDEX, reg), IN(DATA, val)

/* `date -u -d ... +%s` */
#define T_2025_12_31_23_59_58 1767225598 /* a Wednesday */
#define T_2000_02_29_12_00_00 951825600	 /* a Tuesday */
#define T_2038_01_19_03_14_08 2147483648 /* a Tuesday; 32 bits are not enough */
#define T_2024_05_06_00_30_00 1714955400 /* a Monday */

static const struct step power_on[] = {
	GET(0x0a, 0x26),
	GET(0x0b, 0x02),
	GET(0x0c, 0x00),
	GET(0x0d, 0x80),
	GET(0x0f, 0x00),
	IN(INDEX, 0xff),
	/* 128 MiB, one vCPU, an FPU, a mouse and no drives */
	GET(0x10, 0x00),
	GET(0x12, 0x00),
	GET(0x14, 0x06),
	GET(0x15, 0x80),
	GET(0x16, 0x02),
	GET(0x17, 0xff),
	GET(0x18, 0xff),
	GET(0x30, 0xff),
	GET(0x31, 0xff),
	GET(0x34, 0x00),
	GET(0x35, 0x07),
	GET(0x5b, 0x00),
	GET(0x5c, 0x00),
	GET(0x5d, 0x00),
	GET(0x5f, 0x00),
	GET(0x37, 0x19),
	/* the clock starts at the host's, 1970 here */
	GET(0x00, 0x00),
	GET(0x07, 0x01),
	GET(0x08, 0x01),
	GET(0x09, 0x70),
	GET(0x32, 0x19),
};

/* 1.44 MB in A:, 2.88 MB in B: */
static const struct step drives[] = {
	GET(0x10, 0x45),
	GET(0x14, 0x47),
};

/* Any field may be read first. */
static const struct step date_first[] = {
	GET(0x07, 0x01),
	GET(0x08, 0x01),
	GET(0x09, 0x70),
	GET(0x32, 0x19),
};

static const struct step bcd_24h[] = {
	CLOCK(T_2025_12_31_23_59_58),
	GET(0x00, 0x58),
	GET(0x02, 0x59),
	GET(0x04, 0x23),
	GET(0x06, 0x04),
	GET(0x07, 0x31),
	GET(0x08, 0x12),
	GET(0x09, 0x25),
	GET(0x32, 0x20),
	CLOCK(T_2000_02_29_12_00_00),
	GET(0x00, 0x00),
	GET(0x02, 0x00),
	GET(0x04, 0x12),
	GET(0x06, 0x03),
	GET(0x07, 0x29),
	GET(0x08, 0x02),
	GET(0x09, 0x00),
	GET(0x32, 0x20),
	CLOCK(T_2038_01_19_03_14_08),
	GET(0x00, 0x08),
	GET(0x02, 0x14),
	GET(0x04, 0x03),
	GET(0x06, 0x03),
	GET(0x07, 0x19),
	GET(0x08, 0x01),
	GET(0x09, 0x38),
	GET(0x32, 0x20),
};

static const struct step binary_24h[] = {
	SET(0x0b, 0x06), CLOCK(T_2025_12_31_23_59_58),
	GET(0x00, 58),	 GET(0x02, 59),
	GET(0x04, 23),	 GET(0x06, 4),
	GET(0x07, 31),	 GET(0x08, 12),
	GET(0x09, 25),	 GET(0x32, 20),
};

static const struct step hours_12[] = {
	SET(0x0b, 0x00),
	CLOCK(T_2025_12_31_23_59_58),
	GET(0x00, 0x58),
	GET(0x04, 0x91),
	CLOCK(T_2000_02_29_12_00_00),
	GET(0x00, 0x00),
	GET(0x04, 0x92),
	CLOCK(T_2024_05_06_00_30_00),
	GET(0x00, 0x00),
	GET(0x04, 0x12),
	CLOCK(T_2038_01_19_03_14_08),
	GET(0x00, 0x08),
	GET(0x04, 0x03),
	SET(0x0b, 0x04), /* binary */
	CLOCK(T_2025_12_31_23_59_58),
	GET(0x00, 58),
	GET(0x04, 0x80 | 11),
};

/* A second that passes while the guest reads does not tear the time. */
static const struct step snapshot[] = {
	CLOCK(T_2025_12_31_23_59_58 + 1),
	GET(0x0a, 0x26),
	GET(0x00, 0x59),
	CLOCK(T_2025_12_31_23_59_58 + 2),
	GET(0x02, 0x59),
	GET(0x04, 0x23),
	GET(0x07, 0x31),
	GET(0x08, 0x12),
	GET(0x09, 0x25),
	GET(0x32, 0x20),
	GET(0x0a, 0x26),
	GET(0x00, 0x00),
	GET(0x02, 0x00),
	GET(0x04, 0x00),
	GET(0x07, 0x01),
	GET(0x08, 0x01),
	GET(0x09, 0x26),
	/* who reads the minutes only does not get old ones for ever */
	CLOCK(T_2025_12_31_23_59_58 + 62),
	GET(0x02, 0x01),
};

/* The guest sets its clock; the host's runs on underneath. */
static const struct step set_time[] = {
	CLOCK(T_2025_12_31_23_59_58),
	SET(0x0b, 0x82), /* SET */
	SET(0x00, 0x00),
	SET(0x02, 0x30),
	SET(0x04, 0x00),
	SET(0x07, 0x06),
	SET(0x08, 0x05),
	SET(0x09, 0x24),
	SET(0x32, 0x20),
	CLOCK(T_2025_12_31_23_59_58 + 5),
	GET(0x00, 0x00),
	GET(0x02, 0x30),
	GET(0x09, 0x24), /* stands still */
	SET(0x0b, 0x02),
	CLOCK(T_2025_12_31_23_59_58 + 17),
	GET(0x00, 0x12),
	GET(0x02, 0x30),
	GET(0x04, 0x00),
	GET(0x06, 0x02),
	GET(0x07, 0x06),
	GET(0x08, 0x05),
	GET(0x09, 0x24),
	GET(0x32, 0x20),
	GET(0x0c, 0x30),
	GET(0x0c, 0x00),
};

/* Fields changed one by one while the clock runs: each counts at once. */
static const struct step set_running[] = {
	CLOCK(T_2024_05_06_00_30_00),
	GET(0x00, 0x00),
	CLOCK(T_2024_05_06_00_30_00 + 70),
	SET(0x04, 0x15),
	GET(0x00, 0x10),
	GET(0x02, 0x31),
	GET(0x04, 0x15),
	SET(0x02, 0x45),
	GET(0x00, 0x10),
	GET(0x02, 0x45),
	GET(0x04, 0x15),
	SET(0x00, 0x20),
	GET(0x00, 0x20),
	GET(0x02, 0x45),
	GET(0x04, 0x15),
	SET(0x07, 0x03),
	GET(0x00, 0x20),
	GET(0x07, 0x03),
	GET(0x08, 0x05),
	SET(0x08, 0x11),
	GET(0x00, 0x20),
	GET(0x07, 0x03),
	GET(0x08, 0x11),
	SET(0x09, 0x31),
	GET(0x00, 0x20),
	GET(0x09, 0x31),
	GET(0x32, 0x20),
	SET(0x32, 0x21),
	GET(0x00, 0x20),
	GET(0x09, 0x31),
	GET(0x32, 0x21),
	GET(0x0c, 0x30),
};

static const struct step set_time_12h[] = {
	CLOCK(T_2025_12_31_23_59_58),
	SET(0x0b, 0x80),
	SET(0x04, 0x92),
	SET(0x0b, 0x02),
	GET(0x00, 0x58),
	GET(0x04, 0x12),
	GET(0x07, 0x31),
	SET(0x0b, 0x80),
	SET(0x04, 0x12),
	SET(0x0b, 0x02),
	GET(0x04, 0x00),
	SET(0x0b, 0x80),
	SET(0x04, 0x81),
	SET(0x0b, 0x02),
	GET(0x04, 0x13),
};

static const struct step registers[] = {
	SET(0x0a, 0xff), GET(0x0a, 0x7f), /* UIP is read only */
	SET(0x0b, 0x92), GET(0x0b, 0x82), /* SET clears UIE */
	SET(0x0b, 0x12), GET(0x0b, 0x12), SET(0x0d, 0x00),
	GET(0x0d, 0x80), SET(0x0c, 0xff), GET(0x0c, 0x00),
	SET(0x06, 0x07), GET(0x06, 0x05), /* the weekday follows the date */
};

/* UF: once for any number of seconds since the last look. */
static const struct step update_flag[] = {
	GET(0x0c, 0x00), CLOCK(1),	  GET(0x0c, 0x10), GET(0x0c, 0x00),
	CLOCK(5),	 GET(0x0c, 0x10), GET(0x0c, 0x00),
};

static const struct step ram[] = {
	SET(0x0e, 0x12), SET(0x7f, 0x34), SET(0x0f, 0x0a), GET(0x0e, 0x12),
	GET(0x7f, 0x34), GET(0x0f, 0x0a), SET(0x8e, 0x56), /* NMI bit */
	GET(0x0e, 0x56), SET(0x01, 0x59), SET(0x03, 0xc0), SET(0x05, 0x23),
	GET(0x01, 0x59), GET(0x03, 0xc0), GET(0x05, 0x23), ODD(0),
};

/* Host clocks that no year has: the clock stops at the ends of what it can tell,
 * and nothing overflows (UBSan), set or read. */
static const struct step far_clocks[] = {
	CLOCK(INT64_MAX), GET(0x09, 0x99), GET(0x32, 0x99),  GET(0x0c, 0x30),
	CLOCK(INT64_MIN), GET(0x00, 0x00), GET(0x09, 0x00),  GET(0x32, 0x00),
	SET(0x09, 0x99),  SET(0x32, 0x99), CLOCK(INT64_MAX), GET(0x00, 0x59),
	GET(0x09, 0x99),
};

#define S(n)  ((n)*1000000000ULL)
#define MS(n) ((n)*1000000ULL)
#define US(n) ((n)*1000ULL)

/* An update of 1984 us, announced 244 us before. */
static const struct step update_in_progress[] = {
	NOW(S(1) - US(2229)), GET(0x0a, 0x26), NOW(S(1) - US(2228)),
	GET(0x0a, 0xa6),      GET(0x00, 0x00), NOW(S(1) - 1),
	GET(0x0a, 0xa6),      NOW(S(1)),       GET(0x0a, 0x26),
	GET(0x00, 0x01),      SET(0x0b, 0x82), /* and none while the guest sets it */
	NOW(S(2) - 1),	      GET(0x0a, 0x26),
};

/* PF at the rate of register A, whether anybody wants the interrupt or not. */
static const struct step periodic_flag[] = {
	NOW(US(976)),	 GET(0x0c, 0x00), NOW(US(977)),	   GET(0x0c, 0x40),
	GET(0x0c, 0x00), NOW(US(1953)),	  GET(0x0c, 0x00), NOW(US(1954)),
	GET(0x0c, 0x40), SET(0x0a, 0x2f), /* 2 Hz */
	NOW(MS(499)),	 GET(0x0c, 0x00), NOW(MS(500)),	   GET(0x0c, 0x40),
	SET(0x0a, 0x21), /* 256 Hz, as 8 */
	GET(0x0c, 0x00), NOW(MS(503)),	  GET(0x0c, 0x00), NOW(MS(504)),
	GET(0x0c, 0x40), SET(0x0a, 0x28), NOW(MS(507)),	   GET(0x0c, 0x00),
	NOW(MS(508)),	 GET(0x0c, 0x40), SET(0x0a, 0x23), /* 8192 Hz */
	NOW(US(508057)), GET(0x0c, 0x40), NOW(US(508179)), GET(0x0c, 0x40),
	SET(0x0a, 0x20),				   /* off */
	NOW(MS(999)),	 GET(0x0c, 0x00), SET(0x0a, 0x66), /* held in reset */
	NOW(S(3)),	 GET(0x0c, 0x00),
};

/* IRQ8 at 8 Hz: an edge for each read of register C. */
static const struct step periodic_irq[] = {
	SET(0x0a, 0x2d), UNTIL(MS(100)),  IRQ(0, 0),	   SET(0x0b, 0x42),
	UNTIL(MS(124)),	 IRQ(0, 0),	  UNTIL(MS(125)),  IRQ(0, 1),
	UNTIL(MS(625)),	 EDGES(0, 1),	  GET(0x0c, 0xc0), IRQ(0, 0),
	GET(0x0c, 0x00), UNTIL(MS(749)),  IRQ(0, 0),	   UNTIL(MS(750)),
	IRQ(0, 1),	 SET(0x0b, 0x02), IRQ(0, 0),	   UNTIL(MS(990)),
	EDGES(0, 4),	 GET(0x0c, 0x40), SET(0x0b, 0x42), UNTIL(S(1)),
	IRQ(0, 1),
};

static const struct step update_irq[] = {
	UNTIL(MS(300)),	 SET(0x0b, 0x12), UNTIL(MS(999)),  IRQ(0, 0),
	UNTIL(S(1)),	 IRQ(0, 1),	  GET(0x0c, 0xd0), IRQ(0, 0),
	UNTIL(MS(1999)), IRQ(0, 0),	  UNTIL(S(2)),	   IRQ(0, 1),
	SET(0x0b, 0x92), IRQ(0, 0), /* SET clears UIE */
	UNTIL(S(4)),	 IRQ(0, 0),
};

/* The alarm, exact and with any values; BCD, 24 h. */
static const struct step alarm_irq[] = {
	CLOCK(T_2025_12_31_23_59_58),
	GET(0x0c, 0x30),
	SET(0x01, 0x05),
	SET(0x03, 0x00),
	SET(0x05, 0x00),
	SET(0x0b, 0x22),
	UNTIL(MS(6999)),
	IRQ(0, 0),
	UNTIL(S(7)),
	IRQ(0, 1),
	GET(0x00, 0x05),
	GET(0x0c, 0xf0),
	UNTIL(S(86406)),
	IRQ(0, 0),
	UNTIL(S(86407)),
	IRQ(0, 1),
	GET(0x0c, 0xf0),
	SET(0x05, 0xc0), /* every hour */
	UNTIL(S(86407 + 3600) - 1),
	IRQ(0, 0),
	UNTIL(S(86407 + 3600)),
	IRQ(0, 1),
	GET(0x0c, 0xf0),
	SET(0x03, 0xff), /* every minute */
	UNTIL(S(86407 + 3660)),
	GET(0x0c, 0xf0),
	SET(0x01, 0xc0), /* every second */
	UNTIL(S(86407 + 3661)),
	GET(0x0c, 0xf0),
	UNTIL(S(86407 + 3662)),
	GET(0x0c, 0xf0),
	SET(0x01, 0x60), /* never */
	UNTIL(S(86407 + 90000)),
	IRQ(0, 0),
	SET(0x01, 0x00),
	SET(0x03, 0x99),
	UNTIL(S(86407 + 180000)),
	IRQ(0, 0),
};

/* In the afternoon by twelve hours, binary, and without the interrupt. */
static const struct step alarm_flag[] = {
	SET(0x0b, 0x04),
	CLOCK(T_2000_02_29_12_00_00),
	GET(0x0c, 0x10),
	SET(0x01, 10),
	SET(0x03, 0),
	SET(0x05, 0x80 | 12),
	CLOCK(T_2000_02_29_12_00_00 + 9),
	GET(0x0c, 0x10),
	CLOCK(T_2000_02_29_12_00_00 + 11),
	GET(0x0c, 0x30),
	CLOCK(T_2000_02_29_12_00_00 + 20),
	GET(0x0c, 0x10),
	/* the host's clock goes back: a change, and no alarm */
	CLOCK(T_2000_02_29_12_00_00),
	GET(0x0c, 0x10),
	EDGES(0, 0),
};

/* --no-irq8: no line, no timer, and the flags as ever, IRQF with them. */
static const struct step mute[] = {
	SET(0x0a, 0x2d), SET(0x0b, 0x72), UNTIL(S(2)),
	EDGES(0, 0),	 GET(0x0c, 0xd0), GET(0x0c, 0x00),
};

/* The divider held in reset stops the clock as SET does. */
static const struct step held[] = {
	SET(0x0a, 0x76), CLOCK(5), GET(0x00, 0x00), GET(0x0c, 0x00),
	SET(0x0a, 0x26), CLOCK(6), GET(0x00, 0x01), GET(0x0c, 0x10),
};

/* 6 GiB and 5 vCPUs. */
static const struct step large[] = {
	GET(0x15, 0x80), GET(0x16, 0x02), GET(0x17, 0xff), GET(0x18, 0xff),
	GET(0x34, 0x00), GET(0x35, 0xbf), GET(0x5b, 0x00), GET(0x5c, 0xc0),
	GET(0x5d, 0x00), GET(0x5f, 0x04),
};

/* 512 KiB. */
static const struct step small[] = {
	GET(0x15, 0x00), GET(0x16, 0x02), GET(0x17, 0x00), GET(0x18, 0x00),
	GET(0x30, 0x00), GET(0x34, 0x00), GET(0x5c, 0x00), GET(0x5f, 0x00),
};

/* More than the words can tell. */
static const struct step huge[] = {
	GET(0x34, 0xff), GET(0x35, 0xff), GET(0x5b, 0xff),
	GET(0x5c, 0xff), GET(0x5d, 0xff), GET(0x5f, 0xff),
};

TEST_STEPS(test_update_in_progress, "cmos", update_in_progress)
TEST_STEPS(test_periodic_flag, "cmos", periodic_flag)
TEST_STEPS(test_periodic_irq, "cmos", periodic_irq)
TEST_STEPS(test_update_irq, "cmos", update_irq)
TEST_STEPS(test_alarm_irq, "cmos", alarm_irq)
TEST_STEPS(test_alarm_flag, "cmos", alarm_flag)
TEST_STEPS(test_held, "cmos", held)
TEST_STEPS(run_large, "cmos", large)
TEST_STEPS(run_small, "cmos", small)
TEST_STEPS(run_huge, "cmos", huge)

static void test_mute(void **state)
{
	static const char *const without[] = { "irq8", NULL };
	struct board b;

	(void)state;
	fake_without = without;
	fake_board_open(&b, "cmos");
	RUN_STEPS(&b, mute);
	assert_int_equal(b.deadline_ns, 0);
	fake_board_close(&b);
	fake_without = NULL;
}

static void test_sizes(void **state)
{
	const struct board_size usual = fake_size;

	fake_size = (struct board_size){ 3ULL << 30, 3ULL << 30, 5 };
	run_large(state);
	fake_size = (struct board_size){ 512 << 10, 0, 1 };
	run_small(state);
	fake_size = (struct board_size){ 1ULL << 40, 1ULL << 41, 300 };
	run_huge(state);
	fake_size = usual;
}

TEST_STEPS(test_far_clocks, "cmos", far_clocks)
TEST_STEPS(test_power_on, "cmos", power_on)
TEST_STEPS(test_date_first, "cmos", date_first)

static void test_drives(void **state)
{
	struct board b;

	(void)state;
	fake_floppies = 0x45;
	fake_board_open(&b, "cmos");
	RUN_STEPS(&b, drives);
	fake_board_close(&b);
	fake_floppies = 0;
}
TEST_STEPS(test_set_running, "cmos", set_running)
TEST_STEPS(test_bcd_24h, "cmos", bcd_24h)
TEST_STEPS(test_binary_24h, "cmos", binary_24h)
TEST_STEPS(test_hours_12, "cmos", hours_12)
TEST_STEPS(test_snapshot, "cmos", snapshot)
TEST_STEPS(test_set_time, "cmos", set_time)
TEST_STEPS(test_set_time_12h, "cmos", set_time_12h)
TEST_STEPS(test_registers, "cmos", registers)
TEST_STEPS(test_update_flag, "cmos", update_flag)
TEST_STEPS(test_ram, "cmos", ram)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_on),
		cmocka_unit_test(test_date_first),
		cmocka_unit_test(test_drives),
		cmocka_unit_test(test_bcd_24h),
		cmocka_unit_test(test_binary_24h),
		cmocka_unit_test(test_hours_12),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_set_time),
		cmocka_unit_test(test_set_running),
		cmocka_unit_test(test_set_time_12h),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_update_flag),
		cmocka_unit_test(test_ram),
		cmocka_unit_test(test_update_in_progress),
		cmocka_unit_test(test_periodic_flag),
		cmocka_unit_test(test_periodic_irq),
		cmocka_unit_test(test_update_irq),
		cmocka_unit_test(test_alarm_irq),
		cmocka_unit_test(test_alarm_flag),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_far_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
