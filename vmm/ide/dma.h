/*
 * The bus master of a channel, or its stand-in: see dma.c. Four registers each, the
 * second channel's behind the first's.
 */
#ifndef MKVM_IDE_DMA_H
#define MKVM_IDE_DMA_H

#include <stdbool.h>
#include <stdint.h>

struct ide_channel;

struct board;

#define IDE_BM_SIZE	 8
#define IDE_BM_INTERRUPT 0x04 /* in its status: INTRQ has risen */

/* Whether this run goes with DMA. */
bool ide_may_dma(struct board *board);

/* The command moves @len bytes from byte @pos of the disk on, or to there; of @len 0
 * those that are in the buffer. It goes on when the guest has the bus master begin. */
void ide_begin_dma(struct ide_channel *c, uint64_t pos, uint64_t len,
		   bool to_disk);

/* The worker's: moves what can be. 0, or -errno of the disk. The lock is taken, and is
 * let go meanwhile. */
int ide_dma_run(struct ide_channel *c);

/* Moves all that is left, if that needs no waiting and the table is right. False:
 * nothing has changed. */
bool ide_dma_now(struct ide_channel *c);

uint8_t ide_bm_read(struct ide_channel *c, unsigned int off);
void ide_bm_write(struct ide_channel *c, unsigned int off, uint8_t val);

#endif
