/*
 * The memory of a VGA: four planes of 64 KiB behind the addresses A0000 to BFFFF,
 * with the latches, write modes 0 to 3 and read modes 0 and 1 of its graphics
 * controller, after the IBM PS/2 Hardware Interface Technical Reference, "Video
 * Subsystem".
 *
 * Each access to a plane is a VM exit. Three ways in which programs use it are none,
 * and then the bytes are elsewhere: text and what looks like it (odd and even
 * addresses go to planes 0 and 1) is guest RAM; the 64 KiB of mode 13h (chain-4), and
 * those of plane 2 while a font is loaded, are memory of the device's that lies
 * there. A byte has one place at a time, `held`
 * says which, and moves when a guest chooses another way.
 *
 *   text      byte B is in plane B mod 2 at B with bit 0 cleared
 *   chain-4   byte B is in plane B mod 4 at B with bits 0 and 1 cleared
 *   font      byte B is in plane 2 at B
 */
#include "device.h"
#include "device_memory.h"
#include "feature.h"
#include "saved.h"
#include "vga.h"
#include "util/stash.h"

#include <string.h>

#define PLANE_LEN   0x10000U
#define QUADS_LEN   (4 * PLANE_LEN) /* byte 4 * n + p: plane p at n */
#define CHAINED_LEN 0x10000U	    /* behind them; or a font's */
#define TEXT_LEN    0x8000U

#define WINDOW_GPA 0xa0000
#define WINDOW_LEN 0x20000
#define TEXT_GPA   0xb8000
#define MONO_GPA   0xb0000

#define FONT_CHARS 256
#define FONT_LINES 32
#define FONT_PLANE 2

#define ALL 0x01010101U

static const struct feature graphics = {
	.name = VGA_GRAPHICS_NAME,
	.what = "planes, fonts and graphics modes of the screen",
};
FEATURE(graphics);

/* Bits 0 to 3 of @bits as bytes of zeroes or ones. */
static uint32_t planes_of(unsigned int bits)
{
	return ((bits & 1) | (bits & 2) << 7 | (bits & 4) << 14 |
		(bits & 8) << 21) *
	       0xff;
}

static uint8_t *text_ram(const struct vga *v, enum vga_held held)
{
	return board_ram(v->board, held == VGA_HELD_MONO ? MONO_GPA : TEXT_GPA,
			 TEXT_LEN);
}

static bool is_text(enum vga_held held)
{
	return held == VGA_HELD_TEXT || held == VGA_HELD_MONO;
}

/* Where the bytes at @at of planes 0 and up are together; *@nr: how many of the
 * planes. The others are in the quads. */
static uint8_t *place(const struct vga *v, unsigned int at, size_t *nr)
{
	uint8_t *ram;

	*nr = 4;
	if (v->held == VGA_HELD_CHAINED && !(at & 3))
		return v->planes + QUADS_LEN + at;
	*nr = 2;
	if (!is_text(v->held) || at & 1 || at >= TEXT_LEN)
		return NULL;
	ram = text_ram(v, v->held);
	return ram ? ram + at : NULL;
}

uint32_t vga_quad(const struct vga *v, unsigned int at)
{
	uint32_t quad;
	uint8_t *from;
	size_t nr;

	at %= PLANE_LEN;
	from = place(v, at, &nr);
	memcpy(&quad, v->planes + 4 * at, sizeof(quad));
	if (from)
		memcpy(&quad, from, nr);
	else if (v->held == VGA_HELD_FONT)
		quad = (quad & ~(0xffU << 8 * FONT_PLANE)) |
		       (uint32_t)v->planes[QUADS_LEN + at] << 8 * FONT_PLANE;
	return quad;
}

static void put_quad(struct vga *v, unsigned int at, uint32_t quad)
{
	size_t nr;
	uint8_t *to = place(v, at, &nr);

	memcpy(v->planes + 4 * at, &quad, sizeof(quad));
	if (to)
		memcpy(to, &quad, nr);
	else if (v->held == VGA_HELD_FONT)
		v->planes[QUADS_LEN + at] = quad >> 8 * FONT_PLANE;
}

