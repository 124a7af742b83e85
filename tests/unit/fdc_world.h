/*
 * A floppy disk controller for tests, with A: and B: in memory, and the guest's memory
 * behind its DMA. Byte i of sector n is n + i, until it is written.
 */
#ifndef MKVM_FDC_WORLD_H
#define MKVM_FDC_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fake_board.h"
#include "floppy/floppy.h"
#include "util/stash.h"

#define FDC_RAM 0x30000

struct fdc_store {
	_Alignas(struct disk) uint8_t disk[sizeof(struct disk)]; /* first */
	uint8_t *bytes;
	unsigned int reads, writes;
	const struct board *board;
	int err; /* what the next call says */
	void (*meanwhile)(void);
};

struct fdc_world {
	struct board board;
	struct fdc_store stores[FDC_DRIVES];
	struct fdc_given given;
	_Alignas(16) uint8_t ram[FDC_RAM];
};

static struct fdc_world fdc;

/* The disks' bytes, which are put in order only if they were written. */
static uint8_t fdc_bytes[FDC_DRIVES][FLOPPY_SECTORS * DISK_SECTOR];
static bool fdc_is_in_order[FDC_DRIVES];

static inline struct disk *fdc_disk(unsigned int nr)
{
	return (struct disk *)fdc.stores[nr].disk;
}

static inline int fdc_store_move(struct disk *disk, const struct iovec *iov,
				 uint64_t at, bool in)
{
	struct fdc_store *s = (struct fdc_store *)disk;
	const int err = s->err;

	if (!s->board->let_go)
		fake_broken(s->board, "a vCPU waits for a disk", at);
	if (at + iov->iov_len > disk->size || at % DISK_SECTOR)
		fake_broken(s->board, "beyond the disk", at);
	s->err = 0;
	if (s->meanwhile)
		s->meanwhile();
	if (err)
		return err;
	if (in)
		memcpy(iov->iov_base, s->bytes + at, iov->iov_len);
	else
		memcpy(s->bytes + at, iov->iov_base, iov->iov_len);
	return 0;
}

static inline int fdc_store_read(struct disk *disk, const struct iovec *iov,
				 unsigned int nr, uint64_t at)
{
	(void)nr;
	((struct fdc_store *)disk)->reads++;
	return fdc_store_move(disk, iov, at, true);
}

static inline int fdc_store_write(struct disk *disk, const struct iovec *iov,
				  unsigned int nr, uint64_t at)
{
	(void)nr;
	if (disk->read_only)
		fake_broken(NULL, "writes to what is read only", at);
	((struct fdc_store *)disk)->writes++;
	fdc_is_in_order[(struct fdc_store *)disk - fdc.stores] = false;
	return fdc_store_move(disk, iov, at, false);
}

static const struct disk_format fdc_store_format = {
	.name = "store",
	.read = fdc_store_read,
	.write = fdc_store_write,
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

static inline void fdc_put(unsigned int nr, unsigned int kib)
{
	struct fdc_store *s = &fdc.stores[nr];
	struct disk *disk = fdc_disk(nr);

	disk->format = &fdc_store_format;
	disk->name = "store";
	disk->size = (uint64_t)kib << 10;
	s->bytes = fdc_bytes[nr];
	for (size_t i = 0; i < sizeof(fdc_bytes[nr]) && !fdc_is_in_order[nr];
	     i++)
		s->bytes[i] = i / DISK_SECTOR + i;
	fdc_is_in_order[nr] = true;
	s->board = &fdc.board;
	fdc.given.slots[nr].disk = disk;
	fdc.given.slots[nr].format = floppy_format(disk->size);
}

/* Floppies of so many KiB, 0 none, in A: and B:. */
static inline void open_fdc(unsigned int a, unsigned int b)
{
	memset(&fdc, 0, sizeof(fdc));
	if (a)
		fdc_put(0, a);
	if (b)
		fdc_put(1, b);
	fake_config = &fdc.given;
	fake_board_open_type(&fdc.board, fdc_device());
	fdc.board.ram = fdc.ram;
	fdc.board.ram_size = FDC_RAM;
}

static inline void close_fdc(void)
{
	fake_board_close(&fdc.board);
	fake_config = NULL;
}

#endif
