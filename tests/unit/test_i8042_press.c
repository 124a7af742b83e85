/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/i8042_scan.o devices/i8042_input.o */
/* objects: devices/i8042_mouse.o devices/i8042_ko_none.o */
/*
 * Keys that somebody presses and lets go, as the guest reads them: scan code sets
 * 1 to 3 as IBM's reference has them, the controller's translation, and repeating.
 */
#include <linux/input-event-codes.h>

#include "steps.h"

#define DATA   0x60
#define STATUS 0x64
#define KBD    0

#define IDLE 0x14
#define FULL 0x15

#define MS 1000000ULL

#define ASK(byte) OUT(DATA, byte), IN(DATA, 0xfa)
#define RAW	  OUT(STATUS, 0x60), OUT(DATA, 0x05)
#define SET(n)	  RAW, ASK(0xf0), ASK(n)
#define NONE	  IN(STATUS, IDLE)

/* A key alone, in and out. */
#define HIT(key) PRESS(key), LET_GO(key)

/* As a BIOS leaves it. */
static const struct step translated[] = {
	PRESS(KEY_A),	IRQ(KBD, 1),	  IN(STATUS, FULL),
	IN(DATA, 0x1e), IRQ(KBD, 0),	  NONE,
	LET_GO(KEY_A),	IN(DATA, 0x9e),	  NONE,
	HIT(KEY_UP),	IN(DATA, 0xe0),	  IN(DATA, 0x48),
	IN(DATA, 0xe0), IN(DATA, 0xc8),	  HIT(KEY_RIGHTALT),
	IN(DATA, 0xe0), IN(DATA, 0x38),	  IN(DATA, 0xe0),
	IN(DATA, 0xb8), HIT(KEY_F7), /* the code beyond 0x7f */
	IN(DATA, 0x41), IN(DATA, 0xc1),	  HIT(KEY_F12),
	IN(DATA, 0x58), IN(DATA, 0xd8),	  HIT(KEY_COMPOSE),
	IN(DATA, 0xe0), IN(DATA, 0x5d),	  IN(DATA, 0xe0),
	IN(DATA, 0xdd), HIT(KEY_HANGEUL), /* no break code */
	IN(DATA, 0xf2), HIT(KEY_HANJA),	  IN(DATA, 0xf1),
	NONE,		EDGES(KBD, 40),	  ODD(0),
};

static const struct step pause_translated[] = {
	HIT(KEY_PAUSE),	     IN(DATA, 0xe1), IN(DATA, 0x1d),
	IN(DATA, 0x45),	     IN(DATA, 0xe1), IN(DATA, 0x9d),
	IN(DATA, 0xc5),	     NONE,	     HIT(KEY_SYSRQ),
	IN(DATA, 0xe0),	     IN(DATA, 0x2a), IN(DATA, 0xe0),
	IN(DATA, 0x37),	     IN(DATA, 0xe0), IN(DATA, 0xb7),
	IN(DATA, 0xe0),	     IN(DATA, 0xaa), NONE,
	PRESS(KEY_LEFTALT),  IN(DATA, 0x38), HIT(KEY_SYSRQ),
	IN(DATA, 0x54),	     IN(DATA, 0xd4), NONE,
	LET_GO(KEY_LEFTALT), IN(DATA, 0xb8), NONE,
};

static const struct step set_1[] = {
	SET(1),		  HIT(KEY_A),	  IN(DATA, 0x1e), IN(DATA, 0x9e),
	HIT(KEY_DELETE),  IN(DATA, 0xe0), IN(DATA, 0x53), IN(DATA, 0xe0),
	IN(DATA, 0xd3),	  HIT(KEY_PAUSE), IN(DATA, 0xe1), IN(DATA, 0x1d),
	IN(DATA, 0x45),	  IN(DATA, 0xe1), IN(DATA, 0x9d), IN(DATA, 0xc5),
	HIT(KEY_HANGEUL), IN(DATA, 0xf2), NONE,
};

