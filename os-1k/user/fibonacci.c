/* 4: the first 15 Fibonacci numbers, or as many as fit in 32 bits. */
#include "user/print.h"
#include "user/input.h"

#define MOST 48 /* the next one is larger than 2^32 */

int main(const char *args)
{
	unsigned int a = 0, b = 1;
	int count = 15;

	if (!argument("fibonacci", args, 1, MOST, &count))
		return 1;
	for (int i = 0; i < count; i++) {
		unsigned int sum = a + b;

		print(i ? " %u" : "%u", a);
		a = b;
		b = sum;
	}
	print("\n");
	return 0;
}
