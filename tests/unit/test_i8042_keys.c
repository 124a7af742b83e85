/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/i8042_scan.o devices/i8042_input.o */
/* objects: devices/i8042_mouse.o devices/i8042_ko_none.o */
/*
 * What a terminal sends, as the scan codes that the guest reads. Expected
 * codes are those of a PC/AT keyboard in set 1 unless a test says otherwise.
 */
#include <stdio.h>

#include "steps.h"

#define DATA   0x60
#define STATUS 0x64

#define FULL	  0x01
#define ESCAPE_NS 30000000ULL

#define CB_SET_1 0x45 /* translated, interrupts on */
#define CB_RAW	 0x05

#define TEXT_MAX 8192

/* Hexadecimal bytes with blanks in between: what a test compares. */
struct codes {
	char text[TEXT_MAX];
	size_t len;
};

static void put_code(struct codes *codes, uint8_t byte)
{
	codes->len += snprintf(codes->text + codes->len,
			       sizeof(codes->text) - codes->len, "%s%02x",
			       codes->len ? " " : "", byte);
	assert_true(codes->len < sizeof(codes->text));
}

static void drain(struct board *b, struct codes *codes)
{
	while (fake_in(b, STATUS, 1) & FULL)
		put_code(codes, fake_in(b, DATA, 1));
}

/* A keyboard of which the guest has switched on interrupts. */
static void open_keyboard(struct board *b, uint8_t command_byte)
{
	fake_board_open(b, "i8042");
	fake_out(b, STATUS, 1, 0x60);
	fake_out(b, DATA, 1, command_byte);
	assert_int_equal(b->rx_readies, 1);
}

static void use_scan_set(struct board *b, uint8_t set)
{
	struct codes answers = { .len = 0 };

	fake_out(b, DATA, 1, 0xf0);
	drain(b, &answers);
	fake_out(b, DATA, 1, set);
	drain(b, &answers);
	assert_string_equal(answers.text, "fa fa");
}

/* Types everything at @text, reading as soon as there is something. */
static void type_len(struct board *b, const void *text, size_t len,
		     struct codes *codes)
{
	codes->len = 0;
	codes->text[0] = 0;
	b->input = text;
	b->input_len = len;
	b->rx_ready = true;
	while (b->input_len) {
		fake_console_turn(b);
		drain(b, codes);
		if (b->input_len)
			assert_true(b->rx_ready);
	}
}

static void type(struct board *b, const char *text, struct codes *codes)
{
	type_len(b, text, strlen(text), codes);
}

struct typed {
	const char *text, *codes;
};

/* Opens a keyboard for each row, so that rows do not depend on another. */
static void check_rows(const struct typed *rows, size_t count, uint8_t cb,
		       uint8_t set)
{
	struct codes codes;
	struct board b;

	for (size_t i = 0; i < count; i++) {
		open_keyboard(&b, cb);
		if (set)
			use_scan_set(&b, set);
		type(&b, rows[i].text, &codes);
		if (strcmp(codes.text, rows[i].codes))
			fail_msg("row %zu: \"%s\" gives %s, expected %s", i,
				 rows[i].text, codes.text, rows[i].codes);
		assert_int_equal(b.deadline_ns, 0);
		assert_int_equal(b.oddities, 0);
		fake_board_close(&b);
	}
}

#define CHECK_ROWS(rows, cb, set) \
	check_rows(rows, sizeof(rows) / sizeof((rows)[0]), cb, set)

