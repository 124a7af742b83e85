/*
 * The MP table for firmware, in an option ROM (boot/rom/mptable.S), because firmware
 * has one of its own, and no room for another where systems look for it.
 */
#include <string.h>

#include "boot/firmware/table_loader.h"
#include "boot/rom.h"
#include "firmware.h"

#define ROM_NAME  "genroms/mptable.bin"
#define SIGNATURE "PCMP"
#define LENGTH_AT 4

static const uint8_t rom[] = {
#include <mptable.rom.h>
};

int firmware_tell_mptable(const struct memory *mem, struct fw_files *files)
{
	const size_t room = MEM_FIRMWARE_TABLES_END - MEM_FIRMWARE_TABLES;
	const uint8_t *table = mem_hva(mem, MEM_FIRMWARE_TABLES, room);
	uint16_t len;

	if (!table || memcmp(table, SIGNATURE, strlen(SIGNATURE)))
		return 0;
	memcpy(&len, table + LENGTH_AT, sizeof(len));
	return rom_add(files, ROM_NAME, rom, sizeof(rom), table, len);
}
