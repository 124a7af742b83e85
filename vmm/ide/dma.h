/*
 * The bus master of a channel, or its stand-in: see dma.c. Four registers each, the
 * second channel's behind the first's.
 */
#ifndef MKVM_IDE_DMA_H
#define MKVM_IDE_DMA_H

#include <stdbool.h>
#include <stdint.h>

struct ide_channel;

#define IDE_BM_SIZE 8

/* The command moves @len bytes, which begin at @pos of the disk, or lie in the buffer
 * where that is told by @len 0: it goes on as the guest has the bus master begin. */
void ide_begin_dma(struct ide_channel *c, uint64_t pos, uint64_t len,
		   bool to_disk);

/* The worker's: moves what can be. 0, or -errno of the disk. The lock is taken, and is
 * let go meanwhile. */
int ide_dma_run(struct ide_channel *c);

uint8_t ide_bm_read(struct ide_channel *c, unsigned int off);
void ide_bm_write(struct ide_channel *c, unsigned int off, uint8_t val);

#endif
