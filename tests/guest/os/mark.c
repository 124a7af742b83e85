/* One marker of tests/bench/marker.h: a no-op that the benchmark counts to. */
#include "tests/bench/marker.h"

int main(void)
{
	__asm__ volatile(".byte %c0, %c1, %c2, %c3, %c4, %c5, %c6"
			 :
			 : "i"(0x0f), "i"(0x1f), "i"(0x80), "i"(MARKER_INIT),
			   "i"(0x4b), "i"(0x56), "i"(0x4d));
	return 0;
}