static const struct typed characters[] = {
	{ "a", "1e 9e" },
	{ "A", "2a 1e 9e aa" },
	{ "1", "02 82" },
	{ "!", "2a 02 82 aa" },
	{ " ", "39 b9" },
	{ "\r", "1c 9c" },
	{ "\n", "1c 9c" },
	{ "\t", "0f 8f" },
	{ "\b", "0e 8e" },
	{ "\x7f", "0e 8e" },
	{ "\x01", "1d 1e 9e 9d" },
	{ "\x03", "1d 2e ae 9d" },
	{ "\x1a", "1d 2c ac 9d" },
	{ "\x1c", "1d 2b ab 9d" },
	{ "\x1d", "1d 1b 9b 9d" },
	{ "\x1e", "1d 2a 07 87 aa 9d" },
	{ "\x1f", "1d 2a 0c 8c aa 9d" },
	{ "\\|", "2b ab 2a 2b ab aa" },
	{ "`~", "29 a9 2a 29 a9 aa" },
	{ "'\"", "28 a8 2a 28 a8 aa" },
	{ "\xc3\xa9", "" }, /* no key of a US keyboard */
	{ "\xc3\xa9x", "2d ad" },
};

static const struct typed grey_keys[] = {
	{ "\033[A", "e0 48 e0 c8" },  { "\033OA", "e0 48 e0 c8" },
	{ "\033[B", "e0 50 e0 d0" },  { "\033OB", "e0 50 e0 d0" },
	{ "\033[C", "e0 4d e0 cd" },  { "\033OC", "e0 4d e0 cd" },
	{ "\033[D", "e0 4b e0 cb" },  { "\033OD", "e0 4b e0 cb" },
	{ "\033[H", "e0 47 e0 c7" },  { "\033OH", "e0 47 e0 c7" },
	{ "\033[1~", "e0 47 e0 c7" }, { "\033[7~", "e0 47 e0 c7" },
	{ "\033[F", "e0 4f e0 cf" },  { "\033OF", "e0 4f e0 cf" },
	{ "\033[4~", "e0 4f e0 cf" }, { "\033[8~", "e0 4f e0 cf" },
	{ "\033[2~", "e0 52 e0 d2" }, { "\033[3~", "e0 53 e0 d3" },
	{ "\033[5~", "e0 49 e0 c9" }, { "\033[6~", "e0 51 e0 d1" },
	{ "\033[Z", "2a 0f 8f aa" }, /* shift and tab */
};

static const struct typed function_keys[] = {
	{ "\033OP", "3b bb" },	 { "\033OQ", "3c bc" },
	{ "\033OR", "3d bd" },	 { "\033OS", "3e be" },
	{ "\033[11~", "3b bb" }, { "\033[12~", "3c bc" },
	{ "\033[13~", "3d bd" }, { "\033[14~", "3e be" },
	{ "\033[15~", "3f bf" }, { "\033[17~", "40 c0" },
	{ "\033[18~", "41 c1" }, { "\033[19~", "42 c2" },
	{ "\033[20~", "43 c3" }, { "\033[21~", "44 c4" },
	{ "\033[23~", "57 d7" }, { "\033[24~", "58 d8" },
	{ "\033[[A", "3b bb" },	 { "\033[[B", "3c bc" },
	{ "\033[[C", "3d bd" },	 { "\033[[D", "3e be" },
	{ "\033[[E", "3f bf" },
};

static const struct typed keypad_keys[] = {
	{ "\033Op", "52 d2" },	     { "\033Oq", "4f cf" },
	{ "\033Or", "50 d0" },	     { "\033Os", "51 d1" },
	{ "\033Ot", "4b cb" },	     { "\033Ou", "4c cc" },
	{ "\033Ov", "4d cd" },	     { "\033Ow", "47 c7" },
	{ "\033Ox", "48 c8" },	     { "\033Oy", "49 c9" },
	{ "\033On", "53 d3" },	     { "\033Ok", "4e ce" },
	{ "\033Om", "4a ca" },	     { "\033Oj", "37 b7" },
	{ "\033Oo", "e0 35 e0 b5" }, { "\033OM", "e0 1c e0 9c" },
};

