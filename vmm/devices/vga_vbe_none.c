/* The screen without a linear framebuffer. */
#include "vga.h"

void vga_vbe_init(struct vga *v, const struct framebuffer *fb)
{
	(void)v;
	(void)fb;
}

bool vga_vbe_is_on(const struct vga *v)
{
	(void)v;
	return false;
}

bool vga_vbe_is_banked(const struct vga *v)
{
	(void)v;
	return false;
}

bool vga_vbe_is_planar(const struct vga *v)
{
	(void)v;
	return false;
}

bool vga_vbe_has_dac_8(const struct vga *v)
{
	(void)v;
	return false;
}

uint16_t vga_vbe_read(const struct vga *v, unsigned int index)
{
	(void)v;
	(void)index;
	return UINT16_MAX;
}

void vga_vbe_write(struct vga *v, unsigned int index, uint16_t val)
{
	(void)v;
	(void)index;
	(void)val;
}

void vga_vbe_show(struct vga *v)
{
	(void)v;
}

void vga_vbe_changed(struct vga *v)
{
	(void)v;
}

bool vga_vbe_picture(struct vga *v, struct picture *out)
{
	(void)v;
	(void)out;
	return false;
}

uint8_t *vga_vbe_bank(struct vga *v, uint64_t off, bool writes)
{
	(void)v;
	(void)off;
	(void)writes;
	return NULL;
}

uint32_t vga_vbe_quad(struct vga *v, unsigned int off)
{
	(void)v;
	(void)off;
	return UINT32_MAX;
}

void vga_vbe_put_quad(struct vga *v, unsigned int off, uint32_t quad)
{
	(void)v;
	(void)off;
	(void)quad;
}

void vga_vbe_save(const struct vga *v, struct stash *out)
{
	(void)v;
	(void)out;
}

bool vga_vbe_restored(struct vga *v, struct stash *in)
{
	(void)in;
	return !v->vbe[0];
}
