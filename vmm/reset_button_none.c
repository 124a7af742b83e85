/* No guest can be reset: what stands in without SNAPSHOT. */
#include "reset_button.h"

#include "util/log.h"

int reset_button_keep(struct vm *vms, unsigned int nr)
{
	(void)vms;
	(void)nr;
	return 0;
}

void reset_button_press(struct vm *vm)
{
	(void)vm;
	log_warn("the reset button needs snapshots, which were not built in");
}

void reset_button_end(void)
{
}
