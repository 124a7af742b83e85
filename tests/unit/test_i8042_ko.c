/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/i8042_scan.o devices/i8042_input.o */
/* objects: devices/i8042_mouse.o devices/i8042_ko.o */
/* objects: core/plan.o core/feature.o util/log.o util/sink.o */
/*
 * What is typed in Korean, as the scan codes of set 1 that the guest reads; f2 is
 * the key that takes it to the other alphabet.
 */
#include <errno.h>
#include <stdio.h>

#include "core/plan.h"
#include "steps.h"

#define DATA   0x60
#define STATUS 0x64

#define TEXT_MAX 512

TABLE_DECLARE(plug, plug);

/* What comes of @typed, in as many turns as there is room for. */
static void type(struct board *b, const char *typed, const char *want)
{
	char got[TEXT_MAX] = "";
	size_t len = 0, left = strlen(typed);

	while (left) {
		size_t taken = fake_offer(b, typed, left);

		typed += taken;
		left -= taken;
		while (fake_in(b, STATUS, 1) & 1)
			len += snprintf(got + len, sizeof(got) - len, " %02x",
					(unsigned int)fake_in(b, DATA, 1));
		assert_true(len < sizeof(got));
	}
	assert_string_equal(got, want);
}

static const bool korean = true;

static void open_keyboard(struct board *b, const void *config)
{
	fake_config = config;
	fake_board_open(b, "i8042");
	fake_config = NULL;
	fake_out(b, STATUS, 1, 0x60);
	fake_out(b, DATA, 1, 0x45);
}

static void syllables(void **state)
{
	struct board b;

	(void)state;
	open_keyboard(&b, &korean);
	type(&b, "한글", " f2 22 a2 25 a5 1f 9f 13 93 32 b2 21 a1");
	type(&b, "가 힣!",
	     " 13 93 25 a5 39 b9 22 a2 26 a6 22 a2"
	     " 2a 02 82 aa");
	fake_board_close(&b);
}

/* Pairs of vowels and of finals, doubled consonants with shift: the longest. */
static void longest(void **state)
{
	struct board b;

	(void)state;
	open_keyboard(&b, &korean);
	type(&b, "뙜", " f2 2a 12 92 aa 23 a3 18 98 2a 14 94 aa");
	type(&b, "쪴", " 2a 11 91 aa 2a 19 99 aa 2a 14 94 aa");
	type(&b, "꺢", " 2a 13 93 aa 2a 18 98 aa 2a 13 93 aa");
	type(&b, "뿱", " 2a 10 90 aa 31 b1 24 a4 21 a1 13 93");
	fake_board_close(&b);
}

/* Back for letters alone; digits, signs and keys lie where they lie. */
static void two_alphabets(void **state)
{
	struct board b;

	(void)state;
	open_keyboard(&b, &korean);
	type(&b, "a1", " 1e 9e 02 82");
	type(&b, "ㅋ1\r", " f2 2c ac 02 82 1c 9c");
	type(&b, "\x1b[A", " e0 48 e0 c8");
	type(&b, "\003", " 1d 2e ae 9d");
	type(&b, "B", " f2 2a 30 b0 aa");
	type(&b, "ㅏㄳ₩", " f2 25 a5 13 93 14 94 2b ab");
	fake_board_close(&b);
}

/* What is no character, and what no key of his stands for. */
static void neither(void **state)
{
	struct board b;

	(void)state;
	open_keyboard(&b, &korean);
	type(&b, "\xed\x95", "");
	type(&b, "x", " 2d ad");
	type(&b, "\x9c\x80\xff\xff", "");
	type(&b, "é語😀\u318e\u3130", "");
	type(&b, "\xf0\x80\x80", "");
	type(&b, "가", " f2 13 93 25 a5");
	fake_board_close(&b);
}

static void not_at_another_keyboard(void **state)
{
	struct board b;

	(void)state;
	open_keyboard(&b, NULL);
	type(&b, "한a", " 1e 9e");
	fake_board_close(&b);
}

static int plug(struct plan *plan, const char *arg)
{
	const struct plug *const *row;

	TABLE_FOREACH(plug, row)
		if (!strcmp((*row)->option, "--keyboard"))
			return (*row)->plug(plan, arg);
	return -ENOENT;
}

static void the_option(void **state)
{
	static const char *const without[] = { "i8042", NULL };
	const struct plan_guest guest = { 0 }, bare = { .without = without };
	struct plan *plan = plan_new(&guest), *none = plan_new(&bare);

	(void)state;
	assert_int_equal(plug(plan, "us"), 0);
	assert_int_equal(plan->nr, 0);
	assert_int_equal(plug(plan, "de"), -EINVAL);
	assert_int_equal(plug(plan, ""), -EINVAL);
	assert_int_equal(plug(plan, "ko"), 0);
	assert_int_equal(plan->nr, 1);
	assert_true(*(const bool *)plan->devices[0].config);
	assert_int_equal(plug(none, "us"), 0);
	assert_int_equal(plug(none, "ko"), -EINVAL);
	plan_free(plan);
	plan_free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syllables),
		cmocka_unit_test(longest),
		cmocka_unit_test(two_alphabets),
		cmocka_unit_test(neither),
		cmocka_unit_test(not_at_another_keyboard),
		cmocka_unit_test(the_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
