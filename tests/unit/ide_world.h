/*
 * An IDE controller for tests, with drives that are memory: hda is a disk, hdb what a
 * test says. Word number i of sector n is n * 256 + i, until it is written.
 */
#ifndef MKVM_IDE_WORLD_H
#define MKVM_IDE_WORLD_H

#include "pci_world.h"

#include <errno.h>
#include <string.h>

#include "disk.h"
#include "ide/controller.h"

#define STORED	  256 /* sectors; those behind are these again */
#define DISK_SIZE (4096 * 512ULL)
#define DISC_SIZE (64 * 2048)

struct ide_store {
	_Alignas(struct disk) uint8_t disk[sizeof(struct disk)]; /* first */
	uint8_t bytes[STORED * DISK_SECTOR];
	unsigned int reads, writes, flushes;
	const struct board *board;
	int err;		      /* what the next call of a worker says */
	uint64_t near;		      /* bytes from the first on: no waiting */
	void (*meanwhile)(void *arg); /* during a read */
	void *arg;
};

struct ide_world {
	struct world world;
	struct ide_store stores[2];
	struct ide_given given;
};

static inline struct disk *store_disk(struct ide_world *w, unsigned int nr)
{
	return (struct disk *)w->stores[nr].disk;
}

static inline struct ide_store *store_of(struct disk *disk)
{
	return (struct ide_store *)disk;
}

static inline int store_move(struct disk *disk, const struct iovec *iov,
			     unsigned int nr, uint64_t at, bool in)
{
	struct ide_store *s = store_of(disk);
	int err = s->board->let_go ? s->err : 0;

	if (s->board->let_go) /* it is a worker that waits */
		s->err = 0;
	if (s->board->let_go && s->meanwhile)
		s->meanwhile(s->arg);
	for (unsigned int i = 0; i < nr && !err; i++) {
		uint8_t *byte = iov[i].iov_base;

		for (size_t n = 0; n < iov[i].iov_len; n++, at++) {
			if (at >= disk->size)
				fake_broken(NULL, "beyond the disk", at);
			if (in)
				byte[n] = s->bytes[at % sizeof(s->bytes)];
			else
				s->bytes[at % sizeof(s->bytes)] = byte[n];
		}
	}
	if (at % DISK_SECTOR && !err)
		fake_broken(NULL, "no whole sectors", at);
	return err;
}

static inline int store_read(struct disk *disk, const struct iovec *iov,
			     unsigned int nr, uint64_t at)
{
	store_of(disk)->reads += store_of(disk)->board->let_go;
	return store_move(disk, iov, nr, at, true);
}

static inline int store_write(struct disk *disk, const struct iovec *iov,
			      unsigned int nr, uint64_t at)
{
	if (disk->read_only)
		fake_broken(NULL, "writes to what is read only", at);
	store_of(disk)->writes++;
	return store_move(disk, iov, nr, at, false);
}

static inline int store_flush(struct disk *disk)
{
	int err = store_of(disk)->err;

	store_of(disk)->err = 0;
	store_of(disk)->flushes++;
	return err;
}

static inline int store_read_now(struct disk *disk, const struct iovec *iov,
				 unsigned int nr, uint64_t at)
{
	uint64_t end = at;

	for (unsigned int i = 0; i < nr; i++)
		end += iov[i].iov_len;
	return end <= store_of(disk)->near ?
		       store_move(disk, iov, nr, at, true) :
		       -EAGAIN;
}

static const struct disk_format store_format = {
	.name = "store",
	.read = store_read,
	.read_now = store_read_now,
	.write = store_write,
	.flush = store_flush,
};

/* Stand for disk/: a drive keeps what it has when the device is made anew. */
void disk_close(struct disk *disk)
{
	(void)disk;
}

void disk_save(struct disk *disk, struct board *board, struct stash *out)
{
	(void)disk;
	(void)board;
	(void)out;
}

bool disk_restore(struct disk *disk, struct board *board, struct stash *in)
{
	(void)disk;
	(void)board;
	(void)in;
	return true;
}

static uint16_t pattern[STORED * 256];

static inline void open_store(struct ide_world *w, unsigned int nr,
			      uint64_t size)
{
	struct ide_store *s = &w->stores[nr];
	struct disk *disk = store_disk(w, nr);

	disk->format = &store_format;
	disk->name = "store";
	disk->size = size;
	for (unsigned int i = 0; i < STORED * 256 && !pattern[STORED * 256 - 1];
	     i++)
		pattern[i] = i; /* little endian, as x86 is */
	memcpy(s->bytes, pattern, sizeof(s->bytes));
	s->board = &w->world.board;
	w->given.slots[nr].disk = disk;
}

enum second { NONE, DISK, CD };

static inline void open_ide(struct ide_world *w, enum second second)
{
	memset(w, 0, sizeof(*w));
	open_store(w, 0, DISK_SIZE);
	if (second != NONE)
		open_store(w, 1, second == CD ? DISC_SIZE : DISK_SIZE);
	w->given.slots[1].is_cd = second == CD;
	fake_config = &w->given;
	open_world(&w->world, ide_function());
	put(&w->world, 4, 2, 5); /* ports, bus master */
}

static inline void close_ide(struct ide_world *w)
{
	close_world(&w->world);
	fake_config = NULL;
}

#endif
