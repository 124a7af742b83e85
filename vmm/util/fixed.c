/* The date and the bytes of a run that can be repeated: see fixed.h. */
#include "util/fixed.h"

#include <stdatomic.h>
#include <stdint.h>

#include "util/clock.h"

static bool on;		    /* constant once there are threads */
static uint64_t start_ns;   /* likewise */
static atomic_ullong drawn; /* numbers so far */

void fixed_begin(void)
{
	on = true;
	start_ns = clock_now_ns();
}

bool fixed_wall(struct timespec *now)
{
	if (!on)
		return false;
	*now = clock_timespec(FIXED_START * NS_PER_SEC +
			      (clock_now_ns() - start_ns));
	return true;
}

/* SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
 * Generators"): number @n of the sequence that begins at 0. */
static uint64_t number(uint64_t n)
{
	uint64_t z = n * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

bool fixed_random(void *buf, size_t len)
{
	uint8_t *bytes = buf;

	if (!on)
		return false;
	for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t next = number(atomic_fetch_add(&drawn, 1) + 1);

		for (size_t j = i; j < len && j < i + sizeof(next); j++) {
			bytes[j] = (uint8_t)next;
			next >>= 8;
		}
	}
	return true;
}
