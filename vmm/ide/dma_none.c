/* No drive says that it has DMA, so nobody begins any: see dma.h. */
#include "ide/dma.h"

#include "ide/ide.h"

bool ide_may_dma(struct board *board)
{
	(void)board;
	return false;
}

void ide_begin_dma(struct ide_channel *c, uint64_t pos, uint64_t len,
		   bool to_disk)
{
	(void)pos;
	(void)len;
	(void)to_disk;
	ide_finish(c, ERROR_ABRT);
}

int ide_dma_run(struct ide_channel *c)
{
	(void)c;
	return 0;
}

bool ide_dma_now(struct ide_channel *c)
{
	(void)c;
	return false;
}

uint8_t ide_bm_read(struct ide_channel *c, unsigned int off)
{
	(void)c;
	(void)off;
	return UINT8_MAX;
}

void ide_bm_write(struct ide_channel *c, unsigned int off, uint8_t val)
{
	(void)c;
	(void)off;
	(void)val;
}
