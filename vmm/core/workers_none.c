/* Without devices that wait for anything. */
#include "core/workers.h"

void board_end_workers(struct board *board)
{
	(void)board;
}