static const struct step set_2[] = {
	RAW,
	HIT(KEY_A),
	IN(DATA, 0x1c),
	IN(DATA, 0xf0),
	IN(DATA, 0x1c),
	HIT(KEY_KPENTER),
	IN(DATA, 0xe0),
	IN(DATA, 0x5a),
	IN(DATA, 0xe0),
	IN(DATA, 0xf0),
	IN(DATA, 0x5a),
	HIT(KEY_F7),
	IN(DATA, 0x83),
	IN(DATA, 0xf0),
	IN(DATA, 0x83),
	HIT(KEY_PAUSE),
	IN(DATA, 0xe1),
	IN(DATA, 0x14),
	IN(DATA, 0x77),
	IN(DATA, 0xe1),
	IN(DATA, 0xf0),
	IN(DATA, 0x14),
	IN(DATA, 0xf0),
	IN(DATA, 0x77),
	NONE,
	HIT(KEY_SYSRQ),
	IN(DATA, 0xe0),
	IN(DATA, 0x12),
	IN(DATA, 0xe0),
	IN(DATA, 0x7c),
	IN(DATA, 0xe0),
	IN(DATA, 0xf0),
	IN(DATA, 0x7c),
	IN(DATA, 0xe0),
	IN(DATA, 0xf0),
	IN(DATA, 0x12),
	NONE,
};

/* Control makes Pause another key, and takes Print Screen's shift away. */
static const struct step with_control[] = {
	RAW,
	PRESS(KEY_RIGHTCTRL),
	IN(DATA, 0xe0),
	IN(DATA, 0x14),
	HIT(KEY_PAUSE),
	IN(DATA, 0xe0),
	IN(DATA, 0x7e),
	IN(DATA, 0xe0),
	IN(DATA, 0xf0),
	IN(DATA, 0x7e),
	NONE,
	PRESS(KEY_SYSRQ),
	IN(DATA, 0xe0),
	IN(DATA, 0x7c),
	LET_GO(KEY_RIGHTCTRL),
	IN(DATA, 0xe0),
	IN(DATA, 0xf0),
	IN(DATA, 0x14),
	LET_GO(KEY_SYSRQ),
	IN(DATA, 0xe0),
	IN(DATA, 0xf0),
	IN(DATA, 0x7c),
	NONE,
};

/* Three kinds of keys: most say nothing when they are let go. */
static const struct step set_3[] = {
	SET(3),
	HIT(KEY_A),
	IN(DATA, 0x1c),
	NONE,
	HIT(KEY_LEFTSHIFT),
	IN(DATA, 0x12),
	IN(DATA, 0xf0),
	IN(DATA, 0x12),
	HIT(KEY_UP),
	IN(DATA, 0x63),
	HIT(KEY_PAUSE),
	IN(DATA, 0x62),
	HIT(KEY_SYSRQ),
	IN(DATA, 0x57),
	HIT(KEY_RIGHTCTRL),
	IN(DATA, 0x58),
	NONE,
	ASK(0xfc), /* A: make and break */
	ASK(0x1c),
	HIT(KEY_A),
	IN(DATA, 0x1c),
	IN(DATA, 0xf0),
	IN(DATA, 0x1c),
	ASK(0xfa), /* all: everything */
	HIT(KEY_PAUSE),
	IN(DATA, 0x62),
	IN(DATA, 0xf0),
	IN(DATA, 0x62),
	ASK(0xf9), /* all: make alone */
	HIT(KEY_LEFTSHIFT),
	IN(DATA, 0x12),
	NONE,
};

/* After half a second, then every (8 + 3) * 2 * 4.17 ms. */
static const struct step repeats[] = {
	PRESS(KEY_B),
	IN(DATA, 0x30),
	UNTIL(499 * MS),
	NONE,
	UNTIL(500 * MS),
	IN(DATA, 0x30),
	NONE,
	UNTIL(591 * MS),
	NONE,
	UNTIL(592 * MS),
	IN(DATA, 0x30),
	PRESS(KEY_B),
	NONE,
	PRESS(KEY_C),
	IN(DATA, 0x2e),
	UNTIL(700 * MS),
	NONE,
	UNTIL(1092 * MS),
	IN(DATA, 0x2e),
	LET_GO(KEY_B),
	IN(DATA, 0xb0),
	UNTIL(1200 * MS),
	IN(DATA, 0x2e),
	LET_GO(KEY_C),
	IN(DATA, 0xae),
	UNTIL(5000 * MS),
	NONE,
};

/* A quarter of a second, then 30 times a second; and not at all. */
static const struct step repeats_as_told[] = {
	ASK(0xf3),
	ASK(0x00),
	PRESS(KEY_D),
	IN(DATA, 0x20),
	UNTIL(250 * MS),
	IN(DATA, 0x20),
	UNTIL(283 * MS),
	NONE,
	UNTIL(284 * MS),
	IN(DATA, 0x20),
	ASK(0xf6),
	UNTIL(3000 * MS),
	NONE,
	LET_GO(KEY_D),
	IN(DATA, 0xa0),
	HIT(KEY_HANJA),
	IN(DATA, 0xf1),
	PRESS(KEY_PAUSE),
	IN(DATA, 0xe1),
	IN(DATA, 0x1d),
	IN(DATA, 0x45),
	IN(DATA, 0xe1),
	IN(DATA, 0x9d),
	IN(DATA, 0xc5),
	UNTIL(9000 * MS),
	NONE,
};

