/*
 * The bus master of each channel: after SFF-8038i, "Programming Interface for Bus
 * Master IDE Controller". A table in guest RAM says where data goes: per entry an
 * address, 4 bytes, and a count of bytes, 2, in which 0 is 65536, and a bit for
 * the last one.
 *
 *   0  Command   start; which way
 *   2  Status    active, error, interrupt; 1 clears the latter two
 *   4  Address   of the table
 *
 * A table or data that are no RAM are an error, of the bus master and of the
 * command. A table that ends before the command does leaves it waiting for the
 * next one; which way the guest says is not looked at, the command knows.
 */
#include "ide/dma.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "device.h"
#include "feature.h"
#include "ide/ide.h"
#include "worker.h"

#define REG_COMMAND 0
#define REG_STATUS  2
#define REG_TABLE   4
#define REG_END	    8

#define COMMAND_START 0x01
#define COMMAND_READ  0x08
#define STATUS_ACTIVE 0x01
#define STATUS_ERROR  0x02
#define STATUS_DRIVES 0x60 /* which have DMA: firmware's notes */

#define TABLE_MASK 0xfffffffc
#define BASE_MASK  0xfffffffe
#define COUNT_MASK 0xfffe
#define COUNT_MAX  0x10000
#define ENTRY_LAST 0x80000000

/* An entry has two bytes at least, so that so many always make a sector. */
#define PARTS_MAX  256
#define PART_BYTES 0x40000 /* at once, so that a reset need not wait long */
#define NOW_BYTES \
	0x20000 /* copied in about the time that a worker's waking takes */

static const struct feature dma = {
	.name = "ide-dma",
	.what = "IDE disks have DMA; else each word comes by a port",
};
FEATURE(dma);

struct entry {
	uint32_t base, count;
};

/* How far a table is, and the parts of RAM that are to be moved next. */
struct list {
	uint32_t table; /* the next entry */
	uint64_t base;	/* what is left of the one before */
	uint32_t len;
	bool was_last, is_wrong;
	unsigned int nr;
	uint32_t bytes; /* of all parts */
	struct iovec parts[PARTS_MAX];
};

bool ide_may_dma(struct board *board)
{
	return board_has(board, dma.name);
}

static bool is_started(const struct ide_state *s)
{
	return s->bm_command & COMMAND_START;
}

/* False: there are none, or the table is nowhere. */
static bool next_entry(struct ide_channel *c, struct list *list)
{
	const void *at =
		pci_dma(&c->ide->pci, list->table, sizeof(struct entry));
	struct entry entry;

	list->is_wrong = !at;
	if (!at)
		return false;
	memcpy(&entry, at, sizeof(entry));
	list->table += sizeof(entry);
	list->base = entry.base & BASE_MASK;
	list->len = entry.count & COUNT_MASK ? entry.count & COUNT_MASK :
					       COUNT_MAX;
	list->was_last = entry.count & ENTRY_LAST;
	return true;
}

static bool add_part(struct ide_channel *c, struct list *list, uint32_t max)
{
	const uint32_t len = list->len < max ? list->len : max;
	void *hva = pci_dma(&c->ide->pci, list->base, len);

	list->is_wrong = !hva;
	if (!hva)
		return false;
	list->parts[list->nr++] = (struct iovec){ hva, len };
	list->bytes += len;
	list->base += len;
	list->len -= len;
	return true;
}

/* Not the parts: they are many, and none of them is read before it is written. */
static void begin_list(struct list *list, uint32_t table)
{
	memset(list, 0, offsetof(struct list, parts));
	list->table = table;
}

/* Until there are @want bytes, or as many parts as can be, or the table ends. */
static void gather(struct ide_channel *c, struct list *list, uint32_t want)
{
	while (list->bytes < want && list->nr < PARTS_MAX) {
		if (!list->len && (list->was_last || !next_entry(c, list)))
			return;
		if (!add_part(c, list, want - list->bytes))
			return;
	}
}

/* The first @len bytes are through. */
static void drop(struct list *list, uint32_t len)
{
	unsigned int done = 0;

	list->bytes -= len;
	while (done < list->nr && list->parts[done].iov_len <= len)
		len -= list->parts[done++].iov_len;
	memmove(list->parts, list->parts + done,
		(list->nr - done) * sizeof(list->parts[0]));
	list->nr -= done;
	if (len) {
		list->parts[0].iov_base =
			(uint8_t *)list->parts[0].iov_base + len;
		list->parts[0].iov_len -= len;
	}
}

/* Cuts the parts behind @len bytes for a call; how many those are. */
static unsigned int cut(const struct list *list, uint32_t len,
			struct iovec *parts)
{
	unsigned int nr = 0;

	for (; len; nr++) {
		parts[nr] = list->parts[nr];
		if (parts[nr].iov_len > len)
			parts[nr].iov_len = len;
		len -= parts[nr].iov_len;
	}
	return nr;
}

static int move_disk(struct ide_channel *c, const struct list *list,
		     uint32_t len)
{
	struct disk *disk = ide_slot(c)->disk;
	const uint64_t pos = c->state->pos;
	const bool to_disk = c->state->to_disk;
	const bool through = ide_drive(c)->through;
	struct iovec parts[PARTS_MAX];
	const unsigned int nr = cut(list, len, parts);
	int err;

	board_let_go(c->ide->board);
	if (!to_disk)
		err = disk->format->read(disk, parts, nr, pos);
	else
		err = disk->format->write(disk, parts, nr, pos);
	if (!err && to_disk && through)
		err = disk->format->flush(disk);
	board_take_back(c->ide->board);
	return err;
}