/* The bytes that an access to A0000 is about. */
static uint32_t load_quad(struct vga *v, unsigned int at)
{
	return vga_vbe_is_planar(v) ? vga_vbe_quad(v, at) : vga_quad(v, at);
}

static void store_quad(struct vga *v, unsigned int at, uint32_t quad)
{
	if (vga_vbe_is_planar(v))
		vga_vbe_put_quad(v, at, quad);
	else
		put_quad(v, at, quad);
}

/* Before the first use of planes: the font that a BIOS has loaded. */
static void begin_use(struct vga *v)
{
	if (v->used)
		return;
	v->used = v->touched = true;
	for (unsigned int at = 0; at < FONT_CHARS * FONT_LINES; at++)
		v->planes[4 * at + FONT_PLANE] = vga_font_line(at);
}

static void move_font(struct vga *v, bool to_quads)
{
	uint8_t *font = v->planes + QUADS_LEN;

	for (size_t at = 0; at < PLANE_LEN; at++) {
		uint8_t *byte = &v->planes[4 * at + FONT_PLANE];

		*(to_quads ? byte : &font[at]) = to_quads ? font[at] : *byte;
	}
}

/* Between the quads and where bytes are held. */
static void move_bytes(struct vga *v, enum vga_held held, bool to_quads)
{
	const unsigned int step = held == VGA_HELD_CHAINED ? 4 : 2;
	const size_t len = held == VGA_HELD_CHAINED ? CHAINED_LEN : TEXT_LEN;
	uint8_t *bytes = held == VGA_HELD_CHAINED ? v->planes + QUADS_LEN :
						    text_ram(v, held);

	if (held == VGA_HELD_FONT)
		move_font(v, to_quads);
	if (held >= VGA_HELD_FONT)
		return;
	for (size_t at = 0; bytes && at < len; at += step) {
		uint8_t *quad = v->planes + 4 * at;

		memcpy(to_quads ? quad : bytes + at,
		       to_quads ? bytes + at : quad, step);
	}
}

static bool is_shown(enum vga_held held)
{
	return held == VGA_HELD_CHAINED || held == VGA_HELD_FONT;
}

/* What the guest reaches without an exit. */
static void show(struct vga *v, enum vga_held held)
{
	if (is_shown(held))
		board_memory_show(v->board, VGA_PLANES, WINDOW_GPA, QUADS_LEN,
				  CHAINED_LEN, true);
	else if (is_text(held))
		board_ram_way(v->board, WINDOW_GPA, WINDOW_LEN, BOARD_RAM_OPEN);
}

static void hide(struct vga *v, enum vga_held held)
{
	if (is_shown(held))
		board_memory_show(v->board, VGA_PLANES, 0, 0, 0, false);
	else if (is_text(held))
		board_ram_way(v->board, WINDOW_GPA, WINDOW_LEN,
			      BOARD_RAM_HIDDEN);
}

/* No vCPU writes bytes that are being moved. */
static void hold(struct vga *v, enum vga_held held)
{
	if (held == v->held)
		return;
	hide(v, v->held);
	begin_use(v);
	move_bytes(v, v->held, true);
	move_bytes(v, held, false);
	v->held = held;
	show(v, held);
	vga_vbe_show(v);
}

/* Whether what is written goes to memory as it is, and is read back so. */
static bool is_plain(const struct vga *v)
{
	return !v->gfx[GFX_SR_ENABLE] && !v->gfx[GFX_ROTATE] &&
	       !(v->gfx[GFX_MODE] & (GFX_MODE_WRITE | GFX_MODE_COMPARE)) &&
	       v->gfx[GFX_BIT_MASK] == 0xff && v->misc & MISC_RAM;
}

/* Text lies in RAM, if the guest has some there. */
static enum vga_held text_held(const struct vga *v, enum vga_held held)
{
	return text_ram(v, held) ? held : VGA_HELD_PLANES;
}

/* Whether plane 2, alone, is read and written at A0000. In graphics it may be one of
 * four that a program goes through, and needs the latches. */
