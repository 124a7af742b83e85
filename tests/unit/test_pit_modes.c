/* objects: devices/pit.o devices/pit_counter.o devices/speaker_none.o */
/*
 * The six modes of the 8254 clock by clock, on counter 2, whose gate the test
 * holds: most rows are the timing diagrams of the Intel data sheet.
 */
#include <stdio.h>
#include <stdlib.h>

#include "steps.h"

#define CONTROL	  0x43
#define COUNTER_2 0x42
#define PORT_B	  0x61

#define READ_BACK_2 0xc8 /* count and status */

#define PIT_HZ	  1193182ULL
#define NS(clock) (((clock)*1000000000ULL + PIT_HZ - 1) / PIT_HZ)

/*
 * What happens at each clock, one word for each: "." nothing, "wN" the count N
 * (hexadecimal, low half) is written, "g" and "G" the gate goes low and high.
 * What OUT and the counting element show just after it: "L3" low and 3.
 */
struct wave {
	uint8_t mode;
	bool gate; /* at first */
	const char *does, *shows;
};

static const struct wave waves[] = {
	/* mode 0: low until the count is used up, then goes on counting */
	{ 0, true, "w4 . . . . . .", "L0 L4 L3 L2 L1 H0 Hff" },
	{ 0, true, "w3 . . g . . G . . .", "L0 L3 L2 L1 L1 L1 L1 H0 Hff Hfe" },
	{ 0, true, "w3 . . w2 . . . .", "L0 L3 L2 L1 L2 L1 H0 Hff" },
	{ 0, true, "w2 . . . w2 . . .", "L0 L2 L1 H0 Lff L2 L1 H0" },
	/* a count written without the gate is loaded, and waits */
	{ 0, false, "w2 . . G . . .", "L0 L2 L2 L2 L1 H0 Hff" },
	{ 0, false, "w2 G . . .", "L0 L2 L1 H0 Hff" },
	{ 0, true, "w5 . . g w3 . G . . .", "L0 L5 L4 L3 L3 L3 L3 L2 L1 H0" },
	{ 0, true, "w1 . . g . . G .", "L0 L1 H0 Hff Hff Hff Hff Hfe" },

	/* mode 1: a trigger starts a low pulse of N clocks, and again */
	{ 1, false, "w3 . G . . . . . .", "H0 H0 H0 L3 L2 L1 H0 Hff Hfe" },
	{ 1, false, "w3 G . g . G . . . .", "H0 H0 L3 L2 L1 H0 L3 L2 L1 H0" },
	{ 1, false, "w3 G . g G . . . .", "H0 H0 L3 L2 L1 L3 L2 L1 H0" },
	/* a new count is for the next pulse */
	{ 1, false, "w2 G . w4 g G . . . . .",
	  "H0 H0 L2 L1 H0 Hff L4 L3 L2 L1 H0" },
	{ 1, true, "w3 . . . g G .", "H0 H0 H0 H0 H0 H0 L3" },
	{ 1, false, "G . w3 . g G .", "H0 H0 H0 H0 H0 H0 L3" },
	{ 1, false, "G g G . . w2 g G .", "H0 H0 H0 H0 H0 H0 H0 H0 L2" },

	/* mode 2: low for the last clock of each period */
	{ 2, true, "w3 . . . . . . .", "H0 H3 H2 L1 H3 H2 L1 H3" },
	{ 2, true, "w3 . . g . . G . . . .",
	  "H0 H3 H2 H1 H1 H1 H1 H3 H2 L1 H3" },
	/* a new count begins with the next period, or at a trigger */
	{ 2, true, "w4 . . w5 . . . . . . .",
	  "H0 H4 H3 H2 L1 H5 H4 H3 H2 L1 H5" },
	{ 2, true, "w4 . w2 w3 . . . .", "H0 H4 H3 H2 L1 H3 H2 L1" },
	{ 2, true, "w5 . . w3 g G . . . .", "H0 H5 H4 H3 H2 H2 H3 H2 L1 H3" },
	{ 2, true, "w5 w2 . . . .", "H0 H5 H4 H3 H2 L1" },
	{ 2, true, "w2 . . . . .", "H0 H2 L1 H2 L1 H2" },
	{ 2, false, "w3 . . G . . . .", "H0 H3 H3 H3 H3 H2 L1 H3" },
	{ 2, false, "w3 . w4 . G . . . . .", "H0 H3 H3 H3 H3 H4 H3 H2 L1 H4" },
	{ 6, true, "w2 . . . .", "H0 H2 L1 H2 L1" },

	/* mode 3: square waves, the high half is the longer one */
	{ 3, true, "w4 . . . . . . . .", "H0 H4 H2 L4 L2 H4 H2 L4 L2" },
	{ 3, true, "w5 . . . . . . . . . .",
	  "H0 H4 H2 H0 L4 L2 H4 H2 H0 L4 L2" },
	{ 3, true, "w4 . . . g . G . . .", "H0 H4 H2 L4 H2 H2 H2 H4 H2 L4" },
	{ 3, true, "w2 . . . .", "H0 H2 L2 H2 L2" },
	{ 3, true, "w3 . . . . . .", "H0 H2 H0 L2 H2 H0 L2" },
	/* a new count begins with the next half, or at a trigger */
	{ 3, true, "w4 . w6 . . . . . . . .",
	  "H0 H4 H2 L6 L4 L2 H6 H4 H2 L6 L4" },
	{ 3, true, "w4 . . w6 . . . . . . .",
	  "H0 H4 H2 L4 L2 H6 H4 H2 L6 L4 L2" },
	{ 3, true, "w8 . . w4 g G . . . .", "H0 H8 H6 H4 H2 H2 H4 H2 L4 L2" },
	{ 7, true, "w2 . . . .", "H0 H2 L2 H2 L2" },

	/* mode 4: one clock low when the count is used up */
	{ 4, true, "w3 . . . . . .", "H0 H3 H2 H1 L0 Hff Hfe" },
	{ 4, false, "w3 . . G . . . .", "H0 H3 H3 H3 H2 H1 L0 Hff" },
	{ 4, true, "w3 . . w2 . . . .", "H0 H3 H2 H1 H2 H1 L0 Hff" },
	{ 4, true, "w3 . g . G . . .", "H0 H3 H2 H2 H2 H1 L0 Hff" },

	/* mode 5: the same N clocks after a trigger */
	{ 5, false, "w3 . G . . . . . .", "H0 H0 H0 H3 H2 H1 L0 Hff Hfe" },
	{ 5, false, "w3 G . g G . . . . .", "H0 H0 H3 H2 H1 H3 H2 H1 L0 Hff" },
	{ 5, false, "w2 G . w5 . . . g G . .",
	  "H0 H0 H2 H1 L0 Hff Hfe Hfd Hfc H5 H4" },
};

