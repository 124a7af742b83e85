/* Bytes and strings. The compiler calls the first four on its own account. */
#include "lib/string.h"

void *memcpy(void *to, const void *from, size_t len)
{
	void *result = to;

	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(len)::"memory");
	return result;
}

void *memmove(void *to, const void *from, size_t len)
{
	char *d = to;
	const char *s = from;

	if (d <= s || d >= s + len)
		return memcpy(to, from, len);
	while (len--)
		d[len] = s[len];
	return to;
}

void *memset(void *to, int byte, size_t len)
{
	void *result = to;

	__asm__ volatile("rep stosb"
			 : "+D"(to), "+c"(len)
			 : "a"(byte)
			 : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;

	for (; len; len--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t len = 0;

	while (s[len])
		len++;
	return len;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}
