/* objects: probes/explain/explain.o probes/explain/access.o probes/explain/serial.o
 * probes/explain/hypercall.o probes/explain/i8042.o probes/explain/cmos.o
 * probes/explain/ioapic.o probes/explain/pci.o probes/explain/chips.o probes/explain/vga.o probes/explain/ide.o probes/explain/floppy.o probes/explain/virtio.o
 * probes/explain/exits.o core/symbols_none.o util/text.o util/log.o util/sink.o */
/* What --explain says of a read from a disk, or a floppy, register by register. */
#include "explained.h"

#define ATA TIMES "ATA/ATAPI-6"

static void a_read(void **state)
{
	static const struct access accesses[] = {
		OUT(0x1f6, 0xe0,
		    "OUT 0x1f6 <- 0xe0 IDE device: the first drive LBA" ATA),
		OUT(0x1f2, 0x01,
		    "OUT 0x1f2 <- 0x01 IDE sector count: how many" ATA),
		OUT(0x1f3, 0x05,
		    "OUT 0x1f3 <- 0x05 IDE LBA low: which sector" ATA),
		OUT(0x1f7, 0x20,
		    "OUT 0x1f7 <- 0x20 IDE command: READ SECTORS" ATA),
		OUT(0x1f7, 0xfe,
		    "OUT 0x1f7 <- 0xfe IDE command: another command" ATA),
		IN(0x1f7, 0x80, "IN 0x1f7 -> 0x80 IDE status: BSY" ATA),
		IN(0x1f7, 0x58, "IN 0x1f7 -> 0x58 IDE status: DRDY DRQ" ATA),
		IN(0x1f1, 0x04, "IN 0x1f1 -> 0x04 IDE error: ABRT" ATA),
		OUT(0x3f6, 0x02,
		    "OUT 0x3f6 <- 0x02 IDE control: nIEN: no interrupts" ATA),
		IN(0x376, 0x00, "IN 0x376 -> 0x00 IDE status: nothing" ATA),
		OUT(0x176, 0xb0,
		    "OUT 0x176 <- 0xb0 IDE device: the second drive CHS" ATA),
	};

	(void)state;
	view.device = "ide";
	RUN(accesses);
}

#define FDC TIMES "82077AA"
#define DMA TIMES "8237A"

static void a_floppy(void **state)
{
	static const struct access accesses[] = {
		OUT(0x3f2, 0x1c,
		    "OUT 0x3f2 <- 0x1c floppy DOR: IRQ6, DMA motor A drive A" FDC),
		OUT(0x0b, 0x46, "OUT 0xb <- 0x46 DMA mode: to memory" DMA),
		OUT(0x0a, 0x02, "OUT 0xa <- 0x02 DMA mask: open" DMA),
		IN(0x3f4, 0x90,
		   "IN 0x3f4 -> 0x90 floppy MSR: RQM CMD BUSY" FDC),
		OUT(0x3f7, 0x02,
		    "OUT 0x3f7 <- 0x02 floppy CCR: 250 kbit/s" FDC),
		IN(0x3f7, 0x80, "IN 0x3f7 -> 0x80 floppy DIR: DSK CHG" FDC),
	};

	(void)state;
	view.device = "floppy";
	RUN(accesses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_read, setup),
		cmocka_unit_test_setup(a_floppy, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