static const struct typed modified[] = {
	{ "\033a", "38 1e 9e b8" },
	{ "\033A", "38 2a 1e 9e aa b8" },
	{ "\033\x03", "38 1d 2e ae 9d b8" },
	{ "\033\x7f", "38 0e 8e b8" },
	{ "\033\r", "38 1c 9c b8" },
	{ "\033[1;2C", "2a e0 4d e0 cd aa" },
	{ "\033[1;3C", "38 e0 4d e0 cd b8" },
	{ "\033[1;5C", "1d e0 4d e0 cd 9d" },
	{ "\033[1;6D", "1d 2a e0 4b e0 cb aa 9d" },
	{ "\033[1;8A", "38 1d 2a e0 48 e0 c8 aa 9d b8" },
	{ "\033[1;9A", "38 e0 48 e0 c8 b8" }, /* meta */
	{ "\033[3;2~", "2a e0 53 e0 d3 aa" },
	{ "\033[15;5~", "1d 3f bf 9d" },
	{ "\033[1;5P", "1d 3b bb 9d" },
	{ "\033O5P", "1d 3b bb 9d" },
	{ "\033O1;5P", "1d 3b bb 9d" },
};

/* What means nothing presses nothing, and what follows is as ever. */
static const struct typed broken[] = {
	{ "\033[9~x", "2d ad" },
	{ "\033[10~x", "2d ad" },
	{ "\033[25~x", "2d ad" },
	{ "\033[255~x", "2d ad" },
	{ "\033[99999999999999999999~x", "2d ad" },
	{ "\033[1;5;7;9;11;13Cx", "1d e0 4d e0 cd 9d 2d ad" },
	{ "\033[?25hx", "2d ad" },
	{ "\033[ @x", "2d ad" },
	{ "\033[G\033[[F\033[[~\033[[@x", "2d ad" },
	{ "\033[200~x\033[201~", "2d ad" }, /* bracketed paste */
	{ "\033[\rx", "1c 9c 2d ad" },
	{ "\033[1;\003x", "1d 2e ae 9d 2d ad" },
	{ "\033[1;\033[Ax", "e0 48 e0 c8 2d ad" },
	{ "\033\033[A", "01 81 e0 48 e0 c8" },
	{ "\033[\x7fx", "2d ad" },
	{ "\033[\xffx", "2d ad" },
	{ "\033O\xffx", "2d ad" },
	{ "\033\xc3\xa9x", "2d ad" },
};

static const struct typed raw_codes[] = {
	{ "a", "1c f0 1c" },
	{ "A", "12 1c f0 1c f0 12" },
	{ "\033[18~", "83 f0 83" },
	{ "\033[A", "e0 75 e0 f0 75" },
	{ "\033[1;8A", "11 14 12 e0 75 e0 f0 75 f0 12 f0 14 f0 11" },
};

/* In set 3 only the modifiers are released, unless told otherwise. */
static const struct typed set_3_codes[] = {
	{ "a", "1c" },
	{ "A", "12 1c f0 12" },
	{ "\x03", "11 21 f0 11" },
	{ "\033x", "19 22 f0 19" },
	{ "\\", "5c" },
	{ "\033OP\033[24~", "07 5e" },
	{ "\033[A\033[B\033[C\033[D", "63 60 6a 61" },
	{ "\033[2~\033[3~\033[H\033[F\033[5~\033[6~", "67 64 6e 65 6f 6d" },
	{ "\033Oo\033Oj\033Om\033Ok\033OM", "77 7e 84 7c 79" },
};

static void test_characters(void **state)
{
	(void)state;
	CHECK_ROWS(characters, CB_SET_1, 0);
}

static void test_grey_keys(void **state)
{
	(void)state;
	CHECK_ROWS(grey_keys, CB_SET_1, 0);
}

static void test_function_keys(void **state)
{
	(void)state;
	CHECK_ROWS(function_keys, CB_SET_1, 0);
	CHECK_ROWS(keypad_keys, CB_SET_1, 0);
}

