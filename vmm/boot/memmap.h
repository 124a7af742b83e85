/*
 * The memory map that a loader hands on, whatever form its boot protocol has
 * for it. Types are those of E820 (ACPI, "Address Range Types").
 *
 *   0 ........ 0x9fc00      RAM
 *   0x9fc00 .. 0x100000     reserved: what firmware leaves, and devices
 *   0x100000 . the hole     RAM
 *   4 GiB .... the end      RAM that did not fit below the hole
 */
#ifndef MKVM_BOOT_MEMMAP_H
#define MKVM_BOOT_MEMMAP_H

#include "memory.h"

#define MEMMAP_MAX	4
#define MEMMAP_RAM	1
#define MEMMAP_RESERVED 2

struct memmap_entry {
	gpa_t start, size; /* bytes */
	uint32_t type;	   /* MEMMAP_RAM, or none */
};

/* Fills in @map, by address and without gaps below the hole; how many it took. */
unsigned int memmap_fill(const struct memory *mem,
			 struct memmap_entry map[MEMMAP_MAX]);

#endif
