/* objects: devices/ioapic.o */
/*
 * The I/O APIC: registers, edges, levels with their end of interrupt, masks,
 * and the messages that come of it.
 */
#include "steps.h"

#define SELECT 0xfec00000
#define WINDOW 0xfec00010

#define MASKED 0x10000
#define LEVEL  0x8000
#define RIRR   0x4000
#define LOWEST 0x100
#define NMI    0x400
#define EXTINT 0x700
#define GROUP  0x800 /* the destination is a set of CPUs */

/* In a message: a level, asserted. */
#define ASKED 0xc000

/* clang-format off */
#define SET(reg, val)	OUT(SELECT, reg), OUT32(WINDOW, val)
#define GET(reg, val)	OUT(SELECT, reg), IN32(WINDOW, val)
#define LOW(pin)	(0x10 + 2 * (pin))
#define HIGH(pin)	(0x11 + 2 * (pin))
/* clang-format on */

static const struct step power_on[] = {
	IN(SELECT, 0),
	IN32(WINDOW, 0),
	GET(1, 0x00170011),
	GET(2, 0),
	GET(LOW(0), MASKED),
	GET(HIGH(0), 0),
	GET(LOW(23), MASKED),
	GET(HIGH(23), 0),
	LINE(0, 1),
	LINE(23, 1),
	MESSAGES(0),
	LISTS(0),
	ODD(0),
};

static const struct step registers[] = {
	SET(0, 0xffffffff),
	GET(0, 0x0f000000),
	GET(2, 0x0f000000), /* the arbitration id follows */
	SET(LOW(5), 0xffffffff),
	GET(LOW(5), 0x0001afff), /* status and Remote IRR are read only */
	SET(HIGH(5), 0xffffffff),
	GET(HIGH(5), 0xff000000),
	GET(LOW(5), 0x0001afff),
	SET(LOW(5), MASKED),
	GET(HIGH(5), 0xff000000),
	GET(LOW(4), MASKED),
	GET(LOW(6), MASKED),
	ODD(0),
};

static const struct step no_register[] = {
	GET(3, 0xffffffff),
	ODD(1),
	SET(0x40, 1),
	ODD(2),
	GET(0x40, 0xffffffff),
	GET(0xff, 0xffffffff),
	ODD(4),
	SET(1, 0),
	GET(1, 0x00170011),
	ODD(5),
};

/* The register is chosen by one byte; the window is written as a whole. */
static const struct step sizes[] = {
	OUT32(SELECT, 0xffffff10), IN32(SELECT, 0x10),
	IN(SELECT + 1, 0),	   OUT(SELECT + 1, 0x33),
	IN(SELECT, 0x10),	   OUT(WINDOW, 0x55),
	OUT16(WINDOW + 2, 0),	   ODD(2),
	IN32(WINDOW, MASKED),	   IN16(WINDOW + 2, 1),
	IN(WINDOW + 2, 1),	   ODD(2),
};

static const struct step edge[] = {
	SET(HIGH(4), 0x02000000),
	SET(LOW(4), 0x41),
	LINE(4, 1),
	MESSAGES(1),
	MESSAGE(0x41),
	TARGET(0xfee02000),
	LINE(4, 1), /* told twice */
	LINE(4, 0),
	MESSAGES(1),
	LINE(4, 1),
	MESSAGES(2),
	GET(LOW(4), 0x41),
	LISTS(0),
	/* another pin, nobody programmed it */
	LINE(5, 1),
	MESSAGES(2),
	ODD(0),
};

/* An edge at a masked pin is lost, and a high line is none when unmasked. */
static const struct step masked_edge[] = {
	SET(LOW(4), MASKED | 0x41),
	LINE(4, 1),
	SET(LOW(4), 0x41),
	MESSAGES(0),
	LINE(4, 0),
	LINE(4, 1),
	MESSAGES(1),
	MESSAGE(0x41),
};

static const struct step destinations[] = {
	SET(HIGH(1), 0xff000000),
	SET(LOW(1), 0x31),
	LINE(1, 1),
	TARGET(0xfeeff000),
	LINE(1, 0),
	SET(LOW(1), GROUP | LOWEST | 0x32),
	SET(HIGH(1), 0x03000000),
	LINE(1, 1),
	TARGET(0xfee03004),
	MESSAGE(LOWEST | 0x32),
	LINE(1, 0),
	/* the polarity is no part of the message */
	SET(LOW(1), 0x2000 | NMI | 0x33),
	LINE(1, 1),
	MESSAGE(NMI | 0x33),
	MESSAGES(3),
};

static const struct step level[] = {
	SET(LOW(9), LEVEL | 0x51),
	LISTS(1),
	WANTED(1),
	LINE(9, 1),
	MESSAGES(1),
	MESSAGE(ASKED | 0x51),
	GET(LOW(9), LEVEL | RIRR | 0x51),
	LINE(9, 0),
	LINE(9, 1), /* the CPU is at it */
	MESSAGES(1),
	AT_EOI(0x52), /* somebody else's */
	MESSAGES(1),
	AT_EOI(0x51),
	MESSAGES(2), /* still high: again */
	GET(LOW(9), LEVEL | RIRR | 0x51),
	LINE(9, 0),
	AT_EOI(0x51),
	MESSAGES(2),
	GET(LOW(9), LEVEL | 0x51),
	AT_EOI(0x51),
	MESSAGES(2),
	LINE(9, 1),
	MESSAGES(3),
	LISTS(1),
};