static void test_modified(void **state)
{
	(void)state;
	CHECK_ROWS(modified, CB_SET_1, 0);
}

static void test_broken(void **state)
{
	(void)state;
	CHECK_ROWS(broken, CB_SET_1, 0);
}

static void test_scan_sets(void **state)
{
	(void)state;
	CHECK_ROWS(raw_codes, CB_RAW, 0);
	CHECK_ROWS(set_3_codes, CB_RAW, 3);
	/* the keyboard's own set 1 is what the controller makes of set 2 */
	CHECK_ROWS(characters, CB_RAW, 1);
	CHECK_ROWS(grey_keys, CB_RAW, 1);
	CHECK_ROWS(function_keys, CB_RAW, 1);
	CHECK_ROWS(keypad_keys, CB_RAW, 1);
	CHECK_ROWS(modified, CB_RAW, 1);
}

/* NUL is what terminals send for control and the space bar. */
static void test_nul(void **state)
{
	struct codes codes;
	struct board b;

	(void)state;
	open_keyboard(&b, CB_SET_1);
	type_len(&b, "", 1, &codes);
	assert_string_equal(codes.text, "1d 39 b9 9d");
	fake_board_close(&b);
}

/* Which keys of set 3 send break codes: all, none, one, the default again. */
static void test_set_3_breaks(void **state)
{
	static const struct {
		uint8_t commands[4];
		const char *codes; /* of "Aa" */
	} rows[] = {
		{ { 0xf8 }, "12 1c f0 1c f0 12 1c f0 1c" },
		{ { 0xf9 }, "12 1c 1c" },
		{ { 0xfa }, "12 1c f0 1c f0 12 1c f0 1c" },
		{ { 0xf7 }, "12 1c 1c" },
		{ { 0xfc, 0x1c }, "12 1c f0 1c 1c f0 1c" },
		{ { 0xfd, 0x1c }, "12 1c 1c" },
		{ { 0xfc, 0x12 }, "12 1c f0 12 1c" },
		{ { 0xfb, 0x12 }, "12 1c 1c" },
		{ { 0xf6, 0xf0, 0x03 }, "12 1c f0 12 1c" },
	};
	struct codes codes, answers = { .len = 0 };
	struct board b;

	(void)state;
	open_keyboard(&b, CB_RAW);
	use_scan_set(&b, 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int k = 0; rows[i].commands[k]; k++) {
			fake_out(&b, DATA, 1, rows[i].commands[k]);
			drain(&b, &answers);
		}
		type(&b, "Aa", &codes);
		assert_string_equal(codes.text, rows[i].codes);
	}
	fake_board_close(&b);
}

/*
 * A driver as a small system has one: where the keys are on a US keyboard,
 * two rows of characters in the order of the scan codes.
 */
struct driver {
	bool shift, control;
	char text[256];
	size_t len;
};