static void act(struct board *b, const char *word)
{
	if (word[0] == 'w')
		fake_out(b, COUNTER_2, 1, strtoul(word + 1, NULL, 16));
	if (word[0] == 'g' || word[0] == 'G')
		fake_out(b, PORT_B, 1, word[0] == 'G');
}

static void look(struct board *b, const char *word, size_t row,
		 const struct wave *wave, uint64_t clock)
{
	uint8_t status, count;
	char shown[8];

	fake_out(b, CONTROL, 1, READ_BACK_2);
	status = fake_in(b, COUNTER_2, 1);
	count = fake_in(b, COUNTER_2, 1);
	snprintf(shown, sizeof(shown), "%c%x", status & 0x80 ? 'H' : 'L',
		 count);
	if (strcspn(word, " ") != strlen(shown) ||
	    strncmp(word, shown, strlen(shown)))
		fail_msg("row %zu, mode %u, \"%s\", clock %llu: %s, not as in "
			 "\"%s\"",
			 row, wave->mode, wave->does, (unsigned long long)clock,
			 shown, wave->shows);
}

static const char *next_word(const char *text)
{
	text += strcspn(text, " ");
	return *text ? text + 1 : NULL;
}

static void run_wave(size_t row, const struct wave *wave, uint64_t clock)
{
	const char *does = wave->does, *shows = wave->shows;
	struct board b;

	fake_board_open(&b, "pit");
	fake_run_until(&b, NS(clock));
	fake_out(&b, PORT_B, 1, wave->gate);
	fake_out(&b, CONTROL, 1, 0x90 | wave->mode << 1);
	while (does) {
		fake_run_until(&b, NS(clock));
		assert_non_null(shows);
		act(&b, does);
		look(&b, shows, row, wave, clock);
		does = next_word(does);
		shows = next_word(shows);
		clock++;
	}
	assert_null(shows);
	assert_int_equal(b.irq_changes[0], 0);
	fake_board_close(&b);
}