static bool is_font(const struct vga *v)
{
	return v->seq[SEQ_MEMORY] & SEQ_MEMORY_NO_ODD &&
	       v->seq[SEQ_MAP_MASK] == 1 << FONT_PLANE &&
	       v->gfx[GFX_READ_MAP] == FONT_PLANE &&
	       (v->gfx[GFX_MISC] & (GFX_MISC_MAP | GFX_MISC_GRAPHICS)) ==
		       GFX_MISC_MAP_64K;
}

static enum vga_held wanted(const struct vga *v)
{
	const uint8_t mode = v->seq[SEQ_MEMORY], mask = v->seq[SEQ_MAP_MASK];
	const uint8_t map = v->gfx[GFX_MISC] & GFX_MISC_MAP;

	if (vga_vbe_is_on(v))
		return vga_vbe_is_banked(v) ? VGA_HELD_BANK : VGA_HELD_PLANES;
	if (!is_plain(v))
		return VGA_HELD_PLANES;
	if (mode & SEQ_MEMORY_CHAIN4)
		return mask == 0xf && map == GFX_MISC_MAP_64K ?
			       VGA_HELD_CHAINED :
			       VGA_HELD_PLANES;
	if (is_font(v))
		return VGA_HELD_FONT;
	if (mode & SEQ_MEMORY_NO_ODD || mask != 3 || v->gfx[GFX_READ_MAP] & 2 ||
	    !(v->gfx[GFX_MODE] & GFX_MODE_ODD))
		return VGA_HELD_PLANES;
	if (map == GFX_MISC_MAP_MONO)
		return text_held(v, VGA_HELD_MONO);
	return map == GFX_MISC_MAP_COLOUR ? text_held(v, VGA_HELD_TEXT) :
					    VGA_HELD_PLANES;
}

/*
 * A guest that chooses a mode writes one register after the other: from what it has
 * left, bytes are taken away at once, and go to where they belong when it
 * touches them.
 */
void vga_memory_changed(struct vga *v)
{
	if (v->planes && v->held != VGA_HELD_PLANES && wanted(v) != v->held)
		hold(v, VGA_HELD_PLANES);
}

/* Where byte @off of the window is; false: nowhere. */
struct spot {
	unsigned int at;
	unsigned int planes; /* that it is in, a bit for each */
};

static bool find_spot(const struct vga *v, uint64_t off, struct spot *spot)
{
	static const struct {
		uint32_t start, len;
	} maps[] = {
		{ 0, WINDOW_LEN },
		{ 0, 0x10000 },
		{ MONO_GPA - WINDOW_GPA, TEXT_LEN },
		{ TEXT_GPA - WINDOW_GPA, TEXT_LEN },
	};
	const uint8_t mode = v->seq[SEQ_MEMORY];
	const unsigned int map = (v->gfx[GFX_MISC] & GFX_MISC_MAP) >> 2;
	const uint32_t at = off - maps[map].start;

	if (!v->planes || at >= maps[map].len || !(v->misc & MISC_RAM))
		return false;
	*spot = (struct spot){ at % PLANE_LEN, 0xf };
	if (mode & SEQ_MEMORY_CHAIN4) {
		spot->planes = 1 << at % 4;
		spot->at &= ~3U;
	} else if (!(mode & SEQ_MEMORY_NO_ODD)) {
		spot->planes = at % 2 ? 0xa : 0x5;
		spot->at &= ~1U;
	}
	return true;
}

uint8_t vga_memory_read(struct vga *v, uint64_t off)
{
	unsigned int plane = v->gfx[GFX_READ_MAP] & 3;
	const uint8_t *bank = vga_vbe_bank(v, off, false);
	struct spot spot;
	uint32_t differs;

	if (bank) {
		hold(v, wanted(v));
		return *bank;
	}
	if (!find_spot(v, off, &spot))
		return 0xff;
	hold(v, wanted(v));
	begin_use(v);
	v->latch = load_quad(v, spot.at);
	if (v->gfx[GFX_MODE] & GFX_MODE_COMPARE) {
		differs = (v->latch ^ planes_of(v->gfx[GFX_COMPARE])) &
			  planes_of(v->gfx[GFX_CARE]);
		differs |= differs >> 16;
		return ~(differs | differs >> 8);
	}
	if (v->seq[SEQ_MEMORY] & SEQ_MEMORY_CHAIN4)
		plane = off & 3;
	else if (!(v->seq[SEQ_MEMORY] & SEQ_MEMORY_NO_ODD))
		plane = (plane & 2) | (off & 1);
	return v->latch >> 8 * plane;
}

