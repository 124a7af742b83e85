/*
 * The registers of a VGA, as far as systems in text mode write and read them
 * back, after the IBM PS/2 Hardware Interface Technical Reference, "Video
 * Subsystem". It starts in mode 3, 80 by 25 characters in colour, as a BIOS
 * leaves it.
 *
 *   3B4-3BA or 3D4-3DA  CRT controller and status; which, the miscellaneous
 *                       output register says: monochrome or colour
 *   3C0-3CF             attribute controller, miscellaneous output, sequencer,
 *                       colours, graphics controller
 *
 * The text is guest RAM at B8000 (or B0000), 32 KiB of cells, so that a guest
 * writes it without leaving. Planes, fonts and graphics are vga_memory.c's. Left
 * out: interrupts (IRQ2).
 */
#include <string.h>

#include "device.h"
#include "saved.h"
#include "vga.h"
#include "util/surface.h"

/* Offsets into the ranges of the CRT controller */
#define CRTC_INDEX 0
#define CRTC_DATA  1
#define STATUS_1   6 /* read; the feature control register when written */

/* Offsets into the other range, whose first port is 3C0 */
enum {
	ATTR_PORT = 0x0, /* index and data in turn */
	ATTR_READ = 0x1,
	MISC_WRITE = 0x2, /* and input status 0 when read */
	VGA_ENABLE = 0x3,
	SEQ_INDEX = 0x4,
	SEQ_DATA = 0x5,
	DAC_MASK = 0x6,
	DAC_READ = 0x7, /* state when read */
	DAC_WRITE = 0x8,
	DAC_DATA = 0x9,
	FEATURE_READ = 0xa,
	MISC_READ = 0xc,
	GFX_INDEX = 0xe,
	GFX_DATA = 0xf,
};

#define STATUS_0_SENSE 0x10 /* input status 0: a monitor is there */

/* Mode 3 with characters of 9 by 16 points, as IBM's BIOS sets it. */
static const uint8_t seq_3[NR_SEQ] = { 0x03, 0x00, 0x03, 0x00, 0x02 };
static const uint8_t crtc_3[NR_CRTC] = {
	0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
	0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
	0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
};
static const uint8_t gfx_3[NR_GFX] = {
	0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff,
};
static const uint8_t attr_3[NR_ATTR - AR_MODE] = { 0x0c, 0x00, 0x0f, 0x08,
						   0x00 };
#define MISC_3 0x67

/* Bits that there are. */
static const uint8_t seq_bits[NR_SEQ] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e };
static const uint8_t gfx_bits[NR_GFX] = {
	0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff,
};
static const uint8_t attr_bits[NR_ATTR - AR_MODE] = { 0xef, 0xff, 0x3f, 0x0f,
						      0x0f };

static uint8_t get(const uint8_t *regs, unsigned int nr, unsigned int index)
{
	return index < nr ? regs[index] : 0;
}

/*
 * Input status 1: whether the beam is where nothing is shown. The vertical
 * retrace is told for all of the time between two pictures, which is longer
 * than it is: each look at it is a VM exit, and none of it is to be missed.
 */
uint8_t vga_status_at(uint64_t now_ns)
{
	if (now_ns % VGA_FRAME_NS >= VGA_SHOWN_NS)
		return VGA_STATUS_HIDDEN | VGA_STATUS_VSYNC;
	return now_ns % VGA_LINE_NS >= VGA_LINE_SHOWN_NS ? VGA_STATUS_HIDDEN :
							   0;
}

static uint8_t read_dac(struct vga *v)
{
	uint8_t val = v->dac[v->dac_index][v->dac_part];

	if (++v->dac_part == 3) {
		v->dac_part = 0;
		v->dac_index++;
	}
	return val;
}

/* A colour counts when it is complete. */
static void write_dac(struct vga *v, uint8_t val)
{
	v->dac_latch[v->dac_part] = vga_vbe_has_dac_8(v) ? val : val & DAC_BITS;
	vga_vbe_changed(v);
	if (++v->dac_part < 3)
		return;
	v->dac_part = 0;
	memcpy(v->dac[v->dac_index++], v->dac_latch, sizeof(v->dac_latch));
}

