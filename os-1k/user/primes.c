/* 5: the primes up to 100, or up to a limit, by the sieve of Eratosthenes. */
#include <stdbool.h>

#include "user/print.h"
#include "user/input.h"

#define MOST 10000

static bool composite[MOST + 1];

int main(const char *args)
{
	int limit = 100;

	if (!argument("primes", args, 2, MOST, &limit))
		return 1;
	for (int i = 2; i <= limit; i++) {
		if (composite[i])
			continue;
		print(i > 2 ? " %d" : "%d", i);
		for (int k = i * i; k <= limit; k += i)
			composite[k] = true;
	}
	print("\n");
	return 0;
}
