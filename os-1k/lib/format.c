/* Text of numbers, and numbers of text: see format.h. */
#include "lib/format.h"

#include <stdbool.h>

#include "lib/string.h"

#define DIGITS_MAX 12

/* How a conversion wants its text. */
struct field {
	int width;
	bool zeros, left;
};

static void put_padded(void (*put)(char), const char *text, struct field f)
{
	int pad = f.width - (int)strlen(text);

	for (; !f.left && pad > 0; pad--)
		put(f.zeros ? '0' : ' ');
	while (*text)
		put(*text++);
	for (; pad > 0; pad--)
		put(' ');
}

static void put_number(void (*put)(char), unsigned int value, bool negative,
		       unsigned int base, struct field f)
{
	char digits[DIGITS_MAX];
	char *at = digits + DIGITS_MAX;

	*--at = 0;
	do
		*--at = "0123456789abcdef"[value % base];
	while (value /= base);
	if (negative)
		*--at = '-';
	put_padded(put, at, f);
}

static void put_argument(void (*put)(char), char kind, struct field f,
			 va_list *args)
{
	char text[2] = { kind };
	int value;

	switch (kind) {
	case 'd':
		value = va_arg(*args, int);
		put_number(put, value < 0 ? 0u - value : (unsigned int)value,
			   value < 0, 10, f);
		return;
	case 'u':
		put_number(put, va_arg(*args, unsigned int), false, 10, f);
		return;
	case 'x':
		put_number(put, va_arg(*args, unsigned int), false, 16, f);
		return;
	case 's':
		put_padded(put, va_arg(*args, const char *), f);
		return;
	case 'c':
		text[0] = va_arg(*args, int);
	}
	put_padded(put, text, f);
}

void format(void (*put)(char), const char *format, va_list args)
{
	va_list rest;

	va_copy(rest, args);
	for (; *format; format++) {
		struct field f = { 0 };

		if (*format != '%') {
			put(*format);
			continue;
		}
		for (format++; *format == '0' || *format == '-'; format++)
			*(*format == '0' ? &f.zeros : &f.left) = true;
		for (; *format >= '0' && *format <= '9'; format++)
			f.width = f.width * 10 + *format - '0';
		put_argument(put, *format, f, &rest);
	}
	va_end(rest);
}

enum number_result number_read(const char **text, int *value)
{
	const char *at = *text;
	bool negative, fits = true;
	int n = 0;

	while (*at == ' ')
		at++;
	negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;
	if (*at < '0' || *at > '9')
		return NUMBER_NONE;
	for (; *at >= '0' && *at <= '9'; at++) {
		int digit = negative ? '0' - *at : *at - '0';

		fits = fits && !__builtin_mul_overflow(n, 10, &n) &&
		       !__builtin_add_overflow(n, digit, &n);
	}
	*text = at;
	*value = n;
	return fits ? NUMBER_OK : NUMBER_TOO_LARGE;
}
