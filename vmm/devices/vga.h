/*
 * Between the parts of the VGA: its registers (vga.c), and what they and the
 * text memory come to on the screen (vga_look.c).
 */
#ifndef MKVM_VGA_H
#define MKVM_VGA_H

#include <stdbool.h>
#include <stdint.h>

#include "util/picture.h"
#include "util/surface.h"

struct board;

/* CRT controller */
enum {
	CR_H_END = 0x01, /* columns - 1 */
	CR_OVERFLOW = 0x07,
	CR_ROW_SCAN = 0x08, /* the first scan line of the first row */
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
#define LINE_COMPARE_9 0x40 /* likewise */
#define CURSOR_OFF     0x20 /* of CR_CURSOR_START */
#define PROTECT_0_TO_7 0x80 /* of CR_V_SYNC_END */
#define OVERFLOW_LC8   0x10 /* writable all the same */

/* Sequencer */
#define SEQ_CLOCKING	  1
#define SEQ_CLOCKING_8	  0x01 /* points of a character, not 9 */
#define SEQ_CLOCKING_HALF 0x08 /* each is two wide */
#define SEQ_CLOCKING_OFF  0x20
#define SEQ_FONTS	  3
#define NR_SEQ		  5

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
	AR_PAN,
	AR_SELECT = 0x14,
	NR_ATTR,
};

#define AR_MODE_GRAPHICS 0x01
#define AR_MODE_BOXES	 0x04 /* their lines are 9 points wide */
#define AR_MODE_BLINK	 0x08
#define AR_MODE_PAN_TOP	 0x20 /* what is below a split is not moved */
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

/* device.h: look() and picture() of the device. */
bool vga_look(void *dev, struct surface *surface);
bool vga_picture(void *dev, struct picture *out);

/* A register of 16 bits, in two from @high on. */
static inline unsigned int vga_pair(const struct vga *v, unsigned int high)
{
	return v->crtc[high] << 8 | v->crtc[high + 1];
}

/* Whether it shows text, nothing, or graphics. */
enum surface_mode vga_mode(const struct vga *v);

/* Points across and scan lines that are shown; the last line above a split, below
 * which memory is shown from its beginning on. */
unsigned int vga_width(const struct vga *v);
unsigned int vga_height(const struct vga *v);
unsigned int vga_split(const struct vga *v);

/* The colour that attribute colour @colour becomes, by palette and DAC; as a
 * pixel. */
const uint8_t *vga_colour(const struct vga *v, unsigned int colour);
uint32_t vga_rgb(const uint8_t dac[3]);

/* Where a font is in plane 2, by the bits of the sequencer: for characters that have
 * the attribute's bit of it, or that have not. */
static inline unsigned int vga_font_at(const struct vga *v, bool bit)
{
	uint8_t fonts = v->seq[SEQ_FONTS];
	unsigned int n = bit ? (fonts >> 2 & 3) | (fonts >> 3 & 4) :
			       (fonts & 3) | (fonts >> 2 & 4);

	return (n & 3) << 14 | (n & 4) << 11;
}

/* 32 KiB of cells; NULL: the guest has no memory there. */
const uint8_t *vga_cells(const struct vga *v);

/* The points of the font at @at, of plane 2. */
uint8_t vga_glyph(const struct vga *v, unsigned int at);

#endif
