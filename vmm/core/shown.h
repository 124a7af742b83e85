/* The other side of include/shown_page.h, for core/board.c. */
#ifndef MKVM_SHOWN_H
#define MKVM_SHOWN_H

struct board;

void board_free_page(struct board *board);

#endif