/* What the function of the graphics controller makes of @quad and the latches. */
static uint32_t combine(const struct vga *v, uint32_t quad)
{
	switch (v->gfx[GFX_ROTATE] >> 3 & 3) {
	case 1:
		return quad & v->latch;
	case 2:
		return quad | v->latch;
	case 3:
		return quad ^ v->latch;
	default:
		return quad;
	}
}

/* What is written for @val, in all planes. */
static uint32_t write_quad(const struct vga *v, uint8_t val)
{
	const unsigned int turn = v->gfx[GFX_ROTATE] & 7;
	const uint8_t turned = val >> turn | val << (8 - turn);
	const uint32_t set = planes_of(v->gfx[GFX_SET_RESET]);
	const uint32_t enable = planes_of(v->gfx[GFX_SR_ENABLE]);
	uint32_t mask = v->gfx[GFX_BIT_MASK] * ALL, quad;

	switch (v->gfx[GFX_MODE] & GFX_MODE_WRITE) {
	case 0:
		quad = (turned * ALL & ~enable) | (set & enable);
		break;
	case 1:
		return v->latch;
	case 2:
		quad = planes_of(val);
		break;
	default:
		mask &= turned * ALL;
		quad = set;
	}
	return (combine(v, quad) & mask) | (v->latch & ~mask);
}

void vga_memory_write(struct vga *v, uint64_t off, uint8_t val)
{
	uint8_t *bank = vga_vbe_bank(v, off, true);
	struct spot spot;
	uint32_t mask;

	if (bank) {
		hold(v, wanted(v));
		*bank = val;
		return;
	}
	if (!find_spot(v, off, &spot))
		return;
	hold(v, wanted(v));
	begin_use(v);
	mask = planes_of(spot.planes & v->seq[SEQ_MAP_MASK]);
	store_quad(v, spot.at,
		   (load_quad(v, spot.at) & ~mask) |
			   (write_quad(v, val) & mask));
}

uint8_t vga_glyph(const struct vga *v, unsigned int at)
{
	return v->used ? vga_quad(v, at) >> 8 * FONT_PLANE : vga_font_line(at);
}

uint16_t vga_cell(const struct vga *v, unsigned int n)
{
	const unsigned int at = n % VGA_CELLS * 2;
	uint16_t cell;
	uint8_t *from;
	size_t nr;

	if (!v->planes)
		return vga_ram_cell(v, n);
	from = place(v, at, &nr);
	memcpy(&cell, from ? from : v->planes + 4 * at, sizeof(cell));
	return cell;
}

bool vga_has_cells(const struct vga *v)
{
	return v->planes || vga_has_ram(v);
}

void vga_memory_init(struct vga *v)
{
	v->held = VGA_HELD_TEXT;
	if (!board_has(v->board, graphics.name))
		return;
	v->planes = board_memory(v->board, VGA_PLANES, QUADS_LEN + CHAINED_LEN);
}

void vga_memory_save(const struct vga *v, struct stash *out)
{
	if (v->used)
		board_memory_save(out, v->planes, QUADS_LEN + CHAINED_LEN);
}

/* Text is where it was in any case, and RAM is back. */
bool vga_memory_restored(struct vga *v, struct stash *in)
{
	const enum vga_held held = v->held;

	if (held > VGA_HELD_BANK || !ARE_BOOLS(&v->used))
		return false;
	if (!v->planes)
		return held == VGA_HELD_TEXT && !v->used;
	if (v->used)
		board_memory_restore(in, v->planes, QUADS_LEN + CHAINED_LEN);
	else if (v->touched)
		memset(v->planes, 0, QUADS_LEN + CHAINED_LEN);
	v->touched |= v->used;
	hide(v, VGA_HELD_CHAINED);
	hide(v, VGA_HELD_TEXT);
	show(v, held);
	return true;
}
