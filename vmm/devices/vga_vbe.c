/*
 * A linear framebuffer by the interface that Bochs has invented and QEMU documents
 * ("standard VGA"): 16-bit registers behind an index at port 1CE and data at 1CF,
 * and from byte 500h on of a BAR. While it is enabled it has the screen, 8 to 32
 * bits for a pixel and 16 MiB for all of them.
 *
 *   0 ID   1 XRES   2 YRES   3 BPP   4 ENABLE   5 BANK   6 VIRT_WIDTH
 *   7 VIRT_HEIGHT   8 X_OFFSET   9 Y_OFFSET   10 VIDEO_MEMORY_64K
 *
 * With LFB in ENABLE the memory is where PCI has put it, or at PC_LFB_GPA, and costs
 * no exit; A0000 to AFFFF is one of its 64 KiB banks, by exits. Without, it is the
 * bank that lies in memory.
 *
 * With 4 bits for a pixel it is a VGA's four planes, as large as that memory: byte
 * 4 * n + p of it is plane p at n, reached by A0000 and the VGA's registers alone.
 */
#include "device.h"
#include "device_memory.h"
#include "feature.h"
#include "saved.h"
#include "vga.h"
#include "abi/pc.h"
#include "util/stash.h"

#include <string.h>

#define PAGE	  4096
#define BANK_LEN  0x10000U
#define BANK_GPA  0xa0000
#define QUAD	  4U /* bytes of the planes at an address */
#define POINTS	  8U /* that they hold */
#define PLANAR	  4  /* bits of a pixel in them */
#define ID_OLDEST 0xb0c0
#define ID	  0xb0c5

enum {
	VBE_ID,
	VBE_XRES,
	VBE_YRES,
	VBE_BPP,
	VBE_ENABLE,
	VBE_BANK,
	VBE_VIRT_WIDTH,
	VBE_VIRT_HEIGHT,
	VBE_X_OFFSET,
	VBE_Y_OFFSET,
	VBE_MEMORY, /* in banks */
};

#define ENABLE_ON     0x01
#define ENABLE_LIMITS 0x02 /* XRES, YRES and BPP read as the largest */
#define ENABLE_DAC_8  0x20 /* colours of the palette have 8 bits a part */
#define ENABLE_LFB    0x40
#define ENABLE_KEEP   0x80 /* memory is not cleared */
#define ENABLE_BITS   0xe3

static const struct feature vbe = {
	.name = "vga-vbe",
	.what = "a linear framebuffer, by the Bochs VBE interface",
};
FEATURE(vbe);

static unsigned int banks_of(const struct vga *v)
{
	return v->lfb_len / BANK_LEN;
}

/* How a pixel lies in memory; 0: in the planes. */
static unsigned int bytes_of(unsigned int bpp)
{
	return bpp == PLANAR ? 0 : (bpp + 7) / 8;
}

/* The bytes before pixel @x of a row, or those of the planes before the 8 that it
 * is one of. */
static size_t bytes_before(const struct vga *v, unsigned int x)
{
	return v->vbe[VBE_BPP] == PLANAR ?
		       x / POINTS * QUAD :
		       (size_t)x * bytes_of(v->vbe[VBE_BPP]);
}

static bool is_bpp(unsigned int bpp)
{
	return bpp == PLANAR || bpp == 8 || bpp == 15 || bpp == 16 ||
	       bpp == 24 || bpp == 32;
}

static unsigned int pitch_of(const struct vga *v)
{
	const unsigned int width = v->vbe[VBE_VIRT_WIDTH];

	return bytes_before(v, v->vbe[VBE_BPP] == PLANAR ?
				       (width + POINTS - 1) & -POINTS :
				       width);
}

bool vga_vbe_is_on(const struct vga *v)
{
	return v->vbe[VBE_ENABLE] & ENABLE_ON;
}

bool vga_vbe_is_banked(const struct vga *v)
{
	return vga_vbe_is_on(v) && !(v->vbe[VBE_ENABLE] & ENABLE_LFB) &&
	       v->vbe[VBE_BPP] != PLANAR;
}

bool vga_vbe_is_planar(const struct vga *v)
{
	return vga_vbe_is_on(v) && v->vbe[VBE_BPP] == PLANAR;
}

