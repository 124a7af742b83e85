/*
 * The first channel's registers for a driver that is a test, and the one controller
 * that it drives: see ide_world.h.
 */
#ifndef MKVM_IDE_PORTS_H
#define MKVM_IDE_PORTS_H

#include "ide_world.h"

#define DATA	0x1f0
#define ERR	0x1f1 /* Features */
#define COUNT	0x1f2
#define LOW	0x1f3
#define MID	0x1f4
#define HIGH	0x1f5
#define DRIVE	0x1f6
#define COMMAND 0x1f7 /* Status */
#define CONTROL 0x3f6 /* Alternate Status */

static struct ide_world ide;

static inline void work(void)
{
	while (fake_work(&ide.world.board))
		;
}

static inline uint8_t get_reg(uint16_t port)
{
	return fake_in(&ide.world.board, port, 1);
}

static inline void set_reg(uint16_t port, uint8_t val)
{
	fake_out(&ide.world.board, port, 1, val);
}

static inline uint16_t get_word(void)
{
	return fake_in(&ide.world.board, DATA, 2);
}

static inline void give(uint8_t command, uint32_t lba, uint8_t count,
			uint8_t device)
{
	set_reg(DRIVE, device);
	set_reg(COUNT, count);
	set_reg(LOW, lba);
	set_reg(MID, lba >> 8);
	set_reg(HIGH, lba >> 16);
	set_reg(COMMAND, command);
}

#endif
