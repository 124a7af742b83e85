/* The recording board, as far as PCI and the host's kernel go: see fake_board.h. */
#include "fake_board.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "util/fwfile.h"
#include "shown_page.h"

#define FAKE_PAGE 4096

bool fake_no_messages;
void *fake_page;
bool fake_page_stays;
struct fw_files *fake_files;
unsigned int fake_boot;
uint8_t fake_floppies;

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
	board->bars[bar].on = on && !board->absent;
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
	if (!bridge->slots[slot] || bridge->slots[slot]->absent)
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

bool board_hide_page(struct board *board, bool hide)
{
	if (!fake_page)
		fake_broken(board, "hides a page that it has not", hide);
	if (!fake_page_stays)
		board->page_hidden = hide;
	return board->page_hidden == hide;
}

bool board_resets(struct board *board)
{
	(void)board;
	return fake_resets;
}

void *board_memory(struct board *board, unsigned int index, size_t len)
{
	struct fake_memory *m = &board->memories[index];

	if (index >= BOARD_MEMORIES || m->data || !len || len % FAKE_PAGE)
		fake_broken(board, "makes no such memory", index);
	m->len = len;
	m->data = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m->written = calloc((len / FAKE_PAGE + 63) / 64, sizeof(*m->written));
	if (m->data == MAP_FAILED || !m->written)
		abort();
	return m->data;
}

static bool is_in_window(uint64_t gpa, size_t len)
{
	return gpa >= WINDOW_START && gpa < WINDOW_END &&
	       len <= WINDOW_END - gpa;
}

/* RAM is whatever else there is below 3 GiB. */
bool board_memory_show(struct board *board, unsigned int index, uint64_t gpa,
		       size_t offset, size_t len, bool writable)
{
	struct fake_memory *m = &board->memories[index];

	if (index >= BOARD_MEMORIES || !m->data)
		fake_broken(board, "shows what it has not made", index);
	if (offset > m->len || len > m->len - offset)
		fake_broken(board, "shows more than there is", len);
	m->shown = 0;
	if (!len)
		return true;
	if ((gpa | offset | len) % FAKE_PAGE || gpa + len < gpa)
		return false;
	if (is_in_window(gpa, len) && !board->type->window)
		fake_broken(board, "shows in the window, and said nothing",
			    gpa);
	if (!is_in_window(gpa, len) && gpa < board->size.ram_low)
		return false;
	*m = (struct fake_memory){ m->data, m->len,   gpa,	offset,
				   len,	    writable, m->asked, m->written };
	return true;
}

bool board_memory_written(struct board *board, unsigned int index,
			  uint64_t *pages)
{
	struct fake_memory *m = &board->memories[index];
	uint64_t any = 0;

	for (size_t page = 0; page < m->len / FAKE_PAGE; page++) {
		const uint64_t bit = 1ULL << page % 64;

		if (page % 64 == 0)
			pages[page / 64] = 0;
		if (!m->asked || m->written[page / 64] & bit)
			pages[page / 64] |= bit;
		any |= pages[page / 64];
		m->written[page / 64] &= ~bit;
	}
	m->asked = true;
	return any;
}

void board_ram_way(struct board *board, uint64_t gpa, size_t len,
		   enum board_ram_way way)
{
	if (!board->type->window || !is_in_window(gpa, len) ||
	    (gpa | len) % FAKE_PAGE)
		fake_broken(board, "has no such way to RAM", gpa);
	memset(&board->ram_ways[(gpa - WINDOW_START) / FAKE_PAGE], (int)way,
	       len / FAKE_PAGE);
}

uint8_t *fake_shown(struct board *board, uint64_t gpa)
{
	for (unsigned int i = 0; i < BOARD_MEMORIES; i++) {
		const struct fake_memory *m = &board->memories[i];

		if (gpa - m->gpa < m->shown)
			return m->data + m->offset + (gpa - m->gpa);
	}
	return NULL;
}

void fake_free_memories(struct board *board)
{
	for (unsigned int i = 0; i < BOARD_MEMORIES; i++) {
		if (board->memories[i].data)
			munmap(board->memories[i].data, board->memories[i].len);
		free(board->memories[i].written);
	}
	memset(board->memories, 0, sizeof(board->memories));
}

size_t board_discard(struct board *board, void *hva, size_t len)
{
	size_t at = (uint8_t *)hva - board->ram;

	if (at > board->ram_size || len > board->ram_size - at)
		fake_broken(board, "discards what is no RAM", len);
	memset(hva, 0, len);
	board->discards++;
	board->discarded = at;
	board->discarded_len += len;
	return len;
}

void board_window_hold(struct board *board)
{
	if (board->window_is_held)
		fake_broken(board, "holds the window twice", 0);
	board->window_is_held = true;
}

void board_window_settle(struct board *board)
{
	if (!board->window_is_held)
		fake_broken(board, "has not held the window", 0);
	board->window_is_held = false;
}

struct fw_files *board_files(struct board *board)
{
	(void)board;
	return fake_files;
}

/* --- include/spare.h --- */

bool board_spare_is_full(struct board *board, unsigned int nr)
{
	return board->spares >> nr & 1;
}

bool board_eject(struct board *board, unsigned int nr)
{
	bool was_full = board_spare_is_full(board, nr);

	board->spares &= ~(1U << nr);
	board->ejected += was_full;
	return was_full;
}

bool board_is_there(const struct board *board)
{
	return !board->absent;
}

void board_leaves(struct board *board)
{
	board->absent = true;
}

void board_emptied(struct board *board)
{
	board->emptied++;
}

unsigned int board_boot(struct board *board)
{
	(void)board;
	return fake_boot;
}

uint8_t board_floppies(struct board *board)
{
	(void)board;
	return fake_floppies;
}

/* --- Of a vCPU that waits --- */

unsigned int board_repeats(struct board *board)
{
	return board->repeats;
}

void board_rest(struct board *board, uint64_t until_ns)
{
	board->rest_ns = until_ns;
}

void board_linger(struct board *board, uint64_t until_ns)
{
	if (until_ns > board->now_ns + BOARD_LINGER_NS)
		abort();
	board->now_ns = until_ns;
}
