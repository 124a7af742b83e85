/*
 * Between the parts of the VGA: its registers (vga.c), and what they and the
 * text memory come to on the screen (vga_look.c).
 */
#ifndef MKVM_VGA_H
#define MKVM_VGA_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/pc.h"
#include "device.h"
#include "framebuffer.h"
#include "ison.h"
#include "pci.h"
#include "util/picture.h"
#include "util/surface.h"

struct board;
struct stash;

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
	CR_MODE = 0x17,
	CR_LINE_COMPARE = 0x18,
	NR_CRTC,
};

#define SCAN_LINES     0x1f /* of registers that hold one of a character */
#define DOUBLE_SCAN    0x80 /* of CR_MAX_LINE */
#define LINE_COMPARE_9 0x40 /* likewise */
#define CURSOR_OFF     0x20 /* of CR_CURSOR_START */
#define PROTECT_0_TO_7 0x80 /* of CR_V_SYNC_END */
/* CR_UNDERLINE: addresses are of 4 bytes; the counter goes on every 4th fetch */
#define CR_UNDERLINE_QUADS 0x40
#define CR_UNDERLINE_BY_4  0x20

/* CR_MODE: bits 13 and 14 of an address are its own, not those of the line's number;
 * every 2nd fetch; what comes into bit 0 of a word's; addresses are of bytes */
#define CR_MODE_NO_LINE_13 0x01
#define CR_MODE_NO_LINE_14 0x02
#define CR_MODE_BY_2	   0x08
#define CR_MODE_WRAP_15	   0x20
#define CR_MODE_BYTES	   0x40

#define OVERFLOW_LC8 0x10 /* writable all the same */

/* Sequencer */
#define SEQ_CLOCKING	  1
#define SEQ_CLOCKING_8	  0x01 /* points of a character, not 9 */
#define SEQ_CLOCKING_HALF 0x08 /* each is two wide */
#define SEQ_CLOCKING_OFF  0x20
#define SEQ_MAP_MASK	  2 /* planes that are written */
#define SEQ_FONTS	  3
#define SEQ_MEMORY	  4
#define SEQ_MEMORY_NO_ODD 0x04 /* odd addresses are in all planes */
#define SEQ_MEMORY_CHAIN4 0x08
#define NR_SEQ		  5

/* Graphics controller */
enum {
	GFX_SET_RESET,
	GFX_SR_ENABLE,
	GFX_COMPARE,
	GFX_ROTATE, /* and the function in bits 3 and 4 */
	GFX_READ_MAP,
	GFX_MODE,
	GFX_MISC,
	GFX_CARE,
	GFX_BIT_MASK,
	NR_GFX,
};

#define GFX_MODE_WRITE	 0x03
#define GFX_MODE_COMPARE 0x08 /* read mode 1 */
#define GFX_MODE_ODD	 0x10
#define GFX_MODE_PAIRS	 0x20 /* what is drawn: see vga_draw.c */
#define GFX_MODE_BYTES	 0x40

#define GFX_MISC_GRAPHICS   0x01
#define GFX_MISC_MAP	    0x0c
#define GFX_MISC_MAP_64K    0x04 /* memory is at A0000 */
#define GFX_MISC_MAP_MONO   0x08 /* at B0000 */
#define GFX_MISC_MAP_COLOUR 0x0c /* at B8000 */

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

/* Miscellaneous output register */
#define MISC_COLOUR 0x01
#define MISC_RAM    0x02 /* memory answers */

#define DAC_COLOURS 256
#define DAC_BITS    0x3f

#define VGA_CELLS 0x4000 /* of text memory */
/* Numbers of the device's memories: see vga_memory.c and vga_vbe.c. */
#define VGA_PLANES 0
#define VGA_LFB	   1
#define VGA_ROM	   2

#define VGA_ROM_LEN 0x10000

#define VBE_BYTES     PC_LFB_LEN
#define VBE_PAGES     (VBE_BYTES / 4096)
#define VBE_PCI_BYTES (VBE_BYTES / 2) /* that its BAR has room for */
#define NR_VBE	      11

/* Where the newest bytes of the planes are: in RAM at B8000 or B0000, in memory at
 * A0000, or in the planes. */
