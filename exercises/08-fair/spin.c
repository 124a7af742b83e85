/* Sleeps for NAP ticks if it has arguments; then never ends. */
#include "user/calls.h"

int main(const char *args)
{
	if (*args)
		sleep(NAP);
	for (;;)
		;
}
