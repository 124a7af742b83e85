/* Overlong forms, surrogates and what is beyond Unicode are no characters. */
#include "util/utf8.h"

#define REPLACEMENT 0xfffd

unsigned int utf8_length(const char *text, size_t room)
{
	/* First bytes, how many follow, and the range of the second one. */
	static const struct {
		unsigned char first, last, follow, low, high;
	} forms[] = {
		{ 0xc2, 0xdf, 1, 0x80, 0xbf }, { 0xe0, 0xe0, 2, 0xa0, 0xbf },
		{ 0xe1, 0xec, 2, 0x80, 0xbf }, { 0xed, 0xed, 2, 0x80, 0x9f },
		{ 0xee, 0xef, 2, 0x80, 0xbf }, { 0xf0, 0xf0, 3, 0x90, 0xbf },
		{ 0xf1, 0xf3, 3, 0x80, 0xbf }, { 0xf4, 0xf4, 3, 0x80, 0x8f },
	};
	const unsigned char *s = (const unsigned char *)text;

	if (!room)
		return 0;
	if (*s < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (*s < forms[i].first || *s > forms[i].last)
			continue;
		if (forms[i].follow >= room || s[1] < forms[i].low ||
		    s[1] > forms[i].high)
			return 0;
		for (unsigned int n = 2; n <= forms[i].follow; n++)
			if ((s[n] & 0xc0) != 0x80)
				return 0;
		return 1 + forms[i].follow;
	}
	return 0;
}

size_t utf8_put(unsigned int code, char bytes[UTF8_MAX])
{
	size_t follow = code < 0x80    ? 0 :
			code < 0x800   ? 1 :
			code < 0x10000 ? 2 :
					 3;
	static const unsigned char heads[] = { 0, 0xc0, 0xe0, 0xf0 };

	if (code > 0x10ffff || code >> 11 == 0xd800 >> 11)
		return utf8_put(REPLACEMENT, bytes);
	for (size_t i = follow; i; i--) {
		bytes[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	bytes[0] = (char)(heads[follow] | code);
	return 1 + follow;
}
