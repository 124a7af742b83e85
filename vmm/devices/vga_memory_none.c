/* The screen without planes: text in RAM, in the font it has. */
#include "vga.h"

uint8_t vga_memory_read(struct vga *v, uint64_t off)
{
	(void)v;
	(void)off;
	return 0xff;
}

void vga_memory_write(struct vga *v, uint64_t off, uint8_t val)
{
	(void)v;
	(void)off;
	(void)val;
}

void vga_memory_changed(struct vga *v)
{
	(void)v;
}

uint8_t vga_glyph(const struct vga *v, unsigned int at)
{
	(void)v;
	return vga_font_line(at);
}

uint16_t vga_cell(const struct vga *v, unsigned int n)
{
	return vga_ram_cell(v, n);
}

bool vga_has_cells(const struct vga *v)
{
	return vga_has_ram(v);
}

bool vga_graphics(const struct vga *v, struct picture *out)
{
	(void)v;
	(void)out;
	return false;
}

void vga_memory_init(struct vga *v)
{
	v->held = VGA_HELD_TEXT;
}

void vga_memory_save(const struct vga *v, struct stash *out)
{
	(void)v;
	(void)out;
}

bool vga_memory_restored(struct vga *v, struct stash *in)
{
	(void)in;
	return v->held == VGA_HELD_TEXT && !v->used;
}