bool vga_vbe_has_dac_8(const struct vga *v)
{
	return vga_vbe_is_on(v) && v->vbe[VBE_ENABLE] & ENABLE_DAC_8;
}

/* Where the guest reaches the memory without an exit. */
static void show(struct vga *v)
{
	bool linear = v->lfb_gpa && !vga_vbe_is_banked(v) &&
		      (v->lfb_always || vga_vbe_is_on(v));

	if (!linear && v->held == VGA_HELD_BANK)
		board_memory_show(v->board, VGA_LFB, BANK_GPA,
				  v->vbe[VBE_BANK] % banks_of(v) * BANK_LEN,
				  BANK_LEN, true);
	else if (linear)
		board_memory_show(v->board, VGA_LFB, v->lfb_gpa, 0, v->lfb_len,
				  true);
	else
		board_memory_show(v->board, VGA_LFB, 0, 0, 0, false);
}

void vga_vbe_show(struct vga *v)
{
	if (v->lfb)
		show(v);
}

/* The picture is another one, whatever is in memory. */
void vga_vbe_changed(struct vga *v)
{
	v->lfb_changed = v->lfb_looks + 1;
}

/* Pages that are zeroes already take no memory of the host's. */
static void clear(struct vga *v)
{
	size_t len = (size_t)pitch_of(v) * v->vbe[VBE_YRES];

	len = len < v->lfb_len ? (len + PAGE - 1) & -PAGE : v->lfb_len;
	for (size_t at = 0; at < len; at += PAGE) {
		uint8_t *page = v->lfb + at;

		if (page[0] || memcmp(page, page + 1, PAGE - 1))
			memset(page, 0, PAGE);
	}
}

static void set_width(struct vga *v, unsigned int width)
{
	unsigned int pitch;

	v->vbe[VBE_VIRT_WIDTH] = width;
	pitch = pitch_of(v);
	v->vbe[VBE_VIRT_HEIGHT] = v->lfb_len / pitch < UINT16_MAX ?
					  v->lfb_len / pitch :
					  UINT16_MAX;
}

static void enable(struct vga *v, uint16_t val)
{
	const bool was_on = vga_vbe_is_on(v);

	v->lfb_used = v->lfb_touched = true;
	v->vbe[VBE_ENABLE] = val & ENABLE_BITS;
	if (!was_on && val & ENABLE_ON) {
		set_width(v, v->vbe[VBE_XRES]);
		v->vbe[VBE_BANK] = 0;
		v->vbe[VBE_X_OFFSET] = v->vbe[VBE_Y_OFFSET] = 0;
		if (!(val & ENABLE_KEEP))
			clear(v);
	}
	vga_memory_changed(v);
	show(v);
}

/* What a register takes; any other value leaves it as it is. */
static bool takes(const struct vga *v, unsigned int index, uint16_t val)
{
	switch (index) {
	case VBE_ID:
		return val >= ID_OLDEST && val <= ID;
	case VBE_XRES:
		return val && val <= PICTURE_MAX_WIDTH;
	case VBE_YRES:
		return val && val <= PICTURE_MAX_HEIGHT;
	case VBE_BPP:
		return is_bpp(val);
	case VBE_BANK:
		return val < banks_of(v);
	case VBE_VIRT_WIDTH:
		return val >= v->vbe[VBE_XRES];
	case VBE_X_OFFSET:
	case VBE_Y_OFFSET:
		return true;
	default:
		return false;
	}
}

void vga_vbe_write(struct vga *v, unsigned int index, uint16_t val)
{
	if (!v->lfb)
		return;
	vga_vbe_changed(v);
	if (index == VBE_ENABLE) {
		enable(v, val);
		return;
	}
	if (!takes(v, index, val))
		return;
	v->vbe[index] = val;
	if (index == VBE_XRES && v->vbe[VBE_VIRT_WIDTH] < val)
		set_width(v, val);
	if (index == VBE_VIRT_WIDTH || index == VBE_BPP)
		set_width(v, v->vbe[VBE_VIRT_WIDTH]);
	if (index == VBE_BPP) /* may be on meanwhile */
		vga_memory_changed(v);
	if (index == VBE_BANK || index == VBE_BPP)
		show(v);
}

