/* Messages of a function on PCI that go to the host's kernel by eventfd; for
 * core/board*.c. */
#ifndef MKVM_IRQFDS_H
#define MKVM_IRQFDS_H

#include <stdbool.h>

struct board;
struct dev_message;

/* Sends @message, number @vector of this function, that way. False: it is to be
 * sent another way. The device's lock is held. */
bool board_ring_message(struct board *board, unsigned int vector,
			const struct dev_message *message);

void board_free_irqfds(struct board *board);

#endif
