/*
 * Scancode set 1, US layout: what the keys of a PC keyboard send, as a VT220
 * terminal would (IBM PC/AT Technical Reference, "Keyboard Scan Codes"; xterm
 * control sequences, "PC-Style Function Keys").
 */
#include "kernel/kernel.h"

#define RELEASED   0x80 /* of a code: the key came up */
#define EXTENDED   0xe0
#define PAUSE	   0xe1 /* 5 more bytes, and nothing when it comes up */
#define ENTER	   0x1c
#define CONTROL	   0x1d
#define SHIFT	   0x2a
#define SLASH	   0x35
#define SHIFT_2	   0x36
#define ALT	   0x38
#define CAPS_LOCK  0x3a
#define F1	   0x3b
#define F10	   0x44
#define NUM_LOCK   0x45
#define KEYPAD	   0x47
#define KEYPAD_END 0x53
#define KEY_102	   0x56
#define F11	   0x57
#define F12	   0x58

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
/* The keypad, from 0x47 on: with Num Lock, and without. */
static const char digits[] = "789-456+1230.";
static const char *const moves[] = {
	ESC "[H", ESC "[A", ESC "[5~", "-",	  ESC "[D",  "", ESC "[C", "+",
	ESC "[F", ESC "[B", ESC "[6~", ESC "[2~", ESC "[3~",
};

/* A string of one character, or of none if it is 0; after ESC with Alt. */
static const char *one(const struct keymap *map, char c)
{
	static char text[3];
	char *at = text;

	if (c && (map->alt[0] || map->alt[1]))
		*at++ = '\033';
	at[0] = c;
	at[1] = 0;
	return text;
}

/* Ctrl leaves the low five bits of what it can be pressed with. */
static char with_control(char c)
{
	return c >= '@' && c <= '~' ? c & 0x1f : c == ' ' ? '\0' : c;
}

static const char *character(const struct keymap *map, uint8_t code)
{
	bool shift = map->shift[0] || map->shift[1];
	char c = plain[code];

	if (map->caps && c >= 'a' && c <= 'z')
		shift = !shift;
	if (shift)
		c = shifted[code];
	if (map->control[0] || map->control[1])
		c = with_control(c);
	return one(map, c);
}

/* Keys that change what others mean. True if it is one. */
static bool modify(struct keymap *map, uint8_t code, bool extended, bool down)
{
	switch (code) {
	case SHIFT:
	case SHIFT_2:
		/* The extended ones come with the arrows and mean nothing. */
		if (!extended)
			map->shift[code == SHIFT_2] = down;
		return true;
	case CONTROL:
		map->control[extended] = down;
		return true;
	case ALT:
		map->alt[extended] = down;
		return true;
	case CAPS_LOCK:
		map->caps ^= down;
		return true;
	case NUM_LOCK:
		map->keypad_moves ^= down;
		return true;
	}
	return false;
}

static const char *press(const struct keymap *map, uint8_t code, bool extended)
{
	if (code >= KEYPAD && code <= KEYPAD_END)
		return extended || map->keypad_moves ?
			       moves[code - KEYPAD] :
			       one(map, digits[code - KEYPAD]);
	if (extended && code != ENTER && code != SLASH)
		return "";
	if (code >= F1 && code <= F10)
		return functions[code - F1];
	if (code == F11 || code == F12)
		return functions[code - F11 + 10];
	if (code == KEY_102)
		return one(map, map->shift[0] || map->shift[1] ? '>' : '<');
	return code < sizeof(plain) ? character(map, code) : "";
}

const char *keymap_decode(struct keymap *map, uint8_t code)
{
	bool extended = map->extended;

	map->extended = code == EXTENDED;
	if (code == PAUSE)
		map->skip = 5;
	else if (map->skip)
		map->skip--;
	else if (code != EXTENDED &&
		 !modify(map, code & ~RELEASED, extended, !(code & RELEASED)) &&
		 !(code & RELEASED))
		return press(map, code, extended);
	return "";
}
