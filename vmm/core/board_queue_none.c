/* Without devices that have queues. */
#include "core/board_queue.h"

void boards_show_queues(const struct vm *vm)
{
	(void)vm;
}
