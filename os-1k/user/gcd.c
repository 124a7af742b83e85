/* 8: the greatest common divisor of two integers, after Euclid. */
#include "user/print.h"
#include "user/input.h"
#include "user/text.h"

static void answer(const char *line)
{
	const char *text = line;
	int a, b;
	unsigned int x, y;

	if (!number(&text, &a, line) || !number(&text, &b, line))
		return;
	if (!is_end(text)) {
		print("error: '%s': two numbers are all it can take\n", line);
		return;
	}
	x = a < 0 ? 0u - a : (unsigned int)a;
	y = b < 0 ? 0u - b : (unsigned int)b;
	while (y) {
		unsigned int rest = x % y;

		x = y;
		y = rest;
	}
	print("gcd(%d, %d) = %u\n", a, b, x);
}

int main(const char *args)
{
	char line[LINE_SIZE];

	if (!is_end(args)) {
		answer(args);
		return 0;
	}
	print("Two numbers, like 48 18; q leaves.\n");
	while (ask("gcd> ", "q", line))
		if (!is_end(line))
			answer(line);
	return 0;
}