enum vga_held {
	VGA_HELD_TEXT,
	VGA_HELD_MONO,
	VGA_HELD_CHAINED,
	VGA_HELD_FONT, /* likewise, plane 2 alone */
	VGA_HELD_PLANES,
	VGA_HELD_BANK, /* likewise, and what is at A0000 is of another memory */
};

struct vga {
	struct pci pci; /* first: see include/pci.h; of vga_pci.c only */
	struct board *board;
	uint8_t *planes; /* NULL: has none */
	bool touched;	 /* they are not all zeroes */
	bool has_rom;	 /* vga_pci.c: a BIOS is in its memory */

	bool waits;	  /* vga_wait.c: and what a guest that polls has read */
	uint8_t wait_saw; /* VGA_SAW_ */

	uint8_t *lfb;	  /* NULL: has none */
	size_t lfb_len;	  /* VBE_BYTES, or less */
	uint64_t lfb_gpa; /* where it lies; 0: nowhere */
	bool lfb_always;  /* also while it is not enabled */
	bool lfb_touched; /* it is not all zeroes */
	uint64_t lfb_looks, lfb_changed;
	uint64_t lfb_stamps[VBE_PAGES];

	/* What is remembered of it begins here. */
	uint8_t misc, feature;
	uint8_t seq_index, crtc_index, gfx_index, attr_index;
	bool attr_is_data; /* what ATTR_PORT takes next */
	uint8_t seq[NR_SEQ], crtc[NR_CRTC], gfx[NR_GFX], attr[NR_ATTR];
	uint8_t dac_mask, dac_index, dac_part; /* part: red, green, blue */
	bool dac_reads;
	uint8_t dac_latch[3]; /* written so far */
	uint8_t dac[DAC_COLOURS][3];
	uint8_t held; /* enum vga_held */
	bool used;    /* the planes have been */
	uint32_t latch;
	uint16_t vbe_index, vbe[NR_VBE];
	bool lfb_used; /* by these */
};

/* Input status 1 */
#define VGA_STATUS_HIDDEN 0x01
#define VGA_STATUS_VSYNC  0x08

/* 31.5 kHz, and 449 scan lines in 1/70 s, 400 of them with text. */
#define VGA_LINE_NS	  31778ULL
#define VGA_LINE_SHOWN_NS 25422 /* of these, the rest is horizontal retrace */
#define VGA_FRAME_NS	  (449 * VGA_LINE_NS)
#define VGA_SHOWN_NS	  (400 * VGA_LINE_NS)

#define VGA_SAW_SHOWN  0x01
#define VGA_SAW_HIDDEN 0x02
#define VGA_SAW_BOTH   0x03

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
uint32_t vga_rgb(const struct vga *v, const uint8_t dac[3]);

/* Where a font is in plane 2, by the bits of the sequencer: for characters that have
 * the attribute's bit of it, or that have not. */
static inline unsigned int vga_font_at(const struct vga *v, bool bit)
{
	uint8_t fonts = v->seq[SEQ_FONTS];
	unsigned int n = bit ? (fonts >> 2 & 3) | (fonts >> 3 & 4) :
			       (fonts & 3) | (fonts >> 2 & 4);

	return (n & 3) << 14 | (n & 4) << 11;
}

/* Cell @n of text memory, as the screen counts; whether there is any. */
uint16_t vga_cell(const struct vga *v, unsigned int n);
bool vga_has_cells(const struct vga *v);

/* The same of guest RAM. */
uint16_t vga_ram_cell(const struct vga *v, unsigned int n);
bool vga_has_ram(const struct vga *v);

/* The points of the font at @at, of plane 2; and of the font in ROM, as it would be
 * there. */
uint8_t vga_glyph(const struct vga *v, unsigned int at);
uint8_t vga_font_line(unsigned int at);

/* The bytes at @at of all planes, that of plane 0 in the lowest 8 bits. */
uint32_t vga_quad(const struct vga *v, unsigned int at);

/* picture() of a mode with graphics. False: there are none. */
bool vga_graphics(const struct vga *v, struct picture *out);

/* Memory at its power-on; a byte at @off from A0000 on, that does not lie there by
 * itself; a register has another value; save() and restored(). */
void vga_memory_init(struct vga *v);
uint8_t vga_memory_read(struct vga *v, uint64_t off);
void vga_memory_write(struct vga *v, uint64_t off, uint8_t val);
void vga_memory_changed(struct vga *v);
void vga_memory_save(const struct vga *v, struct stash *out);
bool vga_memory_restored(struct vga *v, struct stash *in);

