/* The bare run loop without a device: no bus, and no way to print. */
#include "bare.h"

int bare_io_init(struct bare *bare)
{
	(void)bare;
	return 0;
}

bool bare_io_answer(struct bare *bare)
{
	(void)bare;
	return false;
}

void bare_io_list(void)
{
}
