/* Without devices that wait for anything. */
#include "core/workers.h"

int workers_raise_openers(struct vm *vm)
{
	(void)vm;
	return 0;
}

int workers_raise_others(struct vm *vm)
{
	(void)vm;
	return 0;
}

void board_end_workers(struct board *board)
{
	(void)board;
}
