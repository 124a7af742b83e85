/* 7: factorials from 0! to 12!, the largest that fits in 32 bits. */
#include "user/print.h"
#include "user/input.h"

#define MOST 12

int main(const char *args)
{
	unsigned int product = 1;
	int last = MOST;

	if (!argument("factorial", args, 0, MOST, &last))
		return 1;
	for (int n = 0; n <= last; n++) {
		product *= n ? n : 1;
		print("%2d! = %u\n", n, product);
	}
	return 0;
}
