/* Numbers and strings as text: see format.h. */
#include "user/format.h"

#include "user/text.h"

#define DIGITS_MAX 12 /* -2147483648 and the 0 at the end */

/* Writes the digits backwards from @end; returns where they begin. */
static char *digits(char *end, unsigned int value, unsigned int base)
{
	*--end = 0;
	do
		*--end = "0123456789abcdef"[value % base];
	while (value /= base);
	return end;
}

/* Puts @s into a field of @width, or of -@width with the blanks behind. */
static void put_field(void (*put)(char), const char *s, int width, char blank)
{
	int len = strlen(s);

	for (int i = len; i < width; i++)
		put(blank);
	while (*s)
		put(*s++);
	for (int i = len; i < -width; i++)
		put(' ');
}

void format(void (*put)(char), const char *text, va_list args)
{
	for (; *text; text++) {
		char number[DIGITS_MAX], *end = number + DIGITS_MAX;
		char blank = ' ';
		int width = 0, sign = 1, value;

		if (*text != '%' || *++text == '%') {
			put(*text);
			continue;
		}
		for (; *text == '0' || *text == '-'; text++)
			*text == '0' ? (blank = '0') : (sign = -1);
		for (; *text >= '0' && *text <= '9'; text++)
			width = width * 10 + *text - '0';
		if (*text == 's') {
			put_field(put, va_arg(args, char *), width * sign, ' ');
			continue;
		}
		value = va_arg(args, int);
		if (*text == 'd' && value < 0) {
			end = digits(end, -(unsigned int)value, 10);
			*--end = '-';
		} else {
			end = digits(end, value, *text == 'x' ? 16 : 10);
		}
		put_field(put, end, width * sign, blank);
	}
}
