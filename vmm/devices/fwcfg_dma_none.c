/* Every byte of fw_cfg is read from its port: what stands in without FWCFG_DMA. */
#include "devices/fwcfg.h"

bool fwcfg_has_dma(struct board *board)
{
	(void)board;
	return false;
}

uint64_t fwcfg_dma_read(struct fwcfg *f, uint64_t off, unsigned int size)
{
	(void)f;
	(void)off;
	(void)size;
	return UINT64_MAX;
}

void fwcfg_dma_write(struct fwcfg *f, uint64_t off, unsigned int size,
		     uint64_t val)
{
	(void)f;
	(void)off;
	(void)size;
	(void)val;
}
