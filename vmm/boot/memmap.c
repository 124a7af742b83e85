/* The memory map that loaders hand on: see memmap.h. */
#include "boot/memmap.h"

#include "abi/pc.h"

unsigned int memmap_fill(const struct memory *mem,
			 struct memmap_entry map[MEMMAP_MAX])
{
	const gpa_t low = mem->low_size;
	const struct memmap_entry all[MEMMAP_MAX] = {
		{ 0, low < MEM_FIRMWARE_START ? low : MEM_FIRMWARE_START,
		  MEMMAP_RAM },
		{ MEM_FIRMWARE_START, MEM_FIRMWARE_END - MEM_FIRMWARE_START,
		  MEMMAP_RESERVED },
		{ MEM_FIRMWARE_END,
		  low > MEM_FIRMWARE_END ? low - MEM_FIRMWARE_END : 0,
		  MEMMAP_RAM },
		{ MEM_4G, mem->size - low, MEMMAP_RAM },
	};
	unsigned int nr = 0;

	for (unsigned int i = 0; i < MEMMAP_MAX; i++)
		if (all[i].size)
			map[nr++] = all[i];
	return nr;
}