/* Input status 1 at a moment; as it is read at @now_ns or somewhat later, by a guest
 * that may have asked before. Whether such a one is to sleep is asked once. */
uint8_t vga_status_at(uint64_t now_ns);
uint8_t vga_wait(struct vga *v, uint64_t now_ns);
void vga_wait_init(struct vga *v);

/* The linear framebuffer: its power-on, in a mode already unless @fb is NULL; whether
 * it has the screen, by banks, as planes, and colours of 8 bits; its registers; where it is to
 * lie has changed; the picture may be another one. */
void vga_vbe_init(struct vga *v, const struct framebuffer *fb);
bool vga_vbe_is_on(const struct vga *v);
bool vga_vbe_is_banked(const struct vga *v);
bool vga_vbe_is_planar(const struct vga *v);
bool vga_vbe_has_dac_8(const struct vga *v);
uint16_t vga_vbe_read(const struct vga *v, unsigned int index);
void vga_vbe_write(struct vga *v, unsigned int index, uint16_t val);
void vga_vbe_show(struct vga *v);
void vga_vbe_changed(struct vga *v);
bool vga_vbe_picture(struct vga *v, struct picture *out);
void vga_vbe_save(const struct vga *v, struct stash *out);
bool vga_vbe_restored(struct vga *v, struct stash *in);

/* Byte @at of it, which is about to be read or written; or byte @off of the bank at
 * A0000. NULL: there is none. */
uint8_t *vga_vbe_byte(struct vga *v, uint64_t at, bool writes);
uint8_t *vga_vbe_bank(struct vga *v, uint64_t off, bool writes);

/* Where it is planes: the bytes at @off of the bank, as vga_quad() has them. */
uint32_t vga_vbe_quad(struct vga *v, unsigned int off);
void vga_vbe_put_quad(struct vga *v, unsigned int off, uint32_t quad);

/* Byte @off of the display's description (EDID), 0 behind its end. */
uint8_t vga_edid(uint64_t off);

/* The device: its type, without PCI; ranges and members for that of vga_pci.c. */
enum {
	VGA_RANGE_MONO,
	VGA_RANGE_VGA,
	VGA_RANGE_COLOUR,
	VGA_RANGE_MEMORY,
	VGA_RANGE_INDEX,
	VGA_RANGE_DATA,
};

#define VGA_CRTC_PORTS 7
#define VGA_PORTS      0x10

#define VGA_MEMORY_LEN 0x20000
#define VGA_VBE_LEN    2

/* 0 bytes: the range, and those behind it, are not there. */
#define VGA_RANGES(graphics, vbe)                                       \
	{                                                               \
		{ DEV_PIO, 0x3b4, VGA_CRTC_PORTS, DEV_LANES },          \
			{ DEV_PIO, 0x3c0, VGA_PORTS, DEV_LANES },       \
			{ DEV_PIO, 0x3d4, VGA_CRTC_PORTS, DEV_LANES },  \
			{ DEV_MMIO, 0xa0000, (graphics)*VGA_MEMORY_LEN, \
			  DEV_LANES },                                  \
			{ DEV_PIO, PC_VBE_INDEX, (vbe)*VGA_VBE_LEN,     \
			  DEV_REGISTER },                               \
			{ DEV_PIO, PC_VBE_DATA, (vbe)*VGA_VBE_LEN,      \
			  DEV_REGISTER },                               \
	}

/* What covers RAM at A0000, of both kinds of the device. */
#define VGA_GRAPHICS_NAME "vga-graphics"

/* What --vga pci has read for the function, its board_config(). */
struct vga_rom {
	size_t len; /* 0: there is none */
	uint8_t data[VGA_ROM_LEN];
};

extern const struct device_type vga_type;
const struct device_type *vga_pci_type(void); /* NULL: not built in */

void vga_begin(struct vga *v, struct board *board,
	       const struct framebuffer *fb);
uint64_t vga_read(void *dev, unsigned int range, uint64_t off,
		  unsigned int size);
void vga_write(void *dev, unsigned int range, uint64_t off, unsigned int size,
	       uint64_t val);
void vga_save(void *dev, struct stash *out);
bool vga_restored(void *dev, struct stash *in);

#endif
