/*
 * The DMA of fw_cfg, after "QEMU Firmware Configuration (fw_cfg) Device", "Guest-side
 * DMA Interface": the guest writes the address of a request, high half first, and
 * finds the bytes in its memory when that write is over. All numbers are the other
 * way round, big-endian, in the registers as well.
 *
 *   request   0 control   4 length   8 address
 *   control   31..16 item   4 write   3 choose   2 skip   1 read   0 error
 */
#include "devices/fwcfg.h"

#include <endian.h>
#include <string.h>

#include "feature.h"

#define SIGNATURE 0x51454d5520434647ULL /* "QEMU CFG" */

#define CONTROL_ERROR  0x01
#define CONTROL_READ   0x02
#define CONTROL_SKIP   0x04
#define CONTROL_CHOOSE 0x08
#define CONTROL_WRITE  0x10
#define KEY_SHIFT      16

#define PIECE \
	(1U << 20) /* bytes, between two looks whether the guest goes on */

struct request {
	uint32_t control, length;
	uint64_t address;
};

static const struct feature dma = {
	.name = "fwcfg-dma",
	.what = "items of fw_cfg that come to the guest's memory at once",
};
FEATURE(dma);

bool fwcfg_has_dma(struct board *board)
{
	return board_has(board, dma.name);
}

/* The registers are big-endian as a whole: their first byte is the highest. */
uint64_t fwcfg_dma_read(struct fwcfg *f, uint64_t off, unsigned int size)
{
	const uint64_t bytes = htobe64(SIGNATURE);
	uint64_t val = 0;

	(void)f;
	memcpy(&val, (const uint8_t *)&bytes + off, size);
	return val;
}

static bool read_to(struct fwcfg *f, uint64_t gpa, uint32_t len)
{
	uint8_t *to = board_ram(f->board, gpa, len);

	if (!to)
		return false;
	while (len && board_goes_on(f->board)) {
		const uint32_t now = len < PIECE ? len : PIECE;

		fwcfg_take(f, to, now);
		to += now;
		len -= now;
	}
	return true;
}

static bool write_from(struct fwcfg *f, uint64_t gpa, uint32_t len)
{
	const uint8_t *from = board_ram(f->board, gpa, len);

	return from && fwcfg_put(f, from, len);
}

/* One of them, the first; a request that does nothing is right. */
static bool serve(struct fwcfg *f, uint32_t control, uint32_t len, uint64_t gpa)
{
	if (control & CONTROL_CHOOSE)
		fwcfg_choose(f, control >> KEY_SHIFT);
	if (control & CONTROL_READ)
		return read_to(f, gpa, len);
	if (control & CONTROL_WRITE)
		return write_from(f, gpa, len);
	if (control & CONTROL_SKIP)
		f->at += len;
	return true;
}

static void start(struct fwcfg *f)
{
	const uint64_t gpa = f->dma;
	struct request request;
	void *there = board_ram(f->board, gpa, sizeof(request));
	uint32_t control = 0;

	f->dma = 0;
	if (!there) {
		board_oddity(f->board, "DMA request outside RAM", gpa);
		return;
	}
	memcpy(&request, there,
	       sizeof(request)); /* once: the guest may write */
	if (!serve(f, be32toh(request.control), be32toh(request.length),
		   be64toh(request.address))) {
		board_oddity(f->board, "DMA that cannot be",
			     be64toh(request.address));
		control = htobe32(CONTROL_ERROR);
	}
	memcpy(there, &control, sizeof(control));
}

/* The one that begins with the low half's first byte completes it. */
void fwcfg_dma_write(struct fwcfg *f, uint64_t off, unsigned int size,
		     uint64_t val)
{
	uint64_t bytes = htobe64(f->dma);

	memcpy((uint8_t *)&bytes + off, &val, size);
	f->dma = be64toh(bytes);
	if (off + size == sizeof(bytes))
		start(f);
}
