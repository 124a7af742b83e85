/*
 * The hands on the keyboard: from the bytes of a terminal in raw mode to keys
 * of a US keyboard, after ECMA-48 ("Control sequences") and the sequences that
 * xterm and the Linux console send for the keys that have no character.
 *
 * Each key is pressed and released at once. What no key of that keyboard
 * stands for, such as a letter beyond ASCII or an unknown sequence, presses
 * nothing. Keypad keys come only from a terminal in keypad application mode.
 */
#include "i8042.h"

#define ESC 0x1b
#define DEL 0x7f

#define PARAM_MAX 99 /* no key has a larger number */

enum {
	STATE_NONE = 0,
	STATE_ESC,   /* ESC: Escape, alt with a key, or a sequence */
	STATE_CSI,   /* ESC [ */
	STATE_SS3,   /* ESC O */
	STATE_LINUX, /* ESC [ [: F1 to F5 of the Linux console */
};

/* Modifiers, as xterm numbers them: its parameter is one more. */
enum {
	MOD_SHIFT = 1,
	MOD_ALT = 2,
	MOD_CONTROL = 4,
	MOD_META = 8, /* as alt */
};

enum {
	KEY_LEFT_ALT = 0x11,
	KEY_LEFT_SHIFT = 0x12,
	KEY_LEFT_CONTROL = 0x14,
	KEY_TAB = 0x0d,
	KEY_SPACE = 0x29,
	KEY_ENTER = 0x5a,
	KEY_BACKSPACE = 0x66,
	KEY_ESCAPE = 0x76,
	KEY_UP = KEY_E0 | 0x75,
	KEY_DOWN = KEY_E0 | 0x72,
	KEY_RIGHT = KEY_E0 | 0x74,
	KEY_LEFT = KEY_E0 | 0x6b,
	KEY_HOME = KEY_E0 | 0x6c,
	KEY_END = KEY_E0 | 0x69,
	KEY_PAGE_UP = KEY_E0 | 0x7d,
	KEY_PAGE_DOWN = KEY_E0 | 0x7a,
	KEY_INSERT = KEY_E0 | 0x70,
	KEY_DELETE = KEY_E0 | 0x71,
	KEY_F1 = 0x05,
	KEY_F2 = 0x06,
	KEY_F3 = 0x04,
	KEY_F4 = 0x0c,
	KEY_F5 = 0x03,
	KEY_F6 = 0x0b,
	KEY_F7 = 0x83,
	KEY_F8 = 0x0a,
	KEY_F9 = 0x01,
	KEY_F10 = 0x09,
	KEY_F11 = 0x78,
	KEY_F12 = 0x07,
	KEY_PAD_ENTER = KEY_E0 | 0x5a,
};

/* Characters that a key gives by itself; 0: none does. */
static const uint8_t plain[128] = {
	['\b'] = KEY_BACKSPACE, ['\t'] = KEY_TAB,      ['\n'] = KEY_ENTER,
	['\r'] = KEY_ENTER,	[DEL] = KEY_BACKSPACE, [' '] = KEY_SPACE,
	['1'] = 0x16,		['2'] = 0x1e,	       ['3'] = 0x26,
	['4'] = 0x25,		['5'] = 0x2e,	       ['6'] = 0x36,
	['7'] = 0x3d,		['8'] = 0x3e,	       ['9'] = 0x46,
	['0'] = 0x45,		['a'] = 0x1c,	       ['b'] = 0x32,
	['c'] = 0x21,		['d'] = 0x23,	       ['e'] = 0x24,
	['f'] = 0x2b,		['g'] = 0x34,	       ['h'] = 0x33,
	['i'] = 0x43,		['j'] = 0x3b,	       ['k'] = 0x42,
	['l'] = 0x4b,		['m'] = 0x3a,	       ['n'] = 0x31,
	['o'] = 0x44,		['p'] = 0x4d,	       ['q'] = 0x15,
	['r'] = 0x2d,		['s'] = 0x1b,	       ['t'] = 0x2c,
	['u'] = 0x3c,		['v'] = 0x2a,	       ['w'] = 0x1d,
	['x'] = 0x22,		['y'] = 0x35,	       ['z'] = 0x1a,
	['`'] = 0x0e,		['-'] = 0x4e,	       ['='] = 0x55,
	['['] = 0x54,		[']'] = 0x5b,	       ['\\'] = 0x5d,
	[';'] = 0x4c,		['\''] = 0x52,	       [','] = 0x41,
	['.'] = 0x49,		['/'] = 0x4a,
};