static void driver_take(struct driver *d, uint8_t code)
{
	static const char lower[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0"
				    "asdfghjkl;'`\0\\zxcvbnm,./\0\0\0 ";
	static const char upper[] = "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0"
				    "ASDFGHJKL:\"~\0|ZXCVBNM<>?\0\0\0 ";
	char c;

	if ((code & 0x7f) == 0x2a || (code & 0x7f) == 0x1d) {
		*((code & 0x7f) == 0x2a ? &d->shift : &d->control) =
			!(code & 0x80);
		return;
	}
	if (code & 0x80)
		return;
	assert_true(code < sizeof(lower));
	c = d->shift ? upper[code] : lower[code];
	assert_int_not_equal(c, 0);
	d->text[d->len++] = d->control ? c & 0x1f : c;
}

static void test_driver_reads_back(void **state)
{
	struct driver d = { .len = 0 };
	char text[128];
	struct board b;
	size_t n = 0;

	(void)state;
	open_keyboard(&b, CB_SET_1);
	for (char c = 1; c < 0x7f; c++) {
		if (c != '\r' && c != 0x1b)
			text[n++] = c;
	}
	b.input = (const uint8_t *)text;
	b.input_len = n;
	while (b.input_len) {
		assert_true(b.rx_ready);
		fake_console_turn(&b);
		while (fake_in(&b, STATUS, 1) & FULL)
			driver_take(&d, fake_in(&b, DATA, 1));
	}
	assert_int_equal(d.len, n);
	assert_memory_equal(d.text, text, n);
	assert_false(d.shift || d.control);
	fake_board_close(&b);
}

/* The deadline of the escape key, if there is one, passes. */
static void pass_time(struct board *b, struct codes *codes)
{
	codes->len = 0;
	codes->text[0] = 0;
	if (b->deadline_ns) {
		b->now_ns = b->deadline_ns;
		b->deadline_ns = 0;
		b->type->timer(b->dev);
	}
	drain(b, codes);
}

static void test_escape_by_time(void **state)
{
	static const struct typed rows[] = {
		{ "\033", "01 81" },
		{ "\033[", "38 1a 9a b8" },
		{ "\033O", "38 2a 18 98 aa b8" },
		{ "\033[[", "" },
		{ "\033[1;", "" },
		{ "\033O5", "" },
	};
	struct codes codes;
	struct board b;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_keyboard(&b, CB_SET_1);
		b.now_ns = 1000;
		type(&b, rows[i].text, &codes);
		assert_string_equal(codes.text, "");
		assert_int_equal(b.deadline_ns, 1000 + ESCAPE_NS);
		pass_time(&b, &codes);
		assert_string_equal(codes.text, rows[i].codes);
		assert_int_equal(b.deadline_ns, 0);
		type(&b, "x", &codes);
		assert_string_equal(codes.text, "2d ad");
		fake_board_close(&b);
	}
}

/* A sequence that comes in pieces is one all the same. */
static void test_pieces(void **state)
{
	struct codes codes;
	struct board b;

	(void)state;
	open_keyboard(&b, CB_SET_1);
	type(&b, "\033", &codes);
	type(&b, "[1", &codes);
	b.now_ns += ESCAPE_NS / 2;
	type(&b, ";5", &codes);
	assert_int_equal(b.deadline_ns, b.now_ns + ESCAPE_NS);
	type(&b, "C", &codes);
	assert_string_equal(codes.text, "1d e0 4d e0 cd 9d");
	assert_int_equal(b.deadline_ns, 0);
	b.type->timer(b.dev); /* was on its way already */
	type(&b, "", &codes);
	assert_string_equal(codes.text, "");
	fake_board_close(&b);
}

/* No time runs while the rest of a sequence waits at the console. */
static void test_no_room_amid_sequence(void **state)
{
	const char *text = "aaaaaaaaaaaa\033[Axxxxxxxxxxxx";
	struct codes codes = { .len = 0 };
	struct board b;
	size_t taken;

	(void)state;
	for (size_t skip = 0; skip < 6; skip++) {
		open_keyboard(&b, CB_SET_1);
		taken = fake_offer(&b, text + skip, strlen(text) - skip);
		assert_in_range(taken, 5, 20);
		assert_int_equal(b.deadline_ns, 0);
		codes.len = 0;
		drain(&b, &codes);
		assert_int_equal(b.rx_readies, 2);
		b.input = (const uint8_t *)text + skip + taken;
		b.input_len = strlen(text) - skip - taken;
		while (b.input_len) {
			fake_console_turn(&b);
			drain(&b, &codes);
		}
		assert_non_null(strstr(codes.text, "9e e0 48 e0 c8 2d ad"));
		fake_board_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_grey_keys),
		cmocka_unit_test(test_function_keys),
		cmocka_unit_test(test_modified),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_scan_sets),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_set_3_breaks),
		cmocka_unit_test(test_driver_reads_back),
		cmocka_unit_test(test_escape_by_time),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_no_room_amid_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
