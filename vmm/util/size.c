/* Numbers as users write them: see size.h. */
#include "util/size.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/clock.h"

int size_number(const char *text, unsigned long max, uint64_t *value)
{
	unsigned long long number;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || number > max)
		return -EINVAL;
	*value = number;
	return 0;
}

int size_parse(const char *text, uint64_t *size)
{
	static const char units[] = "KMGT";
	size_t len = strlen(text);
	char digits[24];
	const char *unit = len ? strchr(units, text[len - 1]) : NULL;
	unsigned int shift = unit && *unit ? 10 * (unit - units + 1) : 0;

	if (shift)
		len--;
	if (!len || len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (size_number(digits, ~0ULL >> shift, size))
		return -EINVAL;
	*size <<= shift;
	return 0;
}

/* By hand: strtod() would be the only reader of real numbers here, and is 7 KB. */
int size_seconds(const char *text, unsigned long max, uint64_t *ns)
{
	uint64_t unit = NS_PER_SEC;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ns = strtoull(text, &end, 10);
	if (errno || *ns > max)
		return -EINVAL;
	*ns *= NS_PER_SEC;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++)
			*ns += (uint64_t)(*end - '0') * (unit /= 10);
	return *end || *ns > max * NS_PER_SEC ? -EINVAL : 0;
}
