/* Nothing is remembered: what stands in when SNAPSHOT is configured out. */
#include "irqchip/kernel_state.h"

#include <errno.h>

int kernel_save(struct vm *vm, struct stash *out)
{
	(void)vm;
	(void)out;
	return -ENOTSUP;
}

int kernel_load(struct vm *vm, struct stash *in)
{
	(void)vm;
	(void)in;
	return -EINVAL;
}
