/*
 * Characters from scan codes of set 1. So far every code is a key, and no key
 * changes another.
 */
#include "keys.h"

static const char plain[] = {
	[0x02] = '1', '2', '3',		 '4',	       '5', '6', '7',
	'8',	      '9', '0',		 [0x10] = 'q', 'w', 'e', 'r',
	't',	      'y', 'u',		 'i',	       'o', 'p', [0x1c] = '\n',
	[0x1e] = 'a', 's', 'd',		 'f',	       'g', 'h', 'j',
	'k',	      'l', [0x2c] = 'z', 'x',	       'c', 'v', 'b',
	'n',	      'm', [0x39] = ' ',
};

void keys_reset(void)
{
}

char keys_code(uint8_t code)
{
	return code < sizeof(plain) ? plain[code] : 0;
}
