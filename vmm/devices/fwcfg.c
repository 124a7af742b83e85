/*
 * The firmware configuration device of QEMU at ports 0x510 and 0x511, after
 * "QEMU Firmware Configuration (fw_cfg) Device": a 16-bit write to the first
 * chooses an item, each byte read is its next one, zeros follow the last.
 * Kernels that are tested under QEMU ask it how much memory and how many CPUs
 * there are; firmware finds its files here (util/fwfile.h), by a directory.
 *
 * Left out: writing items by the port, which QEMU has given up. Items that nobody
 * knows are empty.
 */
#include "devices/fwcfg.h"

#include <endian.h>
#include <string.h>

#include "saved.h"

#define FW_CFG_PORT  0x510
#define FW_CFG_PORTS 2
#define FW_CFG_DMA   0x514

enum {
	RANGE_PORTS,
	RANGE_DMA,
};

#define KEY_WRITE 0x4000 /* was for writing, and means nothing */

enum {
	KEY_SIGNATURE = 0x00,
	KEY_ID = 0x01,	     /* 32 bits */
	KEY_RAM_SIZE = 0x03, /* 64 bits, bytes */
	KEY_NR_CPUS = 0x05,  /* 16 bits */
	KEY_MAX_CPUS = 0x0f, /* 16 bits: the highest APIC id, and one */
	KEY_FILE_DIR = 0x19, /* 32 bits, how many, and an entry for each */
	KEY_FILES = 0x20,    /* and on */
};

#define SIGNATURE 0x554d4551 /* "QEMU" */
#define ID_PORTS  0x01	     /* what the device does: this interface */
#define ID_DMA	  0x02

/* Big-endian. */
struct dir_entry {
	uint32_t size;
	uint16_t key, reserved;
	char name[FW_NAME_MAX];
};

static uint64_t number(struct board *board, uint32_t key)
{
	struct board_size size = board_size(board);

	switch (key) {
	case KEY_SIGNATURE:
		return SIGNATURE;
	case KEY_ID:
		return ID_PORTS | (fwcfg_has_dma(board) ? ID_DMA : 0);
	case KEY_RAM_SIZE:
		return size.ram_low + size.ram_high;
	case KEY_NR_CPUS:
	case KEY_MAX_CPUS:
		return size.nr_cpus;
	default:
		return 0;
	}
}

static void find_dir(struct fwcfg *f, const struct fw_files *files)
{
	uint32_t nr = 0, count;

	for (unsigned int i = 0; i < files->nr; i++) {
		const struct fw_file *file = &files->list[i];
		struct dir_entry entry = { .size = htobe32(file->len),
					   .key = htobe16(KEY_FILES + i) };

		if (file->key)
			continue;
		memcpy(entry.name, file->name, sizeof(entry.name));
		memcpy(f->dir + sizeof(count) + nr++ * sizeof(entry), &entry,
		       sizeof(entry));
	}
	count = htobe32(nr);
	memcpy(f->dir, &count, sizeof(count));
	f->data = f->dir;
	f->len = sizeof(count) + nr * sizeof(struct dir_entry);
}

/* The file, or the item, that has @key; NULL: none has. */
static const struct fw_file *find_file(const struct fw_files *files,
				       uint32_t key)
{
	for (unsigned int i = 0; i < files->nr; i++) {
		const struct fw_file *file = &files->list[i];

		if (key == (file->key ? file->key : KEY_FILES + i))
			return file;
	}
	return NULL;
}

/* What item f->key is. */
static void find_item(struct fwcfg *f)
{
	const struct fw_files *files = board_files(f->board);
	const uint32_t key = f->key & ~KEY_WRITE;
	const uint64_t val = htole64(number(f->board, key));
	const struct fw_file *file = files ? find_file(files, key) : NULL;

	memcpy(f->small, &val, sizeof(val));
	f->data = f->small;
	f->len = sizeof(f->small);
	f->room = NULL;
	if (files && key == KEY_FILE_DIR) {
		find_dir(f, files);
	} else if (file) {
		f->data = file->data;
		f->len = file->len;
		f->room = file->writable ? file->data : NULL;
	}
}

void fwcfg_choose(struct fwcfg *f, uint32_t key)
{
	f->key = key;
	f->at = 0;
	find_item(f);
}

void fwcfg_take(struct fwcfg *f, uint8_t *to, size_t len)
{
	size_t there = f->at < f->len ? f->len - f->at : 0;

	if (there > len)
		there = len;
	if (there)
		memcpy(to, f->data + f->at, there);
	memset(to + there, 0, len - there);
	f->at += len;
}

bool fwcfg_put(struct fwcfg *f, const uint8_t *from, size_t len)
{
	if (!f->room || f->at > f->len || len > f->len - f->at)
		return false;
	memcpy(f->room + f->at, from, len);
	f->at += len;
	return true;
}

/* Either port gives the next byte; there are no wider reads. */
static uint64_t fwcfg_read(void *dev, unsigned int range, uint64_t off,
			   unsigned int size)
{
	struct fwcfg *f = dev;
	uint8_t byte = 0;

	if (range == RANGE_DMA && fwcfg_has_dma(f->board))
		return fwcfg_dma_read(f, off, size);
	if (range == RANGE_DMA)
		return UINT64_MAX;
	if (size > 1)
		return 0;
	fwcfg_take(f, &byte, 1);
	return byte;
}

/* A byte is data, which nobody takes. */
static void fwcfg_write(void *dev, unsigned int range, uint64_t off,
			unsigned int size, uint64_t val)
{
	struct fwcfg *f = dev;

	if (range == RANGE_DMA && fwcfg_has_dma(f->board))
		fwcfg_dma_write(f, off, size, val);
	if (range == RANGE_PORTS && size == 2)
		fwcfg_choose(f, val);
}

static void fwcfg_init(void *dev, struct board *board)
{
	struct fwcfg *f = dev;

	f->board = board;
	f->data = f->small;
	f->len = sizeof(uint32_t);
	memcpy(f->small, "QEMU", sizeof(uint32_t)); /* KEY_SIGNATURE */
}

static bool fwcfg_restored(void *dev, struct stash *in)
{
	struct fwcfg *f = dev;

	if (!fwcfg_restore_files(f, in))
		return false;
	find_item(f);
	return f->key <= UINT16_MAX;
}

static void fwcfg_reset(void *dev)
{
	fwcfg_choose(dev, KEY_SIGNATURE);
}

static const struct device_type fwcfg = {
	.name = "fwcfg",
	.what = "RAM, CPU count and firmware's files at 0x510, as in QEMU",
	.ranges = {
		[RANGE_PORTS] = { DEV_PIO, FW_CFG_PORT, FW_CFG_PORTS,
				  DEV_BEGUN },
		[RANGE_DMA] = { DEV_PIO, FW_CFG_DMA, sizeof(uint64_t),
				DEV_LANES },
	},
	.width = 4,
	.size = sizeof(struct fwcfg),
	.init = fwcfg_init,
	.read = fwcfg_read,
	.write = fwcfg_write,
	.version = 4,
	.saved = offsetof(struct fwcfg, dma),
	.save = IF_ON(CONFIG_SNAPSHOT, fwcfg_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, fwcfg_restored),
	.reset = fwcfg_reset,
};

DEVICE(fwcfg);
