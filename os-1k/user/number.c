/* Numbers in text: see number.h. */
#include "user/number.h"

#include <stdbool.h>

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