/* Characters that take the shift key, and those of the same key without. */
static const uint8_t shifted[128] = {
	['!'] = '1',  ['@'] = '2', ['#'] = '3',	 ['$'] = '4', ['%'] = '5',
	['^'] = '6',  ['&'] = '7', ['*'] = '8',	 ['('] = '9', [')'] = '0',
	['~'] = '`',  ['_'] = '-', ['+'] = '=',	 ['{'] = '[', ['}'] = ']',
	['|'] = '\\', [':'] = ';', ['"'] = '\'', ['<'] = ',', ['>'] = '.',
	['?'] = '/',
};

/* CSI sequences that end in '~', by their first number. */
static const uint16_t numbered[] = {
	[1] = KEY_HOME, [2] = KEY_INSERT,  [3] = KEY_DELETE,
	[4] = KEY_END,	[5] = KEY_PAGE_UP, [6] = KEY_PAGE_DOWN,
	[7] = KEY_HOME, [8] = KEY_END,	   [11] = KEY_F1,
	[12] = KEY_F2,	[13] = KEY_F3,	   [14] = KEY_F4,
	[15] = KEY_F5,	[17] = KEY_F6,	   [18] = KEY_F7,
	[19] = KEY_F8,	[20] = KEY_F9,	   [21] = KEY_F10,
	[23] = KEY_F11, [24] = KEY_F12,
};

/* CSI and SS3 sequences that end in a letter. */
static const uint16_t lettered[128] = {
	['A'] = KEY_UP,	 ['B'] = KEY_DOWN, ['C'] = KEY_RIGHT, ['D'] = KEY_LEFT,
	['F'] = KEY_END, ['H'] = KEY_HOME, ['P'] = KEY_F1,    ['Q'] = KEY_F2,
	['R'] = KEY_F3,	 ['S'] = KEY_F4,
};

/* The keypad in application mode: SS3 sequences. */
static const uint16_t keypad[128] = {
	['M'] = KEY_PAD_ENTER, ['j'] = 0x7c, ['k'] = 0x79,
	['m'] = 0x7b,	       ['n'] = 0x71, ['o'] = KEY_E0 | 0x4a,
	['p'] = 0x70,	       ['q'] = 0x69, ['r'] = 0x72,
	['s'] = 0x7a,	       ['t'] = 0x6b, ['u'] = 0x73,
	['v'] = 0x74,	       ['w'] = 0x6c, ['x'] = 0x75,
	['y'] = 0x7d,
};

static const uint16_t linux_function[] = { KEY_F1, KEY_F2, KEY_F3, KEY_F4,
					   KEY_F5 };

/* Holds the modifiers @mods down while @key is hit; 0 is no key. */
static unsigned int press(uint16_t *events, uint16_t key, unsigned int mods)
{
	uint16_t held[KEYS_PER_BYTE / 2];
	unsigned int n = 0;

	if (!key)
		return 0;
	if (mods & (MOD_ALT | MOD_META))
		held[n++] = KEY_LEFT_ALT;
	if (mods & MOD_CONTROL)
		held[n++] = KEY_LEFT_CONTROL;
	if (mods & MOD_SHIFT)
		held[n++] = KEY_LEFT_SHIFT;
	held[n++] = key;
	for (unsigned int i = 0; i < n; i++) {
		events[i] = held[i];
		events[n + i] = held[n - 1 - i] | KEY_BREAK;
	}
	return 2 * n;
}

/* A control character that no key gives by itself, as letter or sign. */
static uint8_t uncontrolled(uint8_t byte)
{
	if (!byte)
		return ' ';
	return byte | (byte < ESC ? 0x60 : 0x40);
}

static unsigned int press_char(uint16_t *events, uint8_t byte,
			       unsigned int mods)
{
	if (byte > DEL)
		return 0;
	if (byte < ' ' && !plain[byte]) {
		byte = uncontrolled(byte);
		mods |= MOD_CONTROL;
	}
	if (byte >= 'A' && byte <= 'Z') {
		byte += 'a' - 'A';
		mods |= MOD_SHIFT;
	} else if (shifted[byte]) {
		byte = shifted[byte];
		mods |= MOD_SHIFT;
	}
	return press(events, plain[byte], mods);
}

static unsigned int modifiers(uint8_t param)
{
	return param ? param - 1 : 0;
}