static void write_dac_index(struct vga *v, uint8_t index, bool reads)
{
	v->dac_index = index;
	v->dac_part = 0;
	v->dac_reads = reads;
}

static void write_attr(struct vga *v, uint8_t val)
{
	uint8_t index = v->attr_index & ATTR_INDEX;

	v->attr_is_data = !v->attr_is_data;
	vga_vbe_changed(v);
	if (v->attr_is_data)
		v->attr_index = val & (ATTR_INDEX | ATTR_SHOW);
	else if (index < AR_MODE)
		v->attr[index] = val & DAC_BITS;
	else if (index < NR_ATTR)
		v->attr[index] = val & attr_bits[index - AR_MODE];
}

static void write_crtc(struct vga *v, uint8_t val)
{
	uint8_t *reg;

	if (v->crtc_index >= NR_CRTC)
		return;
	reg = &v->crtc[v->crtc_index];
	if (v->crtc_index > CR_OVERFLOW ||
	    !(v->crtc[CR_V_SYNC_END] & PROTECT_0_TO_7))
		*reg = val;
	else if (v->crtc_index == CR_OVERFLOW)
		*reg = (*reg & ~OVERFLOW_LC8) | (val & OVERFLOW_LC8);
}

/* Whether the CRT controller answers in @range. */
static bool is_there(const struct vga *v, unsigned int range)
{
	return (range == VGA_RANGE_COLOUR) == !!(v->misc & MISC_COLOUR);
}

static uint8_t read_crtc_ports(struct vga *v, uint64_t off)
{
	switch (off) {
	case CRTC_INDEX:
		return v->crtc_index;
	case CRTC_DATA:
		return get(v->crtc, NR_CRTC, v->crtc_index);
	case STATUS_1:
		v->attr_is_data = false;
		return vga_wait(v, board_now_ns(v->board));
	default:
		return 0xff;
	}
}

static uint8_t read_vga_ports(struct vga *v, uint64_t off)
{
	switch (off) {
	case ATTR_PORT:
		return v->attr_index;
	case ATTR_READ:
		return get(v->attr, NR_ATTR, v->attr_index & ATTR_INDEX);
	case MISC_WRITE:
		return STATUS_0_SENSE;
	case VGA_ENABLE:
		return 1;
	case SEQ_INDEX:
		return v->seq_index;
	case SEQ_DATA:
		return get(v->seq, NR_SEQ, v->seq_index);
	case DAC_MASK:
		return v->dac_mask;
	case DAC_READ:
		return v->dac_reads ? 3 : 0;
	case DAC_WRITE:
		return v->dac_index;
	case DAC_DATA:
		return read_dac(v);
	case FEATURE_READ:
		return v->feature;
	case MISC_READ:
		return v->misc;
	case GFX_INDEX:
		return v->gfx_index;
	case GFX_DATA:
		return get(v->gfx, NR_GFX, v->gfx_index);
	default:
		return 0xff;
	}
}

uint64_t vga_read(void *dev, unsigned int range, uint64_t off,
		  unsigned int size)
{
	struct vga *v = dev;

	(void)size;
	if (range == VGA_RANGE_INDEX)
		return v->vbe_index;
	if (range == VGA_RANGE_DATA)
		return vga_vbe_read(v, v->vbe_index);
	if (range == VGA_RANGE_VGA)
		return read_vga_ports(v, off);
	if (range == VGA_RANGE_MEMORY)
		return vga_memory_read(v, off);
	return is_there(v, range) ? read_crtc_ports(v, off) : 0xff;
}

static void write_crtc_ports(struct vga *v, uint64_t off, uint8_t val)
{
	if (off == CRTC_INDEX)
		v->crtc_index = val;
	else if (off == CRTC_DATA)
		write_crtc(v, val);
	else if (off == STATUS_1)
		v->feature = val;
}