/* A level at a masked pin waits. */
static const struct step masked_level[] = {
	SET(LOW(9), MASKED | LEVEL | 0x51),
	LISTS(1),
	WANTED(1),
	LINE(9, 1),
	MESSAGES(0),
	SET(LOW(9), LEVEL | 0x51),
	MESSAGES(1),
	LISTS(1), /* the mask changes nothing about it */
	/* masked while a CPU is at it */
	SET(LOW(9), MASKED | LEVEL | 0x51),
	GET(LOW(9), MASKED | LEVEL | RIRR | 0x51),
	AT_EOI(0x51),
	MESSAGES(1),
	GET(LOW(9), MASKED | LEVEL | 0x51),
	SET(LOW(9), LEVEL | 0x51),
	MESSAGES(2),
};

/* Some systems free a pin by making it an edge for a moment. */
static const struct step freed[] = {
	SET(LOW(9), LEVEL | 0x51),  LINE(9, 1), MESSAGES(1),
	SET(LOW(9), MASKED | 0x51), WANTED(0),	GET(LOW(9), MASKED | 0x51),
	SET(LOW(9), LEVEL | 0x51),  WANTED(1),	MESSAGES(2),
};

/* Two pins with one vector are freed by one end of interrupt. */
static const struct step shared_vector[] = {
	SET(LOW(9), LEVEL | 0x51),
	SET(LOW(10), LEVEL | 0x51),
	WANTED(2),
	LINE(9, 1),
	LINE(10, 1),
	MESSAGES(2),
	LINE(10, 0),
	AT_EOI(0x51),
	MESSAGES(3),
	GET(LOW(9), LEVEL | RIRR | 0x51),
	GET(LOW(10), LEVEL | 0x51),
};

/* An NMI is an edge, whatever the trigger mode says. */
static const struct step nmi[] = {
	SET(LOW(3), LEVEL | NMI),
	LINE(3, 1),
	MESSAGE(NMI),
	GET(LOW(3), LEVEL | NMI),
	LINE(3, 0),
	LINE(3, 1),
	MESSAGES(2),
	LISTS(0),
};

static const struct step extint[] = {
	SET(LOW(0), EXTINT),
	LINE(0, 1),
	MESSAGES(0),
	ODD(1),
};

static const struct step no_pin[] = {
	LINE(24, 1), LINE(31, 1), LINE(32, 1), LINE(255, 1), MESSAGES(0),
};

TEST_STEPS(test_power_on, "ioapic", power_on)
TEST_STEPS(test_registers, "ioapic", registers)
TEST_STEPS(test_no_register, "ioapic", no_register)
TEST_STEPS(test_sizes, "ioapic", sizes)
TEST_STEPS(test_edge, "ioapic", edge)
TEST_STEPS(test_masked_edge, "ioapic", masked_edge)
TEST_STEPS(test_destinations, "ioapic", destinations)
TEST_STEPS(test_level, "ioapic", level)
TEST_STEPS(test_masked_level, "ioapic", masked_level)
TEST_STEPS(test_freed, "ioapic", freed)
TEST_STEPS(test_shared_vector, "ioapic", shared_vector)
TEST_STEPS(test_nmi, "ioapic", nmi)
TEST_STEPS(test_extint, "ioapic", extint)
TEST_STEPS(test_no_pin, "ioapic", no_pin)

/* What the EOI is wanted of is what is sent. */
static void test_wanted_is_sent(void **state)
{
	static const struct step steps[] = {
		SET(HIGH(20), 0x07000000),
		SET(LOW(20), GROUP | LEVEL | 0x61),
		SET(HIGH(2), 0x01000000),
		SET(LOW(2), LEVEL | LOWEST | 0x62),
		LISTS(2),
		WANTED(2),
		LINE(20, 1),
	};
	struct board b;

	(void)state;
	fake_board_open(&b, "ioapic");
	RUN_STEPS(&b, steps);
	assert_int_equal(b.eoi[0].address, 0xfee01000);
	assert_int_equal(b.eoi[0].data, ASKED | LOWEST | 0x62);
	assert_int_equal(b.eoi[1].address, b.sent.address);
	assert_int_equal(b.eoi[1].data, b.sent.data);
	fake_board_close(&b);
}

static void test_is_a_chip(void **state)
{
	struct board b;

	(void)state;
	fake_board_open(&b, "ioapic");
	assert_true(device_is_chip(b.type));
	assert_int_equal(b.type->chips, DEV_CHIP_IOAPIC);
	fake_board_close(&b);
}

static void test_look(void **state)
{
	static const struct step set[] = {
		SET(0, 0x05000000),
		SET(HIGH(11), 0x02000000),
		SET(LOW(11), LEVEL | 0x31),
		LINE(11, 1),
		LINE(1, 1),
	};
	struct chip_view view = { 0 };
	struct board b;

	(void)state;
	fake_board_open(&b, "ioapic");
	RUN_STEPS(&b, set);
	b.type->chip->look(b.dev, &view);
	assert_int_equal(view.ioapic.id, 5);
	assert_int_equal(view.ioapic.lines, 1 << 11 | 1 << 1);
	assert_int_equal(view.ioapic.entries[0], MASKED);
	assert_int_equal(view.ioapic.entries[11],
			 2ULL << 56 | LEVEL | RIRR | 0x31);
	assert_int_equal(view.ioapic.entries[23], MASKED);
	fake_board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_on),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_no_register),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_edge),
		cmocka_unit_test(test_masked_edge),
		cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_masked_level),
		cmocka_unit_test(test_freed),
		cmocka_unit_test(test_shared_vector),
		cmocka_unit_test(test_nmi),
		cmocka_unit_test(test_extint),
		cmocka_unit_test(test_no_pin),
		cmocka_unit_test(test_wanted_is_sent),
		cmocka_unit_test(test_is_a_chip),
		cmocka_unit_test(test_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
