/* host-objects: os-1k/kernel/keymap.o */
/*
 * The keyboard of 1K OS, as the i8042 delivers it: scancode set 1. The guest
 * tests press every key of QEMU's; here is what takes more than one code.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kernel/kernel.h"

#define UP 0x80

/* What a sequence of codes, ended by 0, types in all. */
static void types(struct keymap *map, const uint8_t *codes, const char *want)
{
	char have[64];
	size_t len = 0;

	for (; *codes; codes++) {
		const char *text = keymap_decode(map, *codes);

		assert_true(len + strlen(text) < sizeof(have));
		memcpy(have + len, text, strlen(text));
		len += strlen(text);
	}
	have[len] = 0;
	assert_string_equal(have, want);
}

#define TYPES(want, ...)                                    \
	do {                                                \
		const uint8_t codes[] = { __VA_ARGS__, 0 }; \
                                                            \
		types(&map, codes, want);                   \
	} while (0)

#define A	  0x1e
#define ONE	  0x02
#define LEFT	  0x2a
#define RIGHT	  0x36
#define CONTROL	  0x1d
#define CAPS_LOCK 0x3a
#define NUM_LOCK  0x45

static void shift_is_one_of_two(void **state)
{
	struct keymap map = { 0 };

	(void)state;
	TYPES("aa", A, A | UP, A);
	TYPES("A!", LEFT, A, ONE);
	TYPES("A", RIGHT, LEFT | UP, A);
	TYPES("a", RIGHT | UP, A);
}

static void caps_lock_is_for_letters(void **state)
{
	struct keymap map = { 0 };

	(void)state;
	TYPES("A1", CAPS_LOCK, CAPS_LOCK | UP, A, ONE);
	TYPES("a!", LEFT, A, ONE, LEFT | UP);
	/* Held down it repeats, and is still pressed once. */
	TYPES("a", CAPS_LOCK, CAPS_LOCK, CAPS_LOCK, CAPS_LOCK | UP, A);
}

static void control_gives_the_low_bits(void **state)
{
	struct keymap map = { 0 };

	(void)state;
	TYPES("\001\033\034\035", CONTROL, A, 0x1a, 0x2b, 0x1b);
	TYPES("\036\037", LEFT, 0x07, 0x0c, LEFT | UP);
	TYPES("1", ONE);
	TYPES("a", CONTROL | UP, A);
	TYPES("\001", 0xe0, CONTROL, A);
	TYPES("a", 0xe0, CONTROL | UP, A);
}

static void keypad_moves_or_counts(void **state)
{
	struct keymap map = { 0 };

	(void)state;
	TYPES("789-456+1230.", 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e,
	      0x4f, 0x50, 0x51, 0x52, 0x53);
	TYPES("", NUM_LOCK, NUM_LOCK | UP);
	TYPES("\033[H\033[A\033[5~-\033[D", 0x47, 0x48, 0x49, 0x4a, 0x4b);
	TYPES("\033[C+\033[F\033[B\033[6~\033[2~\033[3~", 0x4c, 0x4d, 0x4e,
	      0x4f, 0x50, 0x51, 0x52, 0x53);
	TYPES("7", NUM_LOCK, NUM_LOCK | UP, 0x47);
	/* The arrows between are extended and always move. */
	TYPES("\033[A", 0xe0, 0x48);
}

/* Keyboards put a shift of their own around arrows and Print Screen. */
static void extended_shift_means_nothing(void **state)
{
	struct keymap map = { 0 };

	(void)state;
	TYPES("\033[Aa", 0xe0, LEFT, 0xe0, 0x48, A);
	TYPES("", 0xe0, 0xc8, 0xe0, LEFT | UP);
	TYPES("A", LEFT, 0xe0, LEFT | UP, 0xe0, 0x48 | UP, A);
	TYPES("a", LEFT | UP, 0xe0, 0x37, A);
	TYPES("\r/", 0xe0, 0x1c, 0xe0, 0x35);
}

static void pause_is_six_codes(void **state)
{
	struct keymap map = { 0 };

	(void)state;
	TYPES("a7", 0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, A, 0x47);
}

/* Whatever comes, an answer is a string of at most 5 characters. */
static void every_code_in_every_state(void **state)
{
	(void)state;
	for (unsigned int first = 0; first < 256; first++) {
		for (unsigned int code = 0; code < 256; code++) {
			struct keymap map = { 0 };

			keymap_decode(&map, first);
			assert_true(strlen(keymap_decode(&map, code)) <= 5);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shift_is_one_of_two),
		cmocka_unit_test(caps_lock_is_for_letters),
		cmocka_unit_test(control_gives_the_low_bits),
		cmocka_unit_test(keypad_moves_or_counts),
		cmocka_unit_test(extended_shift_means_nothing),
		cmocka_unit_test(pause_is_six_codes),
		cmocka_unit_test(every_code_in_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
