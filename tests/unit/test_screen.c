/* objects: terminal/screen.o util/ring.o */
/* How guests share one stdout: prefixes, colours, the line that grows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "terminal/screen.h"

#define GREEN  "\033[38;5;2m"
#define YELLOW "\033[38;5;3m"
#define RESET  "\033[0m"
#define ERASE  "\r\033[K"

static const char *const names[] = { "one", "second" };

static struct ring ring;
static struct screen screen;

static void open_screen(struct screen_config config)
{
	memset(&ring, 0, sizeof(ring));
	config.names = names;
	config.nr_guests = 2;
	assert_int_equal(screen_init(&screen, &config, &ring), 0);
}

static void say(unsigned int id, const char *text)
{
	size_t len = strlen(text);

	assert_int_equal(screen_put(&screen, id, (const uint8_t *)text, len),
			 len);
}

/* What has been laid out since the last time is exactly @want. */
static void must_show(const char *want)
{
	char have[RING_SIZE + 1];
	size_t len = 0, piece;
	const uint8_t *from;

	while (from = ring_peek(&ring, &piece), piece) {
		memcpy(have + len, from, piece);
		ring_drop(&ring, piece);
		len += piece;
	}
	have[len] = '\0';
	assert_string_equal(have, want);
}

static const struct screen_config piped = { .mode = SCREEN_LINES };
static const struct screen_config live = {
	.mode = SCREEN_LINES, .terminal = true, .colour = true, .live = true
};

static void test_raw(void **state)
{
	(void)state;
	open_screen((struct screen_config){ .mode = SCREEN_RAW });
	say(0, "a\r\nb\033[31m");
	must_show("a\r\nb\033[31m");
	screen_set_front(&screen, 0, true);
	screen_end(&screen, 0);
	must_show("");
}

static void test_piped_lines(void **state)
{
	(void)state;
	open_screen(piped);
	say(0, "he");
	say(1, "wor");
	must_show("");
	say(0, "llo\n\nrest");
	must_show("one    | hello\none    | \n");
	say(1, "ld\r\n");
	must_show("second | world\r\n");
	screen_end(&screen, 1);
	must_show("");
	screen_end(&screen, 0);
	must_show("one    | rest\n");
	screen_free(&screen);
}

static void test_long_line(void **state)
{
	char text[SCREEN_LINE + 4], want[SCREEN_LINE + 64];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[SCREEN_LINE + 2] = '\n';
	text[SCREEN_LINE + 3] = '\0';
	open_screen(piped);
	say(0, text);
	memcpy(want, "one    | ", 9);
	memset(want + 9, 'x', SCREEN_LINE);
	memcpy(want + 9 + SCREEN_LINE, "\none    | xx\n", 14);
	must_show(want);
	screen_free(&screen);
}

/* The line of the guest in front grows; others' lines appear above it. */
static void test_live(void **state)
{
	(void)state;
	open_screen(live);
	say(0, "$ l");
	must_show(GREEN "one    | $ l");
	say(0, "s");
	must_show("s");
	say(1, "done\n");
	must_show(ERASE YELLOW "second | done" RESET "\n" GREEN
			       "one    | $ ls");
	say(1, "half");
	must_show("");
	screen_set_front(&screen, 1, false);
	must_show(ERASE YELLOW "second | half");
	say(0, "\n");
	must_show(ERASE GREEN "one    | $ ls" RESET "\n" YELLOW
			      "second | half");
	say(1, "\n");
	must_show(RESET "\n");
	screen_free(&screen);
}

/* A carriage return does not let a guest write over its own name. */
static void test_carriage_return(void **state)
{
	(void)state;
	open_screen(live);
	say(0, "50%\r");
	must_show(GREEN "one    | 50%\r");
	say(0, "99%\r\n");
	must_show(GREEN "one    | 99%\r" RESET "\n");
	screen_free(&screen);
}

/* How often @text is among what has been laid out since the last time. */
static unsigned int count_shown(const char *text)
{
	char have[RING_SIZE + 1];
	unsigned int count = 0;
	size_t len = 0, piece;
	const uint8_t *from;

	while (from = ring_peek(&ring, &piece), piece) {
		memcpy(have + len, from, piece);
		ring_drop(&ring, piece);
		len += piece;
	}
	have[len] = '\0';
	for (char *at = have; (at = strstr(at, text)); at++)
		count++;
	return count;
}

