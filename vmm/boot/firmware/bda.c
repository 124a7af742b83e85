/*
 * The BIOS data area: the two words that systems read before they look for
 * anything in low RAM, and the start of what they point to. Some follow the
 * pointer unasked, and fault when it is 0.
 *
 *   40:0E  segment of the extended BIOS data area, EBDA
 *   40:13  KiB of RAM below it
 *   EBDA   its size in KiB, a byte; the MP table's pointer is further on
 *
 * What is about the screen, firmware/screen.c writes. Left out: all else that a
 * BIOS keeps there, because kvm-vmm has none.
 * Follows the IBM Personal Computer AT Technical Reference, "BIOS Data Area".
 */
#include "firmware.h"
#include "memory.h"

#define BDA_EBDA_GPA 0x40e
#define BDA_KIB_GPA  0x413

static void bda_write(const struct memory *mem, const struct platform *platform)
{
	const uint16_t segment = MEM_FIRMWARE_START >> 4;
	const uint16_t kib = MEM_FIRMWARE_START >> 10;
	const uint8_t ebda_kib = (MEM_EBDA_END - MEM_FIRMWARE_START) >> 10;

	(void)platform;
	mem_write(mem, BDA_EBDA_GPA, &segment, sizeof(segment));
	mem_write(mem, BDA_KIB_GPA, &kib, sizeof(kib));
	mem_write(mem, MEM_FIRMWARE_START, &ebda_kib, sizeof(ebda_kib));
}

static const struct firmware bda = {
	.name = "bda",
	.write = bda_write,
};
FIRMWARE(bda);
