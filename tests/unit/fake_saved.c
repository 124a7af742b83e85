/* A device that is saved and restored, on the recording board: see fake_board.h. */
#include <stdlib.h>
#include <string.h>

#include "fake_board.h"
#include "util/stash.h"

bool fake_reloads, fake_reloading, fake_resets;

void fake_save(struct board *board, struct stash *out)
{
	const struct device_type *type = board->type;

	stash_put(out, (const uint8_t *)board->dev + type->saved,
		  type->size - type->saved);
	if (type->save)
		type->save(board->dev, out);
}

/* The machine's: nothing that a device has asked of it is left but the levels of
 * lines, which the interrupt controllers remember. */
static void power_off(struct board *board)
{
	if (board->type->release)
		board->type->release(board->dev);
	memset(board->dev, 0, board->type->size);
	fake_free_memories(board);
	memset(board->ram_ways, 0, sizeof(board->ram_ways));
	memset(board->bars, 0, sizeof(board->bars));
	board->intr = false;
	board->deadline_ns = 0;
	board->nr_watched = board->nr_ioevents = board->nr_counts = 0;
	board->nr_eoi = 0;
}

bool fake_restore(struct board *board, uint64_t deadline_ns, struct stash *in)
{
	const struct device_type *type = board->type;

	power_off(board);
	type->init(board->dev, board);
	board->deadline_ns = deadline_ns;
	stash_get(in, (uint8_t *)board->dev + type->saved,
		  type->size - type->saved);
	return !in->bad &&
	       (!type->restored || type->restored(board->dev, in)) &&
	       stash_is_done(in);
}

void fake_remember(struct board *board, struct stash *out)
{
	fake_resets = true;
	fake_save(board, out);
	fake_resets = false;
}

bool fake_reset(struct board *board, struct stash *in)
{
	const struct device_type *type = board->type;
	bool fits;

	fake_resets = true;
	board->deadline_ns = 0;
	if (type->reset)
		type->reset(board->dev);
	in->at = 0;
	stash_get(in, (uint8_t *)board->dev + type->saved,
		  type->size - type->saved);
	fits = !type->restored || type->restored(board->dev, in);
	fake_resets = false;
	return fits && stash_is_done(in);
}

/* What no restored device does: it sends nothing twice, and pulls no line that it
 * has pulled already. */
static void check_quiet(const struct board *b, const struct board *before)
{
	if (memcmp(b->irq_changes, before->irq_changes, sizeof(b->irq_changes)))
		fake_broken(b, "restored: an edge", b->irq_changes[0]);
	if (b->pin_changes != before->pin_changes)
		fake_broken(b, "restored: moves its pin", b->pin);
	if (b->sends != before->sends || b->messages != before->messages)
		fake_broken(b, "restored: sends a message", b->sends);
	if (b->tx_len != before->tx_len)
		fake_broken(b, "restored: prints", b->tx_len);
	if (b->stops != before->stops || b->oddities != before->oddities)
		fake_broken(b, "restored: stops or complains", b->stops);
}

/* What it does again, for a new machine knows nothing of it. */
static void check_same(const struct board *b, const struct board *before)
{
	if (b->intr != before->intr)
		fake_broken(b, "restored: INTR", b->intr);
	if (b->nr_eoi != before->nr_eoi)
		fake_broken(b, "restored: a longer list of EOIs", b->nr_eoi);
	for (unsigned int i = 0; i < b->nr_eoi; i++)
		if (b->eoi[i].address != before->eoi[i].address ||
		    b->eoi[i].data != before->eoi[i].data)
			fake_broken(b, "restored: another EOI", i);
	for (unsigned int i = 0; i < PCI_BARS; i++)
		if (b->bars[i].on != before->bars[i].on ||
		    b->bars[i].base != before->bars[i].base)
			fake_broken(b, "restored: another BAR", i);
	for (unsigned int i = 0; i < BOARD_MEMORIES; i++)
		if (b->memories[i].shown != before->memories[i].shown ||
		    (b->memories[i].shown &&
		     (b->memories[i].gpa != before->memories[i].gpa ||
		      b->memories[i].offset != before->memories[i].offset ||
		      b->memories[i].writable != before->memories[i].writable)))
			fake_broken(b, "restored: shows other memory", i);
	if (memcmp(b->ram_ways, before->ram_ways, sizeof(b->ram_ways)))
		fake_broken(b, "restored: another way to RAM", 0);
	if (b->deadline_ns != before->deadline_ns)
		fake_broken(b, "restored: another deadline", b->deadline_ns);
}

/* The board saw nothing of it. */
static void forget(struct board *b, const struct board *before)
{
	struct board now = *b;

	*b = *before;
	memcpy(b->watched, now.watched, sizeof(b->watched));
	b->nr_watched = now.nr_watched;
	memcpy(b->memories, now.memories, sizeof(b->memories));
	memcpy(b->ioevents, now.ioevents, sizeof(b->ioevents));
	b->nr_ioevents = now.nr_ioevents;
	b->counts = now.counts;
	b->nr_counts = now.nr_counts;
}

void fake_reload(struct board *board)
{
	const struct device_type *type = board->type;
	struct stash stash = { 0 };
	struct board before = *board;

	if (!type->version || board->hung_up ||
	    (type->still && !type->still(board->dev)))
		return;
	fake_reloading = true;
	board->feed_at_once = false;
	fake_save(board, &stash);
	if (!fake_restore(board, before.deadline_ns, &stash))
		fake_broken(board, "refuses the state that it was in", 0);
	check_quiet(board, &before);
	check_same(board, &before);
	forget(board, &before);
	fake_reloading = false;
	stash_free(&stash);
}

void fake_reload_now_and_then(struct board *board)
{
	if (fake_reloads)
		fake_reload(board);
}
