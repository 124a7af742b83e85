/*
 * The screen in tiles, of which those that have changed go to a page:
 *
 *	1, 0, width, height, nr		16 bits each but for the first two bytes
 *	x, y, width, height		nr times
 *	deflate stream (RFC 1951) of all their pixels: red, green, blue, 255
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "backends/web/web.h"

#define MESSAGE	 1
#define HEAD	 8
#define RECT	 8
#define LEVEL	 2   /* of compression: the wire is inside this machine */
#define WINDOW	 -15 /* bits; no header */
#define MEM	 8
#define RAW_MAX	 (TILES_AT_ONCE * TILE_WIDTH * TILE_HEIGHT * 4)
#define ROOM_MAX 64 /* in front of a message */

static uint32_t *shown; /* what pages are told of: a copy */
static unsigned int width, height;
static uint8_t *raw, *out;
static size_t out_size;
static z_stream stream;

bool tiles_open(void)
{
	if (deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW, MEM,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	out_size = ROOM_MAX + HEAD + TILES_AT_ONCE * RECT +
		   deflateBound(&stream, RAW_MAX);
	shown = calloc(1, PICTURE_BYTES);
	raw = malloc(RAW_MAX);
	out = malloc(out_size);
	return shown && raw && out;
}

struct rect {
	unsigned int x, y, width, height;
};

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static unsigned int columns(void)
{
	return (width + TILE_WIDTH - 1) / TILE_WIDTH;
}

static unsigned int rows(void)
{
	return (height + TILE_HEIGHT - 1) / TILE_HEIGHT;
}

static struct rect rect_of(unsigned int tile)
{
	const unsigned int x = tile % columns() * TILE_WIDTH;
	const unsigned int y = tile / columns() * TILE_HEIGHT;

	return (struct rect){ x, y, least(TILE_WIDTH, width - x),
			      least(TILE_HEIGHT, height - y) };
}

/* Copies the tile, if it is another. */
static bool take_tile(struct rect rect)
{
	const size_t len = rect.width * sizeof(*shown);
	bool changed = false;

	for (unsigned int y = rect.y; y < rect.y + rect.height; y++) {
		const size_t at = (size_t)y * width + rect.x;

		if (!memcmp(shown + at, link_pixels + at, len))
			continue;
		memcpy(shown + at, link_pixels + at, len);
		changed = true;
	}
	return changed;
}

void tiles_take(unsigned int new_width, unsigned int new_height,
		void (*changed)(unsigned int tile))
{
	if (new_width != width || new_height != height) {
		width = new_width;
		height = new_height;
		memcpy(shown, link_pixels,
		       (size_t)width * height * sizeof(*shown));
		changed(TILES_MAX);
		return;
	}
	for (unsigned int tile = 0; tile < columns() * rows(); tile++)
		if (take_tile(rect_of(tile)))
			changed(tile);
}

void tiles_mark(struct tiles *tiles, unsigned int tile)
{
	tiles->nr_dirty += !tiles->dirty[tile];
	tiles->dirty[tile] = true;
}

/* Also where there are none: that is to be told, too. */
void tiles_mark_all(struct tiles *tiles)
{
	memset(tiles, 0, sizeof(*tiles));
	for (unsigned int tile = 0; tile < columns() * rows(); tile++)
		tiles_mark(tiles, tile);
	if (!tiles->nr_dirty)
		tiles_mark(tiles, 0);
}

static uint8_t *put16(uint8_t *to, unsigned int value)
{
	*to++ = value;
	*to++ = value >> 8;
	return to;
}

static uint8_t *put_rect(uint8_t *to, struct rect rect)
{
	to = put16(to, rect.x);
	to = put16(to, rect.y);
	to = put16(to, rect.width);
	return put16(to, rect.height);
}

static uint8_t *put_pixels(uint8_t *to, struct rect rect)
{
	for (unsigned int y = rect.y; y < rect.y + rect.height; y++) {
		const uint32_t *from = shown + (size_t)y * width + rect.x;

		for (unsigned int x = 0; x < rect.width; x++) {
			*to++ = from[x] >> 16;
			*to++ = from[x] >> 8;
			*to++ = from[x];
			*to++ = 0xff;
		}
	}
	return to;
}

/* Takes the next dirty tiles out; how many, their rectangles from @rects on, and
 * the end of their pixels. */
static unsigned int collect(struct tiles *tiles, uint8_t *rects, uint8_t **end)
{
	const unsigned int all = columns() * rows();
	unsigned int nr = 0;

	*end = raw;
	for (unsigned int tile = 0; tile < all && nr < TILES_AT_ONCE; tile++) {
		if (!tiles->dirty[tile])
			continue;
		tiles->dirty[tile] = false;
		rects = put_rect(rects, rect_of(tile));
		*end = put_pixels(*end, rect_of(tile));
		nr++;
	}
	tiles->nr_dirty = all ? tiles->nr_dirty - nr : 0;
	return nr;
}

size_t tiles_encode(struct tiles *tiles, size_t room, uint8_t **message)
{
	uint8_t *to = out + room, *end;
	unsigned int nr;

	*message = to;
	if (!tiles->nr_dirty || room > ROOM_MAX)
		return 0;
	*to++ = MESSAGE;
	*to++ = 0;
	to = put16(to, width);
	to = put16(to, height);
	nr = collect(tiles, to + 2, &end);
	to = put16(to, nr) + nr * RECT;
	deflateReset(&stream);
	stream.next_in = raw;
	stream.avail_in = end - raw;
	stream.next_out = to;
	stream.avail_out = out + out_size - to;
	deflate(&stream, Z_FINISH);
	return stream.next_out - *message;
}
