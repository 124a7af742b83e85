/* Between the ports of fw_cfg (fwcfg.c) and its DMA (fwcfg_dma.c, if there is). */
#ifndef MKVM_FWCFG_H
#define MKVM_FWCFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "util/fwfile.h"

#define FW_DIR_ENTRY 64 /* bytes of the directory for each file */

struct fwcfg {
	struct board *board;
	const uint8_t *data; /* of the item that was chosen */
	size_t len;
	uint8_t *room; /* the same, of a file that the guest may write; NULL */
	uint8_t small[8]; /* where it is a number */
	uint8_t dir[4 + FW_FILES_MAX * FW_DIR_ENTRY];

	/* What is remembered begins here. */
	uint64_t dma; /* the address register */
	uint64_t at;  /* the next byte of the item */
	uint32_t key; /* what was chosen */
	uint32_t zero;
};

/* Chooses item @key, from its first byte on. */
void fwcfg_choose(struct fwcfg *f, uint32_t key);

/* Puts the next @len bytes of the item to @to; zeroes follow the last. */
void fwcfg_take(struct fwcfg *f, uint8_t *to, size_t len);

/* Puts the @len bytes at @from there instead, if the guest may and they fit. */
bool fwcfg_put(struct fwcfg *f, const uint8_t *from, size_t len);

/* fwcfg_saved.c: files and items are put behind what is remembered of the device, and
 * got back to the place of those that there are. */
struct stash;
void fwcfg_save(void *dev, struct stash *out);
bool fwcfg_restore_files(struct fwcfg *f, struct stash *in);

/* Whether this run has it; @size bytes at @off of its registers, from 0x514 on. */
bool fwcfg_has_dma(struct board *board);
uint64_t fwcfg_dma_read(struct fwcfg *f, uint64_t off, unsigned int size);
void fwcfg_dma_write(struct fwcfg *f, uint64_t off, unsigned int size,
		     uint64_t val);

#endif
