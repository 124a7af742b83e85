/* The board between devices that have queues and those who watch. */
#ifndef MKVM_BOARD_QUEUE_H
#define MKVM_BOARD_QUEUE_H

struct vm;

/* Shows the probes the counts of all queues of @vm that were used. */
void boards_show_queues(const struct vm *vm);

#endif