/* At power-on, when a guest's age has many digits, and in between. */
static void test_waves(void **state)
{
	static const uint64_t clocks[] = { 0, 1, 1000, 65535, 1ULL << 47 };

	(void)state;
	for (size_t row = 0; row < sizeof(waves) / sizeof(waves[0]); row++)
		for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
			run_wave(row, &waves[row], clocks[i]);
}

/*
 * A whole period of each mode with the longest count, both halves written, in
 * binary and BCD: 0 stands for 65536 and for 10000.
 */
static void test_longest(void **state)
{
	struct board b;

	(void)state;
	for (int bcd = 0; bcd < 2; bcd++) {
		uint64_t base = bcd ? 10000 : 65536;

		fake_board_open(&b, "pit");
		fake_out(&b, PORT_B, 1, 1);
		fake_out(&b, CONTROL, 1, 0xb4 | bcd);
		fake_out(&b, COUNTER_2, 1, 0);
		fake_out(&b, COUNTER_2, 1, 0);
		fake_run_until(&b, NS(1));
		assert_int_equal(fake_in(&b, COUNTER_2, 1), 0);
		assert_int_equal(fake_in(&b, COUNTER_2, 1), 0);
		fake_run_until(&b, NS(2));
		assert_int_equal(fake_in(&b, COUNTER_2, 1), bcd ? 0x99 : 0xff);
		assert_int_equal(fake_in(&b, COUNTER_2, 1), bcd ? 0x99 : 0xff);
		fake_run_until(&b, NS(base - 1));
		assert_int_equal(fake_in(&b, PORT_B, 1) & 0x20, 0x20);
		fake_run_until(&b, NS(base)); /* 1 */
		assert_int_equal(fake_in(&b, PORT_B, 1) & 0x20, 0);
		fake_run_until(&b, NS(base + 1));
		assert_int_equal(fake_in(&b, PORT_B, 1) & 0x20, 0x20);
		fake_board_close(&b);
	}
}

/* What no program should do: counts of 1 and digits that are none. */
static void test_strange_counts(void **state)
{
	struct board b;

	(void)state;
	for (unsigned int control = 0xb0; control < 0xc0; control++) {
		fake_board_open(&b, "pit");
		fake_out(&b, CONTROL, 1, control);
		for (int k = 0; k < 4; k++) {
			fake_out(&b, COUNTER_2, 1, k & 1 ? 0xff : 1);
			fake_out(&b, COUNTER_2, 1, k & 2 ? 0xff : 0);
			for (int clock = 0; clock < 10; clock++) {
				fake_out(&b, PORT_B, 1, clock == 3);
				fake_in(&b, COUNTER_2, 1);
				fake_in(&b, COUNTER_2, 1);
				fake_run_until(&b, NS(k * 100ULL + clock));
			}
		}
		fake_board_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waves),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_strange_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
