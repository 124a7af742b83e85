/* 2: counts from 0 to 9, or as far as it is told, a tenth of a second each. */
#include "user/print.h"
#include "user/calls.h"
#include "user/input.h"

int main(const char *args)
{
	int last = 9;

	if (!argument("counter", args, 0, 1000000, &last))
		return 1;
	for (int i = 0; i <= last; i++) {
		print(i ? " %d" : "%d", i);
		sleep(TICKS_PER_SECOND / 10);
	}
	print("\n");
	return 0;
}
