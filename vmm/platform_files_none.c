/* No guest begins with firmware: what stands in without FIRMWARE. */
#include "platform.h"

int platform_tell(struct vm *vm, const struct platform *platform)
{
	(void)vm;
	(void)platform;
	return 0;
}

int platform_tell_again(struct vm *vm, const struct platform *platform)
{
	(void)vm;
	(void)platform;
	return 0;
}