static void write_vga_ports(struct vga *v, uint64_t off, uint8_t val)
{
	switch (off) {
	case ATTR_PORT:
		write_attr(v, val);
		break;
	case MISC_WRITE:
		v->misc = val;
		vga_memory_changed(v);
		break;
	case SEQ_INDEX:
		v->seq_index = val & 7;
		break;
	case SEQ_DATA:
		if (v->seq_index < NR_SEQ)
			v->seq[v->seq_index] = val & seq_bits[v->seq_index];
		vga_memory_changed(v);
		break;
	case DAC_MASK:
		v->dac_mask = val;
		vga_vbe_changed(v);
		break;
	case DAC_READ:
	case DAC_WRITE:
		write_dac_index(v, val, off == DAC_READ);
		break;
	case DAC_DATA:
		write_dac(v, val);
		break;
	case GFX_INDEX:
		v->gfx_index = val & 0xf;
		break;
	case GFX_DATA:
		if (v->gfx_index < NR_GFX)
			v->gfx[v->gfx_index] = val & gfx_bits[v->gfx_index];
		vga_memory_changed(v);
		break;
	}
}

void vga_write(void *dev, unsigned int range, uint64_t off, unsigned int size,
	       uint64_t val)
{
	struct vga *v = dev;

	(void)size;
	if (range == VGA_RANGE_INDEX)
		v->vbe_index = val;
	else if (range == VGA_RANGE_DATA)
		vga_vbe_write(v, v->vbe_index, val);
	else if (range == VGA_RANGE_VGA)
		write_vga_ports(v, off, val);
	else if (range == VGA_RANGE_MEMORY)
		vga_memory_write(v, off, val);
	else if (is_there(v, range))
		write_crtc_ports(v, off, val);
}

/* A guest can give the other registers any value, or any that fits. */
bool vga_restored(void *dev, struct stash *in)
{
	struct vga *v = dev;

	return ARE_BOOLS(&v->attr_is_data, &v->dac_reads) && v->dac_part < 3 &&
	       vga_memory_restored(v, in) && vga_vbe_restored(v, in);
}

void vga_save(void *dev, struct stash *out)
{
	vga_memory_save(dev, out);
	vga_vbe_save(dev, out);
}

void vga_begin(struct vga *v, struct board *board, const struct framebuffer *fb)
{
	v->board = board;
	v->misc = MISC_3;
	v->attr_index = ATTR_SHOW;
	v->dac_mask = 0xff;
	memcpy(v->seq, seq_3, sizeof(seq_3));
	memcpy(v->crtc, crtc_3, sizeof(crtc_3));
	memcpy(v->gfx, gfx_3, sizeof(gfx_3));
	memcpy(v->attr + AR_MODE, attr_3, sizeof(attr_3));
	for (unsigned int i = 0; i < AR_MODE; i++)
		v->attr[i] = surface_usual(i);
	for (unsigned int i = 0; i <= DAC_BITS; i++) {
		surface_ega(i, v->dac[i]);
		for (unsigned int part = 0; part < 3; part++)
			v->dac[i][part] >>= 2;
	}
	vga_wait_init(v);
	vga_memory_init(v);
	vga_vbe_init(v, fb);
}

static void vga_init(void *dev, struct board *board)
{
	struct vga *v = dev;

	v->lfb_gpa = PC_LFB_GPA;
	v->lfb_len = VBE_BYTES;
	vga_begin(v, board, board_config(board));
}

const struct device_type vga_type = {
	.name = "vga",
	.what = "screen, its text at 0xb8000",
	.ranges = VGA_RANGES(IS_ON(CONFIG_VGA_GRAPHICS), IS_ON(CONFIG_VGA_VBE)),
	.window = IF_ON(CONFIG_VGA_GRAPHICS, VGA_GRAPHICS_NAME),
	.width = 1,
	.size = sizeof(struct vga),
	.init = vga_init,
	.read = vga_read,
	.write = vga_write,
	.look = vga_look,
	.picture = vga_picture,
	.version = 4,
	.saved = offsetof(struct vga, misc),
	.save = IF_ON(CONFIG_SNAPSHOT, vga_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, vga_restored),
};

DEVICE(vga_type);
