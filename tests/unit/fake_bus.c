/* The recording board, as far as PCI and the host's kernel go: see fake_board.h. */
#include "fake_board.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shown_page.h"

bool fake_no_messages;
void *fake_page;

void fake_broken(const struct board *board, const char *what, uint64_t val)
{
	fprintf(stderr, "%s: contract broken: %s (0x%" PRIx64 ")\n",
		board->type->name, what, val);
	abort();
}

unsigned int board_slot(struct board *board)
{
	return board->slot;
}

void board_map(struct board *board, unsigned int bar, uint64_t base, bool on)
{
	if (!board->type->pci || bar >= PCI_BARS ||
	    !board->type->pci->bars[bar].size)
		fake_broken(board, "maps a BAR it does not have", bar);
	board->bars[bar].base = base;
	board->bars[bar].on = on;
}

void board_pin(struct board *board, bool level)
{
	if (!board->type->pci || !board->type->pci->pin)
		fake_broken(board, "uses a pin it does not have", level);
	if (board->pin == level && !board->any_level)
		fake_broken(board, "pin set to what it was", level);
	board->pin = level;
	board->pin_changes++;
}

uint8_t board_pin_line(struct board *board)
{
	(void)board;
	return 11;
}

bool board_takes_messages(struct board *board)
{
	(void)board;
	return !fake_no_messages;
}

void board_message(struct board *board, unsigned int vector, uint64_t address,
		   uint32_t data)
{
	if (vector >= PCI_VECTORS_MAX)
		fake_broken(board, "sends no message of its own", vector);
	board->messages++;
	board->message_address = address;
	board->message_data = data;
}

bool board_visit(struct board *bridge, unsigned int slot,
		 void (*visit)(struct pci *pci, void *arg), void *arg)
{
	if (!bridge->type->is_bridge)
		fake_broken(bridge, "is no bridge", slot);
	if (slot >= PCI_SLOTS)
		fake_broken(bridge, "no such slot", slot);
	if (!bridge->slots[slot])
		return false;
	visit(bridge->slots[slot]->dev, arg);
	return true;
}

void board_add_ioevent(struct board *board, const struct ioevent *event)
{
	if (board->nr_ioevents == IOEVENTS_MAX || event->off % event->size ||
	    event->fd < 0)
		fake_broken(board, "no such ioevent", event->off);
	board->ioevents[board->nr_ioevents++] = *event;
}

void board_drop_ioevents(struct board *board)
{
	board->nr_ioevents = 0;
}

void *board_show_page(struct board *board, unsigned int range)
{
	if (board->type->ranges[range].len != SHOWN_SIZE)
		fake_broken(board, "shows more or less than a range", range);
	return fake_page;
}

bool board_resets(struct board *board)
{
	(void)board;
	return false;
}