/* Each return may bring a prefix: what a ring with @room takes, it holds. */
static void returns_fit(size_t room)
{
	static const uint8_t filler[RING_SIZE], newline = '\n';
	const unsigned int count = SCREEN_LINE / 3;
	unsigned int shown;

	open_screen(live);
	for (unsigned int i = 0; i < count; i++)
		say(1, "\rxy");
	shown = count_shown("xy");
	ring_put(&ring, filler, RING_SIZE - room);
	if (!screen_put(&screen, 1, &newline, 1))
		shown = count;
	ring_drop(&ring, RING_SIZE - room);
	assert_int_equal(shown + count_shown("xy"), count);
	screen_free(&screen);
}

static void test_many_returns(void **state)
{
	(void)state;
	for (size_t room = 0; room < RING_SIZE; room += 500)
		returns_fit(room);
}

static void test_break(void **state)
{
	(void)state;
	open_screen(live);
	say(0, "login: ");
	must_show(GREEN "one    | login: ");
	screen_break(&screen);
	must_show(ERASE);
	say(0, "r");
	must_show(GREEN "one    | login: r");
	screen_free(&screen);
}

static void test_interleaved(void **state)
{
	struct screen_config config = { .mode = SCREEN_INTERLEAVED };

	(void)state;
	open_screen(config);
	say(0, "a");
	say(1, "b");
	say(0, "c\n");
	must_show("abc\n");
	config.terminal = config.colour = config.live = true;
	open_screen(config);
	say(0, "a");
	say(0, "b");
	say(1, "c");
	must_show(GREEN "ab" YELLOW "c");
	screen_end(&screen, 0);
	must_show("");
	screen_end(&screen, 1);
	must_show(RESET);
}

/* Nothing is lost or torn when there is no room: it is taken later. */
static void test_full(void **state)
{
	static const uint8_t line[] = "0123456789\n";
	size_t lines = 0, taken;

	(void)state;
	open_screen(piped);
	do {
		taken = screen_put(&screen, lines % 2, line, sizeof(line) - 1);
		lines += taken == sizeof(line) - 1;
	} while (taken == sizeof(line) - 1);
	assert_int_equal(taken, 0);
	assert_true(lines > 1000);
	assert_int_equal(ring_used(&ring), lines * (9 + sizeof(line) - 1));
	ring_drop(&ring, ring_used(&ring));
	say(0, "late");
	while (ring_room(&ring) > 100)
		ring_put(&ring, line, sizeof(line));
	screen_end(&screen, 0);
	assert_false(screen_catch_up(&screen));
	ring_drop(&ring, ring_used(&ring));
	assert_true(screen_catch_up(&screen));
	must_show("one    | late\n");
	screen_free(&screen);
}

static void test_legend(void **state)
{
	(void)state;
	open_screen(live);
	screen_legend(&screen);
	must_show("2 guests: " GREEN "one" RESET " " YELLOW "second" RESET
		  "\n[keyboard: " GREEN "one" RESET
		  "; Ctrl-A n: the next guest]\n");
	screen_free(&screen);
}

/* A long name loses its start, but not half a character. */
static void test_names(void **state)
{
	static const char *const odd[] = {
		"\xc3\xbc", "xx\xe2\x82\xac" /* 2 + 3 bytes, and 39 */
			    "123456789012345678901234567890123456789"
	};
	const struct screen_config config = { .mode = SCREEN_LINES,
					      .names = odd,
					      .nr_guests = 2 };

	(void)state;
	memset(&ring, 0, sizeof(ring));
	assert_int_equal(screen_init(&screen, &config, &ring), 0);
	say(0, "a\n");
	must_show("\xc3\xbc                                       | a\n");
	say(1, "b\n");
	must_show("123456789012345678901234567890123456789 | b\n");
	screen_free(&screen);
}

/* At least 64 guests are told apart by colour. */
static void test_colours(void **state)
{
	char sgr[64][16];

	(void)state;
	for (unsigned int i = 0; i < 64; i++) {
		screen_colour(i, sgr[i], sizeof(sgr[i]));
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(sgr[i], sgr[j]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_piped_lines),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_carriage_return),
		cmocka_unit_test(test_many_returns),
		cmocka_unit_test(test_break),
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_legend),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