static void move_buffer(struct ide_channel *c, const struct list *list,
			uint32_t len)
{
	struct ide_state *s = c->state;
	struct iovec parts[PARTS_MAX];
	const unsigned int nr = cut(list, len, parts);

	for (unsigned int i = 0; i < nr; i++) {
		memcpy(parts[i].iov_base, s->buffer + s->at, parts[i].iov_len);
		s->at += parts[i].iov_len;
	}
}

/* Bytes that are to be moved: those of the buffer, or else of the disk. */
static uint64_t rest(const struct ide_state *s)
{
	return s->left ? s->left : s->len - s->at;
}

/* One call to the disk, or out of the buffer. Of a disk, whole sectors. */
static int move(struct ide_channel *c, struct list *list)
{
	struct ide_state *s = c->state;
	uint32_t len = list->bytes;
	int err = 0;

	if (s->left)
		len -= len % DISK_SECTOR;
	if (!len)
		return 0;
	if (s->left)
		err = move_disk(c, list, len);
	else
		move_buffer(c, list, len);
	if (err)
		return err;
	if (s->left) {
		s->pos += len;
		s->left -= len;
	}
	drop(list, len);
	return 0;
}

static void wait_for_guest(struct ide_channel *c)
{
	c->state->phase = PHASE_DMA;
	ide_drive(c)->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
}

/* All is moved, or the table does not go on. */
static void end(struct ide_channel *c, const struct list *list)
{
	struct ide_state *s = c->state;

	if (!rest(s)) {
		if (list->was_last && !list->len)
			s->bm_status &= ~STATUS_ACTIVE;
		ide_finish(c, 0);
	} else if (list->is_wrong) {
		board_oddity(c->ide->board,
			     "DMA that is no RAM, or no bus master",
			     list->len ? list->base : list->table);
		s->bm_status = (s->bm_status & ~STATUS_ACTIVE) | STATUS_ERROR;
		ide_fail(c, ERROR_ABRT);
	} else {
		if (is_started(s))
			s->bm_status &= ~STATUS_ACTIVE;
		wait_for_guest(c);
	}
}

int ide_dma_run(struct ide_channel *c)
{
	struct ide_state *s = c->state;
	struct list list;
	int err = 0;

	begin_list(&list, s->bm_table);
	while (rest(s) && is_started(s) && !c->cut && !err) {
		const uint64_t before = rest(s);

		gather(c, &list, before < PART_BYTES ? before : PART_BYTES);
		err = move(c, &list);
		if (rest(s) == before)
			break;
	}
	if (err)
		s->bm_status &= ~STATUS_ACTIVE;
	else if (!c->cut)
		end(c, &list);
	return err;
}

bool ide_dma_now(struct ide_channel *c)
{
	struct ide_state *s = c->state;
	struct disk *disk = ide_slot(c)->disk;
	const uint64_t all = rest(s);
	struct list list;

	if (s->to_disk || !all || all > NOW_BYTES || !is_started(s))
		return false;
	begin_list(&list, s->bm_table);
	gather(c, &list, all);
	if (list.bytes != all)
		return false;
	if (!s->left)
		move_buffer(c, &list, all);
	else if (disk->format->read_now(disk, list.parts, list.nr, s->pos))
		return false;
	s->pos += s->left;
	s->left = 0;
	end(c, &list);
	return true;
}

void ide_begin_dma(struct ide_channel *c, uint64_t pos, uint64_t len,
		   bool to_disk)
{
	struct ide_state *s = c->state;

	s->pos = pos;
	s->left = len;
	s->to_disk = to_disk;
	wait_for_guest(c);
	if (is_started(s))
		ide_post(c, JOB_DMA);
}

/* Table and direction are the guest's to change only while it is stopped. */
static void write_command(struct ide_channel *c, uint8_t val)
{
	struct ide_state *s = c->state;
	const bool was_started = is_started(s);

	s->bm_command = val & (COMMAND_START | COMMAND_READ);
	if (!is_started(s)) {
		s->bm_status &= ~STATUS_ACTIVE;
	} else if (!was_started) {
		s->bm_status |= STATUS_ACTIVE;
		if (s->phase == PHASE_DMA)
			ide_post(c, JOB_DMA);
	}
}

uint8_t ide_bm_read(struct ide_channel *c, unsigned int off)
{
	const struct ide_state *s = c->state;

	switch (off) {
	case REG_COMMAND:
		return s->bm_command;
	case REG_STATUS:
		return s->bm_status;
	case REG_TABLE ... REG_END - 1:
		return s->bm_table >> 8 * (off - REG_TABLE);
	default:
		return UINT8_MAX;
	}
}

void ide_bm_write(struct ide_channel *c, unsigned int off, uint8_t val)
{
	struct ide_state *s = c->state;
	const unsigned int shift = 8 * (off % 4);

	switch (off) {
	case REG_COMMAND:
		write_command(c, val);
		break;
	case REG_STATUS:
		s->bm_status &= ~(val & (STATUS_ERROR | IDE_BM_INTERRUPT));
		s->bm_status = (s->bm_status & ~STATUS_DRIVES) |
			       (val & STATUS_DRIVES);
		break;
	case REG_TABLE ... REG_END - 1:
		s->bm_table &= ~(0xffU << shift);
		s->bm_table |= ((uint32_t)val << shift) & TABLE_MASK;
		break;
	}
}
