/*
 * What the registers of a floppy disk controller mean, for --explain, and those of the
 * DMA controller that goes with it: as Intel's data sheets name them.
 */
#include "probes/explain/explain.h"

#define FDC "82077AA"
#define DMA "8237A"

static const struct explain_bits output[] = {
	{ 0x04, 0x00, "reset" },
	{ 0x08, 0x08, "IRQ6, DMA" },
	{ 0x10, 0x10, "motor A" },
	{ 0x20, 0x20, "motor B" },
	{ 0x03, 0x00, "drive A" },
	{ 0x03, 0x01, "drive B" },
	{ 0 },
};
static const struct explain_bits status[] = {
	{ 0x80, 0x80, "RQM" },
	{ 0x40, 0x40, "DIO" },
	{ 0x20, 0x20, "NON DMA" },
	{ 0x10, 0x10, "CMD BUSY" },
	{ 0 },
};
static const struct explain_bits change[] = {
	{ 0x80, 0x80, "DSK CHG" },
	{ 0 },
};
static const struct explain_bits rate[] = {
	{ 0x03, 0x00, "500 kbit/s" },
	{ 0x03, 0x01, "300 kbit/s" },
	{ 0x03, 0x02, "250 kbit/s" },
	{ 0x03, 0x03, "1 Mbit/s" },
	{ 0 },
};
static const struct explain_bits mask[] = {
	{ 0x04, 0x04, "closed" },
	{ 0x04, 0x00, "open" },
	{ 0 },
};
static const struct explain_bits mode[] = {
	{ 0x0c, 0x00, "verify" },
	{ 0x0c, 0x04, "to memory" },
	{ 0x0c, 0x08, "from memory" },
	{ 0x10, 0x10, "again and again" },
	{ 0 },
};

static const struct explain_row rows[] = {
	{ .first = 0x3f2,
	  .way = WAY_BOTH,
	  BITS(output),
	  READ(FDC, "Digital Output Register"),
	  TEXT("floppy DOR", "", "motors, the drive, reset") },
	{ .first = 0x3f4,
	  .way = WAY_IN,
	  BITS(status),
	  READ(FDC, "Main Status Register"),
	  TEXT("floppy MSR", "",
	       "whether the next byte is due, and which way") },
	{ .first = 0x3f4,
	  .way = WAY_OUT,
	  BITS(rate),
	  READ(FDC, "Datarate Select Register"),
	  TEXT("floppy DSR", "", "how fast bits pass by; bit 7 is a reset") },
	{ .first = 0x3f5,
	  .way = WAY_OUT,
	  READ(FDC, "Command Set"),
	  TEXT("floppy FIFO", "takes a byte of a command",
	       "a code, then where; or data, if there is no DMA") },
	{ .first = 0x3f5,
	  .way = WAY_IN,
	  READ(FDC, "Result Phase"),
	  TEXT("floppy FIFO", "gives a byte of the result",
	       "how it ended, and where; or data, if there is no DMA") },
	{ .first = 0x3f7,
	  .way = WAY_IN,
	  BITS(change),
	  READ(FDC, "Digital Input Register"),
	  TEXT("floppy DIR", "", "whether there is another disk") },
	{ .first = 0x3f7,
	  .way = WAY_OUT,
	  BITS(rate),
	  READ(FDC, "Configuration Control Register"),
	  TEXT("floppy CCR", "", "how fast bits pass by") },
	{ .first = 0x04,
	  .way = WAY_BOTH,
	  READ(DMA, "Current Address Register"),
	  TEXT("DMA 2 address", "a byte of it",
	       "where the floppy's data goes, in a page of 64 KiB") },
	{ .first = 0x05,
	  .way = WAY_BOTH,
	  READ(DMA, "Current Word Register"),
	  TEXT("DMA 2 count", "a byte of it", "bytes, less one") },
	{ .first = 0x81,
	  .way = WAY_BOTH,
	  READ("PC/AT ref.", "DMA Page Registers"),
	  TEXT("DMA 2 page", "bits 16 to 23", "of the address") },
	{ .first = 0x0a,
	  .way = WAY_OUT,
	  BITS(mask),
	  READ(DMA, "Mask Register"),
	  TEXT("DMA mask", "", "whether a channel answers its device") },
	{ .first = 0x0b,
	  .way = WAY_OUT,
	  BITS(mode),
	  READ(DMA, "Mode Register"),
	  TEXT("DMA mode", "", "which way a channel moves data") },
	{ .first = 0x0c,
	  .way = WAY_OUT,
	  READ(DMA, "Software Commands"),
	  TEXT("DMA flip-flop", "cleared", "the next byte is the low one") },
};

const struct explain_table explain_floppy = EXPLAIN_TABLE(rows);
