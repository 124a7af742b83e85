/* Is large and sleeps. */
#include "user/calls.h"

static volatile char ballast[2 << 20];

int main(void)
{
	ballast[sizeof(ballast) - 1] = 1;
	for (;;)
		sleep(TICKS_PER_SECOND);
}
