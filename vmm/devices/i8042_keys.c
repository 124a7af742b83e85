/*
 * The hands on the keyboard: from the bytes of a terminal in raw mode to keys
 * of a US keyboard, after ECMA-48 ("Control sequences") and the sequences that
 * xterm and the Linux console send for the keys that have no character.
 *
 * Each key is pressed and released at once. What no key of that keyboard
 * stands for, such as a letter beyond ASCII or an unknown sequence, presses
 * nothing. Keypad keys come only from a terminal in keypad application mode.
 */
#include <linux/input-event-codes.h>

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

/* Characters that a key gives by itself; 0: none does. */
static const uint8_t plain[128] = {
	['\b'] = KEY_BACKSPACE, ['\t'] = KEY_TAB,	 ['\n'] = KEY_ENTER,
	['\r'] = KEY_ENTER,	[DEL] = KEY_BACKSPACE,	 [' '] = KEY_SPACE,
	['1'] = KEY_1,		['2'] = KEY_2,		 ['3'] = KEY_3,
	['4'] = KEY_4,		['5'] = KEY_5,		 ['6'] = KEY_6,
	['7'] = KEY_7,		['8'] = KEY_8,		 ['9'] = KEY_9,
	['0'] = KEY_0,		['a'] = KEY_A,		 ['b'] = KEY_B,
	['c'] = KEY_C,		['d'] = KEY_D,		 ['e'] = KEY_E,
	['f'] = KEY_F,		['g'] = KEY_G,		 ['h'] = KEY_H,
	['i'] = KEY_I,		['j'] = KEY_J,		 ['k'] = KEY_K,
	['l'] = KEY_L,		['m'] = KEY_M,		 ['n'] = KEY_N,
	['o'] = KEY_O,		['p'] = KEY_P,		 ['q'] = KEY_Q,
	['r'] = KEY_R,		['s'] = KEY_S,		 ['t'] = KEY_T,
	['u'] = KEY_U,		['v'] = KEY_V,		 ['w'] = KEY_W,
	['x'] = KEY_X,		['y'] = KEY_Y,		 ['z'] = KEY_Z,
	['`'] = KEY_GRAVE,	['-'] = KEY_MINUS,	 ['='] = KEY_EQUAL,
	['['] = KEY_LEFTBRACE,	[']'] = KEY_RIGHTBRACE,	 ['\\'] = KEY_BACKSLASH,
	[';'] = KEY_SEMICOLON,	['\''] = KEY_APOSTROPHE, [','] = KEY_COMMA,
	['.'] = KEY_DOT,	['/'] = KEY_SLASH,
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
static const uint8_t numbered[] = {
	[1] = KEY_HOME,	  [2] = KEY_INSERT,   [3] = KEY_DELETE, [4] = KEY_END,
	[5] = KEY_PAGEUP, [6] = KEY_PAGEDOWN, [7] = KEY_HOME,	[8] = KEY_END,
	[11] = KEY_F1,	  [12] = KEY_F2,      [13] = KEY_F3,	[14] = KEY_F4,
	[15] = KEY_F5,	  [17] = KEY_F6,      [18] = KEY_F7,	[19] = KEY_F8,
	[20] = KEY_F9,	  [21] = KEY_F10,     [23] = KEY_F11,	[24] = KEY_F12,
};

/* CSI and SS3 sequences that end in a letter. */
static const uint8_t lettered[128] = {
	['A'] = KEY_UP,	 ['B'] = KEY_DOWN, ['C'] = KEY_RIGHT, ['D'] = KEY_LEFT,
	['F'] = KEY_END, ['H'] = KEY_HOME, ['P'] = KEY_F1,    ['Q'] = KEY_F2,
	['R'] = KEY_F3,	 ['S'] = KEY_F4,
};

/* The keypad in application mode: SS3 sequences. */
static const uint8_t keypad[128] = {
	['M'] = KEY_KPENTER, ['j'] = KEY_KPASTERISK, ['k'] = KEY_KPPLUS,
	['m'] = KEY_KPMINUS, ['n'] = KEY_KPDOT,	     ['o'] = KEY_KPSLASH,
	['p'] = KEY_KP0,     ['q'] = KEY_KP1,	     ['r'] = KEY_KP2,
	['s'] = KEY_KP3,     ['t'] = KEY_KP4,	     ['u'] = KEY_KP5,
	['v'] = KEY_KP6,     ['w'] = KEY_KP7,	     ['x'] = KEY_KP8,
	['y'] = KEY_KP9,
};

static const uint8_t linux_function[] = { KEY_F1, KEY_F2, KEY_F3, KEY_F4,
					  KEY_F5 };

/* Holds the modifiers @mods down while @key is hit; 0 is no key. */
static unsigned int press(uint8_t *events, uint8_t key, unsigned int mods)
{
	uint8_t held[KEYS_PER_BYTE / 2];
	unsigned int n = 0;

	if (!key)
		return 0;
	if (mods & (MOD_ALT | MOD_META))
		held[n++] = KEY_LEFTALT;
	if (mods & MOD_CONTROL)
		held[n++] = KEY_LEFTCTRL;
	if (mods & MOD_SHIFT)
		held[n++] = KEY_LEFTSHIFT;
	held[n++] = key;
	for (unsigned int i = 0; i < n; i++) {
		events[i] = held[i];
		events[n + i] = held[n - 1 - i] | KEY_RELEASED;
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

static unsigned int press_char(uint8_t *events, uint8_t byte, unsigned int mods)
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

unsigned int keys_press(uint8_t *events, uint8_t byte)
{
	return press_char(events, byte, 0);
}

static unsigned int modifiers(uint8_t param)
{
	return param ? param - 1 : 0;
}

static unsigned int finish_csi(const struct keys *k, uint8_t final,
			       uint8_t *events)
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
			       uint8_t *events)
{
	unsigned int mods = modifiers(k->params[k->semicolons > 0]);

	if (keypad[final])
		return press(events, keypad[final], mods);
	return press(events, lettered[final], mods);
}

static unsigned int finish_linux(uint8_t final, uint8_t *events)
{
	unsigned int n = final - 'A';

	if (n >= sizeof(linux_function) / sizeof(linux_function[0]))
		return 0;
	return press(events, linux_function[n], 0);
}

static unsigned int finish(struct keys *k, uint8_t final, uint8_t *events)
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
				     uint8_t *events)
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
				   uint8_t *events)
{
	switch (byte) {
	case '[':
		begin(k, STATE_CSI);
		return 0;
	case 'O':
		begin(k, STATE_SS3);
		return 0;
	case ESC: /* the first one was a key */
		return press(events, KEY_ESC, 0);
	default:
		begin(k, STATE_NONE);
		return press_char(events, byte, MOD_ALT);
	}
}

unsigned int keys_type(struct keys *keys, uint8_t byte, uint8_t *events)
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

unsigned int keys_decide(struct keys *keys, uint8_t *events)
{
	struct keys was = *keys;

	begin(keys, STATE_NONE);
	if (was.state == STATE_ESC)
		return press(events, KEY_ESC, 0);
	if (was.state == STATE_CSI && sequence_is_bare(&was))
		return press_char(events, '[', MOD_ALT);
	if (was.state == STATE_SS3 && sequence_is_bare(&was))
		return press_char(events, 'O', MOD_ALT);
	return 0;
}
