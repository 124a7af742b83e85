/*
 * Registers that a guest reads without a VM exit: a page of memory at a device's
 * place, which KVM lets the guest read and not write. The device keeps in it what
 * its read() would say, at all times.
 */
#ifndef MKVM_SHOWN_PAGE_H
#define MKVM_SHOWN_PAGE_H

#include <stdbool.h>

struct board;

#define SHOWN_SIZE 0x1000

/*
 * Shows SHOWN_SIZE bytes, which are 0 at first, at range number @range, whose
 * place is fixed and that long; writes come to write() as ever. In init(); the
 * page lives as long as the device. NULL: the host cannot, or the run goes
 * without: then reads come to read().
 */
void *board_show_page(struct board *board, unsigned int range);

/* Takes that page away, and reads come to read() as well; or shows it again. False: the
 * host would not, and it is as it was. */
bool board_hide_page(struct board *board, bool hide);

#endif