/* One that is not read repeats no more often than it is. */
static const struct step repeats_unread[] = {
	PRESS(KEY_E),	IN(DATA, 0x12), UNTIL(5000 * MS),
	IN(DATA, 0x12), IN(DATA, 0x12), NONE,
	LET_GO(KEY_E),	IN(DATA, 0x92), NONE,
};

/* In set 3 the kind of a key says so: F1 and shift do not, the arrows do. */
static const struct step repeats_in_set_3[] = {
	SET(3),
	PRESS(KEY_F1),
	IN(DATA, 0x07),
	UNTIL(2000 * MS),
	NONE,
	PRESS(KEY_UP),
	IN(DATA, 0x63),
	UNTIL(2500 * MS),
	IN(DATA, 0x63),
	LET_GO(KEY_UP),
	PRESS(KEY_UP),
	IN(DATA, 0x63),
	ASK(0xf8), /* all: make and break */
	UNTIL(3000 * MS),
	IN(DATA, 0x63), /* as it began */
	LET_GO(KEY_UP),
	IN(DATA, 0xf0),
	IN(DATA, 0x63),
	PRESS(KEY_UP),
	IN(DATA, 0x63),
	UNTIL(9000 * MS),
	NONE,
};

/* What no key is, or is so already; and a keyboard that is told to be silent. */
static const struct step nothing[] = {
	PRESS(0), PRESS(84),	PRESS(127 + 1), PRESS(0xffff), LET_GO(KEY_A),
	NONE,	  ASK(0xf5),	HIT(KEY_A),	NONE,	       ASK(0xf4),
	NONE,	  PRESS(KEY_A), IN(DATA, 0x1e), ASK(0xf5),     LET_GO(KEY_A),
	NONE,	  ASK(0xf4),	IN(DATA, 0x9e), NONE,	       UNTIL(9000 * MS),
	NONE,	  ODD(0),
};

/* The interface is off: what is pressed waits. */
static const struct step waits[] = {
	OUT(STATUS, 0xad), PRESS(KEY_Z),      IN(STATUS, 0x1c),
	IRQ(KBD, 0),	   OUT(STATUS, 0xae), IRQ(KBD, 1),
	IN(DATA, 0x2c),	   IN(STATUS, 0x1c),  OUT(STATUS, 0xad),
	LET_GO(KEY_Z),	   IN(STATUS, 0x1c),  OUT(STATUS, 0xae),
	IN(DATA, 0xac),	   IN(STATUS, 0x1c),
};

/* Of more than there is room for, what was felt is let go, too. */
static void overrun(void **state)
{
	unsigned int downs = 0, ups = 0;
	struct board b;

	(void)state;
	fake_board_open(&b, "i8042");
	for (unsigned int turn = 0; turn < 3; turn++)
		for (unsigned int key = KEY_1; key <= KEY_F10; key++)
			b.type->key(b.dev, key, turn < 2);
	while (fake_in(&b, STATUS, 1) & 1) {
		if (fake_in(&b, DATA, 1) & 0x80)
			ups++;
		else
			downs++;
	}
	assert_true(downs >= 10);
	assert_int_equal(downs, ups);
	fake_board_close(&b);
}

TEST_STEPS(test_translated, "i8042", translated)
TEST_STEPS(test_pause_translated, "i8042", pause_translated)
TEST_STEPS(test_set_1, "i8042", set_1)
TEST_STEPS(test_set_2, "i8042", set_2)
TEST_STEPS(test_with_control, "i8042", with_control)
TEST_STEPS(test_set_3, "i8042", set_3)
TEST_STEPS(test_repeats, "i8042", repeats)
TEST_STEPS(test_repeats_as_told, "i8042", repeats_as_told)
TEST_STEPS(test_repeats_unread, "i8042", repeats_unread)
TEST_STEPS(test_repeats_in_set_3, "i8042", repeats_in_set_3)
TEST_STEPS(test_nothing, "i8042", nothing)
TEST_STEPS(test_waits, "i8042", waits)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_translated),
		cmocka_unit_test(test_pause_translated),
		cmocka_unit_test(test_set_1),
		cmocka_unit_test(test_set_2),
		cmocka_unit_test(test_with_control),
		cmocka_unit_test(test_set_3),
		cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_repeats_as_told),
		cmocka_unit_test(test_repeats_unread),
		cmocka_unit_test(test_repeats_in_set_3),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