static unsigned int finish_csi(const struct keys *k, uint8_t final,
			       uint16_t *events)
{
	unsigned int mods = modifiers(k->params[1]);
	unsigned int number = k->params[0];

	if (final == 'Z')
		return press(events, KEY_TAB, mods | MOD_SHIFT);
	if (final != '~')
		return press(events, lettered[final], mods);
	if (number >= sizeof(numbered) / sizeof(numbered[0]))
		return 0;
	return press(events, numbered[number], mods);
}

/* Old terminals put the modifiers into a parameter here, too. */
static unsigned int finish_ss3(const struct keys *k, uint8_t final,
			       uint16_t *events)
{
	unsigned int mods = modifiers(k->params[k->semicolons > 0]);

	if (keypad[final])
		return press(events, keypad[final], mods);
	return press(events, lettered[final], mods);
}

static unsigned int finish_linux(uint8_t final, uint16_t *events)
{
	unsigned int n = final - 'A';

	if (n >= sizeof(linux_function) / sizeof(linux_function[0]))
		return 0;
	return press(events, linux_function[n], 0);
}

static unsigned int finish(struct keys *k, uint8_t final, uint16_t *events)
{
	uint8_t state = k->state;

	k->state = STATE_NONE;
	if (final >= DEL)
		return 0;
	if (state == STATE_LINUX)
		return finish_linux(final, events);
	if (state == STATE_SS3)
		return finish_ss3(k, final, events);
	return finish_csi(k, final, events);
}

static void add_digit(struct keys *k, uint8_t digit)
{
	uint8_t *param = &k->params[k->semicolons];
	unsigned int val;

	if (k->semicolons > 1)
		return; /* no key has a third */
	val = *param * 10 + digit - '0';
	*param = val < PARAM_MAX ? val : PARAM_MAX;
}

static bool sequence_is_bare(const struct keys *k)
{
	return !k->params[0] && !k->semicolons;
}

/* A byte inside a sequence: ECMA-48, "Control sequences". */
static unsigned int type_in_sequence(struct keys *k, uint8_t byte,
				     uint16_t *events)
{
	if (byte < ' ') { /* cut off */
		k->state = STATE_NONE;
		return keys_type(k, byte, events);
	}
	if (byte == '[' && k->state == STATE_CSI && sequence_is_bare(k))
		k->state = STATE_LINUX;
	else if (byte >= '0' && byte <= '9')
		add_digit(k, byte);
	else if (byte == ';' && k->semicolons < 2)
		k->semicolons++;
	else if (byte >= '@')
		return finish(k, byte, events);
	return 0;
}

static void begin(struct keys *k, uint8_t state)
{
	*k = (struct keys){ .state = state };
}

static unsigned int type_after_esc(struct keys *k, uint8_t byte,
				   uint16_t *events)
{
	switch (byte) {
	case '[':
		begin(k, STATE_CSI);
		return 0;
	case 'O':
		begin(k, STATE_SS3);
		return 0;
	case ESC: /* the first one was a key */
		return press(events, KEY_ESCAPE, 0);
	default:
		begin(k, STATE_NONE);
		return press_char(events, byte, MOD_ALT);
	}
}

unsigned int keys_type(struct keys *keys, uint8_t byte, uint16_t *events)
{
	if (keys->state == STATE_ESC)
		return type_after_esc(keys, byte, events);
	if (keys->state != STATE_NONE)
		return type_in_sequence(keys, byte, events);
	if (byte != ESC)
		return press_char(events, byte, 0);
	begin(keys, STATE_ESC);
	return 0;
}

bool keys_are_possible(const struct keys *keys)
{
	return keys->state <= STATE_LINUX && keys->semicolons <= 2 &&
	       keys->params[0] <= PARAM_MAX && keys->params[1] <= PARAM_MAX;
}

bool keys_undecided(const struct keys *keys)
{
	return keys->state != STATE_NONE;
}

unsigned int keys_decide(struct keys *keys, uint16_t *events)
{
	struct keys was = *keys;

	begin(keys, STATE_NONE);
	if (was.state == STATE_ESC)
		return press(events, KEY_ESCAPE, 0);
	if (was.state == STATE_CSI && sequence_is_bare(&was))
		return press_char(events, '[', MOD_ALT);
	if (was.state == STATE_SS3 && sequence_is_bare(&was))
		return press_char(events, 'O', MOD_ALT);
	return 0;
}
