/*
 * Characters from scan codes of set 1: what is down and what is locked is state.
 */
#include "keys.h"

#include <stdbool.h>

#define UP	 0x80
#define EXTENDED 0xe0
#define LEFT	 0x2a
#define RIGHT	 0x36
#define CAPS	 0x3a
#define ENTER	 0x1c
#define SLASH	 0x35

static bool extended, left, right, caps, caps_down;

static const char plain[] = {
	[0x02] = '1', '2', '3',		 '4',	       '5', '6', '7',
	'8',	      '9', '0',		 [0x10] = 'q', 'w', 'e', 'r',
	't',	      'y', 'u',		 'i',	       'o', 'p', [0x1c] = '\n',
	[0x1e] = 'a', 's', 'd',		 'f',	       'g', 'h', 'j',
	'k',	      'l', [0x2c] = 'z', 'x',	       'c', 'v', 'b',
	'n',	      'm', [0x39] = ' ',
};

static char extended_key(uint8_t code)
{
	if (code == ENTER)
		return '\n';
	return code == SLASH ? '/' : 0;
}

static char shifted(char c)
{
	static const char signs[] = ")!@#$%^&*(";

	if (c >= 'a' && c <= 'z')
		return left || right ? (caps ? c : c - 32) : caps ? c - 32 : c;
	if (c >= '0' && c <= '9' && (left || right))
		return signs[c - '0'];
	return c;
}

/* Whether it was a key that changes others. */
static bool modifier(uint8_t key, bool down)
{
	if (key == LEFT)
		left = down;
	else if (key == RIGHT)
		right = down;
	else if (key != CAPS)
		return false;
	if (key == CAPS && down && !caps_down)
		caps = !caps;
	if (key == CAPS)
		caps_down = down;
	return true;
}

void keys_reset(void)
{
	extended = left = right = caps = caps_down = false;
}

char keys_code(uint8_t code)
{
	bool other = extended;

	extended = code == EXTENDED;
	if (extended)
		return 0;
	if (other)
		return extended_key(code);
	if (modifier(code & ~UP, !(code & UP)) || code >= sizeof(plain))
		return 0;
	return shifted(plain[code]);
}