uint16_t vga_vbe_read(const struct vga *v, unsigned int index)
{
	static const uint16_t limits[] = {
		[VBE_XRES] = PICTURE_MAX_WIDTH,
		[VBE_YRES] = PICTURE_MAX_HEIGHT,
		[VBE_BPP] = 32,
	};

	if (!v->lfb || index >= NR_VBE)
		return v->lfb ? 0 : UINT16_MAX;
	if (v->vbe[VBE_ENABLE] & ENABLE_LIMITS && index >= VBE_XRES &&
	    index <= VBE_BPP)
		return limits[index];
	return v->vbe[index];
}

/* Byte @off of the bank; NULL: no bank is there. */
uint8_t *vga_vbe_bank(struct vga *v, uint64_t off, bool writes)
{
	const size_t at = v->vbe[VBE_BANK] % banks_of(v) * BANK_LEN + off;

	if (!vga_vbe_is_on(v) || off >= BANK_LEN || vga_vbe_is_planar(v))
		return NULL;
	return vga_vbe_byte(v, at, writes);
}

uint8_t *vga_vbe_byte(struct vga *v, uint64_t at, bool writes)
{
	if (!v->lfb || at >= v->lfb_len)
		return NULL;
	v->lfb_used |= writes;
	v->lfb_touched |= writes;
	if (writes)
		v->lfb_stamps[at / PAGE] = v->lfb_looks + 1;
	return v->lfb + at;
}

/* The bytes at @off of the bank of the planes; nothing lies behind the last. */
uint32_t vga_vbe_quad(struct vga *v, unsigned int off)
{
	const size_t at = (v->vbe[VBE_BANK] * (size_t)BANK_LEN + off) * QUAD;
	const uint8_t *from = vga_vbe_byte(v, at, false);
	uint32_t quad = UINT32_MAX;

	if (from)
		memcpy(&quad, from, sizeof(quad));
	return quad;
}

void vga_vbe_put_quad(struct vga *v, unsigned int off, uint32_t quad)
{
	const size_t at = (v->vbe[VBE_BANK] * (size_t)BANK_LEN + off) * QUAD;
	uint8_t *to = vga_vbe_byte(v, at, true);

	if (to)
		memcpy(to, &quad, sizeof(quad));
}

/* --- The picture --- */

static uint32_t wide(unsigned int val, unsigned int bits)
{
	const unsigned int most = (1 << bits) - 1;

	return (val & most) * 255 / most;
}

static uint32_t pixel_of(const struct vga *v, const uint8_t *from)
{
	unsigned int val = from[0];

	if (v->vbe[VBE_BPP] == 8)
		return vga_rgb(v, v->dac[val & v->dac_mask]);
	val |= from[1] << 8;
	if (v->vbe[VBE_BPP] == 15)
		return picture_rgb(wide(val >> 10, 5), wide(val >> 5, 5),
				   wide(val, 5));
	if (v->vbe[VBE_BPP] == 16)
		return picture_rgb(wide(val >> 11, 5), wide(val >> 5, 6),
				   wide(val, 5));
	return picture_rgb(from[2], from[1], from[0]);
}

/* Pixel @x of the row of planes from @from on. */
static uint32_t point_of(const struct vga *v, const uint8_t *from,
			 unsigned int x)
{
	unsigned int colour = 0;

	for (unsigned int plane = 0; plane < QUAD; plane++)
		colour |= (from[plane] >> (POINTS - 1 - x % POINTS) & 1)
			  << plane;
	return vga_rgb(v, vga_colour(v, colour));
}

static void draw_planes(const struct vga *v, size_t from, struct picture *out,
			unsigned int y)
{
	const unsigned int first = v->vbe[VBE_X_OFFSET] % POINTS;
	uint32_t row[PICTURE_MAX_WIDTH] = { 0 };

	for (unsigned int x = 0; x < out->width; x++) {
		const size_t at = from + bytes_before(v, first + x);

		if (at + QUAD <= v->lfb_len)
			row[x] = point_of(v, v->lfb + at, first + x);
	}
	picture_row(out, y, row);
}

