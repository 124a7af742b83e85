/* 6: a calculator for two integers of 32 bits. */
#include "user/print.h"
#include "user/input.h"
#include "user/text.h"

/* Into *@result; NULL, or what is wrong. */
static const char *calculate(int a, char sign, int b, int *result)
{
	bool overflow = false;

	switch (sign) {
	case '+':
		overflow = __builtin_add_overflow(a, b, result);
		break;
	case '-':
		overflow = __builtin_sub_overflow(a, b, result);
		break;
	case '*':
		overflow = __builtin_mul_overflow(a, b, result);
		break;
	default:
		if (!b)
			return "division by zero";
		/* The one quotient that does not fit: -2147483648 / -1. */
		overflow = __builtin_sub_overflow(0, a, result) && b == -1;
		if (!overflow)
			*result = a / b;
	}
	return overflow ? "the result does not fit in 32 bits" : 0;
}

static void answer(const char *line)
{
	const char *text = line, *wrong;
	int a, b, result;
	char sign;

	if (!number(&text, &a, line))
		return;
	while (*text == ' ')
		text++;
	sign = *text;
	if (sign != '+' && sign != '-' && sign != '*' && sign != '/') {
		print("error: '%s': expected + - * or / after the first "
		      "number\n",
		      line);
		return;
	}
	text++;
	if (!number(&text, &b, line))
		return;
	if (!is_end(text)) {
		print("error: '%s': two numbers are all it can take\n", line);
		return;
	}
	wrong = calculate(a, sign, b, &result);
	if (wrong)
		print("error: %s\n", wrong);
	else
		print("%d\n", result);
}

int main(void)
{
	char line[LINE_SIZE];

	print("Two numbers and + - * or / between them; q leaves.\n");
	while (ask("calc> ", "q", line))
		if (!is_end(line))
			answer(line);
	return 0;
}
