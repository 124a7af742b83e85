/*
 * A screen of pixels that is there from the first instruction on: what the device
 * shows, and what loaders tell the guest.
 */
#ifndef MKVM_FRAMEBUFFER_H
#define MKVM_FRAMEBUFFER_H

#include <stdint.h>

struct framebuffer {
	uint32_t gpa;
	uint16_t width, height; /* in pixels, row by row without a gap */
	uint8_t bpp; /* 16: 5, 6, 5 bits; 24, 32: red highest, as bytes */
};

/* The first bit of red, and how many it has; and so green and blue. */
#define FRAMEBUFFER_COLOURS(fb)                                               \
	(fb)->bpp == 16 ? 11 : 16,				  /* red */   \
		(fb)->bpp == 16 ? 5 : 8, (fb)->bpp == 16 ? 5 : 8, /* green */ \
		(fb)->bpp == 16 ? 6 : 8, 0,			  /* blue */  \
		(fb)->bpp == 16 ? 5 : 8

static inline uint32_t framebuffer_pitch(const struct framebuffer *fb)
{
	return fb->width * ((fb->bpp + 7U) / 8);
}

#endif
