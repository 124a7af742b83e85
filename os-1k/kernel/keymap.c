/*
 * Scancode set 1, US layout: what the keys of a PC keyboard send, as a VT220
 * terminal would (IBM PC/AT Technical Reference, "Keyboard Scan Codes"; xterm
 * control sequences, "PC-Style Function Keys").
 */
#include "kernel/kernel.h"

#define RELEASED 0x80 /* of a code: the key came up */
#define EXTENDED 0xe0 /* the next code is of a key that PCs got later */
#define PAUSE	 0xe1 /* 5 more bytes, and nothing when it comes up */
/* Other codes. KEY_102 is beside the left shift, if there is such a key. */
enum { F1 = 0x3b, F10 = 0x44, KEYPAD = 0x47, KEYPAD_END = 0x53 };
enum { KEY_102 = 0x56, F11, F12, ENTER = 0x1c, SLASH = 0x35 };

/*
 * The codes of the modifiers, and the bits of `held` and `locks`; from bit 8 on
 * those of the extended ones, on the right.
 */
static const uint8_t modifiers[] = { 0x2a, 0x36, 0x1d, 0x38, 0x3a, 0x45 };
enum { SHIFT = 0x003, CONTROL = 0x404, CAPS_LOCK = 0x10, NUM_LOCK = 0x20 };

#define ESC "\033"

/* By code, from 0x00 to 0x39; 0 where a key sends nothing. */
static const char plain[] = "\0" ESC "1234567890-=\177\tqwertyuiop[]\r\0"
			    "asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0" ESC "!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0"
			      "ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";
static const char *const functions[] = {
	ESC "OP",   ESC "OQ",	ESC "OR",   ESC "OS",	ESC "[15~", ESC "[17~",
	ESC "[18~", ESC "[19~", ESC "[20~", ESC "[21~", ESC "[23~", ESC "[24~",
};
/* The keypad, with Num Lock and without; it was on when we came. */
static const char digits[] = "789-456+1230.";
static const char *const moves[] = {
	ESC "[H", ESC "[A", ESC "[5~", "-",	  ESC "[D",  "", ESC "[C", "+",
	ESC "[F", ESC "[B", ESC "[6~", ESC "[2~", ESC "[3~",
};

/* A string of one character, or of none if it is 0. */
static const char *one(char c)
{
	static char text[2];

	text[0] = c;
	return text;
}

static const char *character(const struct keymap *map, uint8_t code)
{
	bool shift = map->held & SHIFT;
	char c = plain[code];

	if (c >= 'a' && c <= 'z' && (map->locks & CAPS_LOCK))
		shift = !shift;
	if (shift)
		c = shifted[code];
	if (c >= '@' && c <= '~' && (map->held & CONTROL))
		c &= 0x1f;
	return one(c);
}

/*
 * Notes what a modifier does; false if @code is none. The shift keys also come
 * extended, around arrows, and then mean nothing.
 */
static bool modify(struct keymap *map, uint8_t code, bool extended)
{
	for (size_t i = 0; i < sizeof(modifiers); i++) {
		uint32_t bit = extended ? 0x100u << i : 1u << i;

		if ((code & ~RELEASED) != modifiers[i])
			continue;
		if (code & RELEASED) {
			map->held &= ~bit;
		} else {
			map->locks ^= bit & ~map->held; /* not by repeating */
			map->held |= bit;
		}
		return true;
	}
	return false;
}

static const char *press(const struct keymap *map, uint8_t code, bool extended)
{
	if (code >= KEYPAD && code <= KEYPAD_END)
		return extended || (map->locks & NUM_LOCK) ?
			       moves[code - KEYPAD] :
			       one(digits[code - KEYPAD]);
	if (extended && code != ENTER && code != SLASH)
		return "";
	if (code >= F1 && code <= F10)
		return functions[code - F1];
	if (code == F11 || code == F12)
		return functions[code - F11 + 10];
	if (code == KEY_102)
		return one(map->held & SHIFT ? '>' : '<');
	return code < sizeof(plain) ? character(map, code) : "";
}

const char *keymap_decode(struct keymap *map, uint8_t code)
{
	bool extended = map->extended;

	map->extended = code == EXTENDED && !map->skip;
	if (map->skip)
		map->skip--;
	else if (code == PAUSE)
		map->skip = 5;
	else if (code != EXTENDED && !modify(map, code, extended) &&
		 !(code & RELEASED))
		return press(map, code, extended);
	return "";
}
