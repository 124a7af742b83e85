/*
 * Option ROMs: see boot/rom.h. What the assembler does not know is put in here, their
 * size, in units of 512 bytes, and the sums, of which each is to be 0 (BIOS Boot
 * Specification, "Option ROM Header").
 */
#include "boot/rom.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/fwfile.h"
#include "util/log.h"

#define UNIT	512
#define SIZE_AT 2
#define SUM_AT	6 /* behind the jump: nobody's */
#define PNP_AT	0x1a
#define PNP_LEN 5 /* of that header, in units of 16 bytes */
#define PNP_SUM 8

static uint8_t sum_of(const uint8_t *bytes, size_t len)
{
	uint8_t sum = 0;

	while (len--)
		sum -= *bytes++;
	return sum;
}

static void finish(uint8_t *rom, size_t size)
{
	uint8_t *pnp = rom + rom[PNP_AT];

	rom[SIZE_AT] = size / UNIT;
	pnp[PNP_SUM] = sum_of(pnp, pnp[PNP_LEN] * 16);
	rom[SUM_AT] = sum_of(rom, size);
}

int rom_add(struct fw_files *files, const char *name, const uint8_t *code,
	    size_t len, const void *more, size_t more_len)
{
	const size_t size = (len + more_len + UNIT - 1) / UNIT * UNIT;
	uint8_t *rom = calloc(1, size);
	int err;

	if (!rom) {
		log_error("fw_cfg: %s: %s", name, strerror(ENOMEM));
		return -ENOMEM;
	}
	memcpy(rom, code, len);
	if (more_len)
		memcpy(rom + len, more, more_len);
	finish(rom, size);
	err = fw_add(files, name, rom, size, size);
	free(rom);
	return err;
}
