/*
 * Between the parts of the VGA: its registers (vga.c), and what they and the
 * text memory come to on the screen (vga_look.c).
 */
#ifndef MKVM_VGA_H
#define MKVM_VGA_H

#include <stdbool.h>
#include <stdint.h>

struct board;
struct surface;

/* CRT controller */
enum {
	CR_H_END = 0x01, /* columns - 1 */
	CR_OVERFLOW = 0x07,
	CR_MAX_LINE = 0x09, /* scan lines of a character - 1 */
	CR_CURSOR_START = 0x0a,
	CR_CURSOR_END = 0x0b,
	CR_START_HIGH = 0x0c,
	CR_START_LOW = 0x0d,
	CR_CURSOR_HIGH = 0x0e,
	CR_CURSOR_LOW = 0x0f,
	CR_V_SYNC_END = 0x11,
	CR_V_END = 0x12,
	CR_OFFSET = 0x13, /* half the cells from row to row */
	CR_UNDERLINE = 0x14,
	CR_LINE_COMPARE = 0x18,
	NR_CRTC,
};

#define SCAN_LINES     0x1f /* of registers that hold one of a character */
#define DOUBLE_SCAN    0x80 /* of CR_MAX_LINE */
#define CURSOR_OFF     0x20 /* of CR_CURSOR_START */
#define PROTECT_0_TO_7 0x80 /* of CR_V_SYNC_END */
#define OVERFLOW_LC8   0x10 /* writable all the same */

/* Sequencer */
#define SEQ_CLOCKING	 1
#define SEQ_CLOCKING_OFF 0x20
#define NR_SEQ		 5

/* Graphics controller */
#define GFX_MISC	  6
#define GFX_MISC_GRAPHICS 0x01
#define GFX_MISC_MAP	  0x0c
#define GFX_MISC_MAP_MONO 0x08 /* memory is at B0000 */
#define NR_GFX		  9

/* Attribute controller */
enum {
	AR_MODE = 0x10,
	AR_PLANES = 0x12,
	AR_SELECT = 0x14,
	NR_ATTR,
};

#define AR_MODE_GRAPHICS 0x01
#define AR_MODE_BLINK	 0x08
#define AR_MODE_P54S	 0x80 /* bits 4 and 5 of a colour are AR_SELECT's */
#define ATTR_INDEX	 0x1f
#define ATTR_SHOW	 0x20 /* of the index: the palette is not the CPU's */

#define DAC_COLOURS 256
#define DAC_BITS    0x3f

struct vga {
	struct board *board;

	/* What is remembered of it begins here. */
	uint8_t misc, feature;
	uint8_t seq_index, crtc_index, gfx_index, attr_index;
	bool attr_is_data; /* what ATTR_PORT takes next */
	uint8_t seq[NR_SEQ], crtc[NR_CRTC], gfx[NR_GFX], attr[NR_ATTR];
	uint8_t dac_mask, dac_index, dac_part; /* part: red, green, blue */
	bool dac_reads;
	uint8_t dac_latch[3]; /* written so far */
	uint8_t dac[DAC_COLOURS][3];
};

/* device.h: look() of the device. */
bool vga_look(void *dev, struct surface *surface);

#endif