/* A row that is not in memory is black. */
static void draw_row(const struct vga *v, size_t from, struct picture *out,
		     unsigned int y)
{
	const unsigned int bytes = bytes_of(v->vbe[VBE_BPP]);
	uint32_t row[PICTURE_MAX_WIDTH] = { 0 };

	if (!bytes) {
		draw_planes(v, from, out, y);
		return;
	}
	for (unsigned int x = 0; x < out->width; x++, from += bytes)
		if (from + bytes <= v->lfb_len)
			row[x] = pixel_of(v, v->lfb + from);
	picture_row(out, y, row);
}

/* Whether any of @len bytes have been written since @seen. */
static bool is_new(const struct vga *v, size_t from, size_t len, uint64_t seen)
{
	for (size_t page = from / PAGE;
	     page <= (from + len - 1) / PAGE && page < VBE_PAGES; page++)
		if (v->lfb_stamps[page] > seen)
			return true;
	return false;
}

/* Each look has a number; a page, that of the first look after it was written. */
static void stamp_pages(struct vga *v)
{
	uint64_t pages[VBE_PAGES / 64];

	v->lfb_looks++;
	if (!board_memory_written(v->board, VGA_LFB, pages))
		return;
	for (unsigned int page = 0; page < VBE_PAGES; page++)
		if (pages[page / 64] >> page % 64 & 1)
			v->lfb_stamps[page] = v->lfb_looks;
}

bool vga_vbe_picture(struct vga *v, struct picture *out)
{
	const size_t pitch = pitch_of(v);
	const size_t len = bytes_before(v, v->vbe[VBE_XRES] + POINTS);
	size_t from = v->vbe[VBE_Y_OFFSET] * pitch +
		      bytes_before(v, v->vbe[VBE_X_OFFSET]);
	bool all;

	stamp_pages(v);
	picture_begin(out, v->vbe[VBE_XRES], v->vbe[VBE_YRES]);
	all = v->lfb_changed > out->seen;
	for (unsigned int y = 0; y < out->height; y++, from += pitch)
		if (all || is_new(v, from, len, out->seen))
			draw_row(v, from, out, y);
	out->seen = v->lfb_looks;
	return true;
}

/* --- Its beginning --- */

static void set_mode(struct vga *v, const struct framebuffer *fb)
{
	v->vbe[VBE_XRES] = fb->width;
	v->vbe[VBE_YRES] = fb->height;
	v->vbe[VBE_BPP] = fb->bpp;
	enable(v, ENABLE_ON | ENABLE_LFB);
}

void vga_vbe_init(struct vga *v, const struct framebuffer *fb)
{
	if (!v->planes || !board_has(v->board, vbe.name))
		return;
	v->lfb = board_memory(v->board, VGA_LFB, v->lfb_len);
	if (!v->lfb)
		return;
	v->lfb_changed = 1;
	v->vbe[VBE_ID] = ID;
	v->vbe[VBE_XRES] = v->vbe[VBE_VIRT_WIDTH] = 640;
	v->vbe[VBE_YRES] = 480;
	v->vbe[VBE_BPP] = 8;
	v->vbe[VBE_MEMORY] = banks_of(v);
	set_width(v, v->vbe[VBE_XRES]);
	if (fb)
		set_mode(v, fb);
}

void vga_vbe_save(const struct vga *v, struct stash *out)
{
	if (v->lfb_used)
		board_memory_save(out, v->lfb, v->lfb_len);
}

bool vga_vbe_restored(struct vga *v, struct stash *in)
{
	const uint16_t *r = v->vbe;

	if (!ARE_BOOLS(&v->lfb_used))
		return false;
	if (!v->lfb)
		return !r[VBE_ID] && !v->lfb_used;
	if (r[VBE_ID] < ID_OLDEST || r[VBE_ID] > ID || !r[VBE_XRES] ||
	    r[VBE_XRES] > PICTURE_MAX_WIDTH || !r[VBE_YRES] ||
	    r[VBE_YRES] > PICTURE_MAX_HEIGHT || !is_bpp(r[VBE_BPP]) ||
	    r[VBE_VIRT_WIDTH] < r[VBE_XRES] || r[VBE_MEMORY] != banks_of(v))
		return false;
	if (v->lfb_used)
		board_memory_restore(in, v->lfb, v->lfb_len);
	else if (v->lfb_touched)
		memset(v->lfb, 0, v->lfb_len);
	v->lfb_touched = v->lfb_used;
	vga_vbe_changed(v);
	show(v);
	return true;
}
