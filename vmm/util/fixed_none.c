/* Every run is another one: what stands in without JUDGE. See fixed.h. */
#include "util/fixed.h"

void fixed_begin(void)
{
}

bool fixed_wall(struct timespec *now)
{
	(void)now;
	return false;
}

bool fixed_random(void *buf, size_t len)
{
	(void)buf;
	(void)len;
	return false;
}
