/* The other side of include/ioevent.h, for core/board*.c. */
#ifndef MKVM_IOEVENTS_H
#define MKVM_IOEVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct board;

/* BAR @bar of the device is at @base from now on, or nowhere. */
void board_move_ioevents(struct board *board, unsigned int bar, uint64_t base,
			 bool on);

/* The device goes, and with it what it had asked for. */
void board_free_ioevents(struct board *board);

#endif
