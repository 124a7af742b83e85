/* What devices have put through their queues, on its way to the probes. */
#include "core/board_queue.h"

#include <string.h>

#include "core/board_inner.h"
#include "core/probes.h"
#include "queue.h"

void board_keeps_counts(struct board *board, const struct queue_counts *counts,
			unsigned int nr)
{
	board->counts = counts;
	board->nr_counts = nr;
}

bool board_tells_events(struct board *board)
{
	(void)board;
	return probes_hear_queues();
}

/* How many of that name come before it. */
static unsigned int number_of(const struct board *board)
{
	unsigned int number = 0;

	for (const struct board *b = board->vm->boards; b < board; b++)
		number += !strcmp(b->dev.type->name, board->dev.type->name);
	return number;
}

static struct queue_view view_of(const struct board *board, unsigned int queue)
{
	const struct vm_config *config = &board->vm->config;

	return (struct queue_view){ .guest = config->name,
				    .guest_id = config->id,
				    .nr_guests = config->nr_guests,
				    .device = board->dev.type->name,
				    .number = number_of(board),
				    .queue = queue };
}

void board_event(struct board *board, unsigned int queue,
		 const struct queue_event *event)
{
	const struct queue_view view = view_of(board, queue);

	probes_queue_event(&view, event);
}

static void show(struct board *board)
{
	for (unsigned int i = 0; i < board->nr_counts; i++) {
		struct queue_counts counts;

		/* Its workers may be at it still. */
		lock_take(&board->dev.lock);
		counts = board->counts[i];
		lock_give(&board->dev.lock);
		if (counts.size) {
			const struct queue_view view = view_of(board, i);

			probes_queue(&view, &counts);
		}
	}
}

void boards_show_queues(const struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++)
		show(&vm->boards[i]);
}
