/* No run begins with a snapshot. */
#include "service/snapshot/restore.h"

#include <stddef.h>

#include "plug.h"

bool restore_is_on(void)
{
	return false;
}

unsigned int restore_copy(void)
{
	return 0;
}

const char *restore_loader(void)
{
	return NULL;
}

int restore_plug(const struct plug *plug, struct plan *plan, const char *arg)
{
	return plug->plug(plan, arg);
}

int restore_vm(struct vm *vm)
{
	(void)vm;
	return 0;
}
