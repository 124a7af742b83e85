/* A picture as PNG: see png.h. */
#include "util/png.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "util/picture.h"

#define SIGNATURE   "\x89PNG\r\n\x1a\n"
#define SOFTWARE    "Software\0kvm-vmm" /* PNG, "Textual information" */
#define COLOURS_MAX 256
#define HASH_SIZE   1024 /* a power of two, and room in it */
#define NO_COLOUR   0xffffffffu
#define CRC_POLY    0xedb88320u
#define ADLER	    65521u
#define BLOCK_HEAD  5 /* of a stored block: last, length, and its complement */

/* What a file of ours begins with. */
#define SIGNATURE_BYTES (sizeof(SIGNATURE) - 1)
#define SOFTWARE_BYTES	(sizeof(SOFTWARE) - 1)
#define CHUNK_BYTES	12 /* beside its data: length, type and sum */
#define HEAD_AT		SIGNATURE_BYTES
#define HEAD_BYTES	13
#define SOFTWARE_AT	(HEAD_AT + CHUNK_BYTES + HEAD_BYTES)
#define BODY_AT		(SOFTWARE_AT + CHUNK_BYTES + SOFTWARE_BYTES)
#define BEGIN_BYTES	(BODY_AT + CHUNK_BYTES + 3 * COLOURS_MAX + 8)

enum colour_type { TRUECOLOUR = 2, INDEXED = 3 };

struct png {
	bool (*put)(void *arg, const void *data, size_t len);
	void *arg;
	bool good;
	uint32_t crc;		   /* of the chunk so far */
	uint32_t adler_a, adler_b; /* of what is compressed, so far */
	unsigned int depth;	   /* bits of a pixel */
	unsigned int nr_colours;
	uint32_t colours[COLOURS_MAX];
	uint32_t keys[HASH_SIZE]; /* colours by hash; NO_COLOUR: nothing */
	uint8_t indices[HASH_SIZE];
	uint8_t row[1 + 3 * PICTURE_MAX_WIDTH]; /* the filter's number first */
};

static const uint8_t zlib_head[] = { 0x78, 0x01 }; /* 32 KiB, fastest */

/* --- Chunks ---------------------------------------------------------------- */

/* PNG, "Cyclic Redundancy Code Algorithm", four bits at a time. */
static uint32_t crc_add(uint32_t crc, const uint8_t *data, size_t len)
{
	uint32_t table[16];

	for (unsigned int n = 0; n < 16; n++) {
		table[n] = n;
		for (int bit = 0; bit < 4; bit++)
			table[n] = table[n] >> 1 ^
				   (table[n] & 1 ? CRC_POLY : 0);
	}
	for (size_t i = 0; i < len; i++) {
		crc = crc >> 4 ^ table[(crc ^ data[i]) & 15];
		crc = crc >> 4 ^ table[(crc ^ data[i] >> 4) & 15];
	}
	return crc;
}

static void put32(uint8_t *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = value >> (24 - 8 * i);
}

static void add(struct png *png, const void *data, size_t len)
{
	png->crc = crc_add(png->crc, data, len);
	png->good = png->good && png->put(png->arg, data, len);
}

static void chunk_begin(struct png *png, const char *type, uint32_t len)
{
	uint8_t head[4];

	put32(head, len);
	png->good = png->good && png->put(png->arg, head, sizeof(head));
	png->crc = ~0u;
	add(png, type, 4);
}

static void chunk_end(struct png *png)
{
	uint8_t sum[4];

	put32(sum, ~png->crc);
	png->good = png->good && png->put(png->arg, sum, sizeof(sum));
}

/* --- Colours --------------------------------------------------------------- */

static unsigned int slot_of(const struct png *png, uint32_t colour)
{
	unsigned int slot = colour * 0x9e3779b1u >> 22;

	while (png->keys[slot] != NO_COLOUR && png->keys[slot] != colour)
		slot = (slot + 1) % HASH_SIZE;
	return slot;
}

/* False: they are too many for a palette. */
static bool count_colours(struct png *png, const struct picture *picture)
{
	const size_t nr = (size_t)picture->width * picture->height;
	uint32_t last = NO_COLOUR;

	memset(png->keys, 0xff, sizeof(png->keys));
	for (size_t i = 0; i < nr; i++) {
		const uint32_t colour = picture->pixels[i] & 0xffffff;
		unsigned int slot;

		if (colour == last)
			continue;
		last = colour;
		slot = slot_of(png, colour);
		if (png->keys[slot] == colour)
			continue;
		if (png->nr_colours == COLOURS_MAX)
			return false;
		png->keys[slot] = colour;
		png->indices[slot] = png->nr_colours;
		png->colours[png->nr_colours++] = colour;
	}
	return true;
}

static unsigned int depth_of(unsigned int nr_colours)
{
	if (nr_colours > 16)
		return 8;
	if (nr_colours > 4)
		return 4;
	return nr_colours > 2 ? 2 : 1;
}

static void add_palette(struct png *png)
{
	chunk_begin(png, "PLTE", 3 * png->nr_colours);
	for (unsigned int i = 0; i < png->nr_colours; i++) {
		uint8_t word[4];

		put32(word, png->colours[i]);
		add(png, word + 1, 3);
	}
	chunk_end(png);
}

/* --- Rows ------------------------------------------------------------------ */

static void fill_indices(struct png *png, const uint32_t *pixels,
			 unsigned int width)
{
	const unsigned int per_byte = 8 / png->depth;
	uint8_t *to = png->row + 1;

	memset(to, 0, (width + per_byte - 1) / per_byte);
	for (unsigned int x = 0; x < width; x++) {
		const unsigned int slot = slot_of(png, pixels[x] & 0xffffff);
		const unsigned int place = per_byte - 1 - x % per_byte;

		to[x / per_byte] |= png->indices[slot] << place * png->depth;
	}
}

static void fill_colours(struct png *png, const uint32_t *pixels,
			 unsigned int width)
{
	uint8_t *to = png->row + 1;

	for (unsigned int x = 0; x < width; x++) {
		*to++ = pixels[x] >> 16;
		*to++ = pixels[x] >> 8;
		*to++ = pixels[x];
	}
}

/* A row is a stored block: it is shorter than the longest one. */
static void add_row(struct png *png, size_t len, bool last)
{
	const uint8_t head[BLOCK_HEAD] = { last, len, len >> 8, ~len,
					   ~len >> 8 };

	for (size_t i = 0; i < len; i++) {
		png->adler_a = (png->adler_a + png->row[i]) % ADLER;
		png->adler_b = (png->adler_b + png->adler_a) % ADLER;
	}
	add(png, head, sizeof(head));
	add(png, png->row, len);
}

/* Bytes of the chunk with all rows of @row bytes. */
static uint32_t rows_bytes(unsigned int height, size_t row)
{
	return sizeof(zlib_head) + height * (BLOCK_HEAD + 1 + row) +
	       sizeof(uint32_t);
}

static void add_rows(struct png *png, const struct picture *picture)
{
	const unsigned int width = picture->width, height = picture->height;
	const size_t len = 1 + ((size_t)width * png->depth + 7) / 8;
	uint8_t sum[4];

	chunk_begin(png, "IDAT", rows_bytes(height, len - 1));
	add(png, zlib_head, sizeof(zlib_head));
	png->adler_a = 1;
	for (unsigned int y = 0; y < height && png->good; y++) {
		const uint32_t *pixels = picture->pixels + (size_t)y * width;

		if (png->depth > 8)
			fill_colours(png, pixels, width);
		else
			fill_indices(png, pixels, width);
		add_row(png, len, y == height - 1);
	}
	put32(sum, png->adler_b << 16 | png->adler_a);
	add(png, sum, sizeof(sum));
	chunk_end(png);
}

static void add_head(struct png *png, const struct picture *picture)
{
	const bool indexed = png->depth <= 8;
	uint8_t head[13] = { 0 }; /* no interlace, the only filters there are */

	put32(head, picture->width);
	put32(head + 4, picture->height);
	head[8] = indexed ? png->depth : 8;
	head[9] = indexed ? INDEXED : TRUECOLOUR;
	chunk_begin(png, "IHDR", sizeof(head));
	add(png, head, sizeof(head));
	chunk_end(png);
	chunk_begin(png, "tEXt", sizeof(SOFTWARE) - 1);
	add(png, SOFTWARE, sizeof(SOFTWARE) - 1);
	chunk_end(png);
	if (indexed)
		add_palette(png);
}

bool png_write(const struct picture *picture,
	       bool (*put)(void *arg, const void *data, size_t len), void *arg)
{
	struct png png = { .put = put, .arg = arg };

	assert(picture->width && picture->width <= PICTURE_MAX_WIDTH &&
	       picture->height && picture->height <= PICTURE_MAX_HEIGHT);
	png.depth = count_colours(&png, picture) ? depth_of(png.nr_colours) :
						   24;
	png.good = put(arg, SIGNATURE, SIGNATURE_BYTES);
	add_head(&png, picture);
	add_rows(&png, picture);
	chunk_begin(&png, "IEND", 0);
	chunk_end(&png);
	return png.good;
}

/* --- To a file ------------------------------------------------------------- */

struct file {
	int fd, err;
	size_t len;
	uint8_t buf[1 << 14];
};

static bool flush(struct file *file)
{
	size_t done = 0;

	while (done < file->len && !file->err) {
		ssize_t n = write(file->fd, file->buf + done, file->len - done);

		if (n >= 0)
			done += n;
		else if (errno != EINTR)
			file->err = -errno;
	}
	file->len = 0;
	return !file->err;
}

static bool put_file(void *arg, const void *data, size_t len)
{
	struct file *file = arg;

	if (file->len + len > sizeof(file->buf) && !flush(file))
		return false;
	memcpy(file->buf + file->len, data, len); /* a row at most */
	file->len += len;
	return true;
}

int png_write_fd(const struct picture *picture, int fd)
{
	struct file file = { .fd = fd };

	if (png_write(picture, put_file, &file))
		flush(&file);
	return file.err;
}

/* --- Whose a file is ------------------------------------------------------- */

static uint32_t get32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | from[1] << 16 | from[2] << 8 | from[3];
}

static bool is_chunk(const uint8_t *at, const char *type, uint32_t len)
{
	return get32(at) == len && !memcmp(at + 4, type, 4);
}

/* Whether at @at of the @len bytes at @file, or behind their end, begin rows that are
 * not compressed. */
static bool has_our_rows(const uint8_t *file, size_t len, size_t at)
{
	const uint8_t *head = file + HEAD_AT + 8;
	const unsigned int width = get32(head), height = get32(head + 4);
	const unsigned int bits = head[8] * (head[9] == INDEXED ? 1 : 3);

	if (!width || width > PICTURE_MAX_WIDTH || !height ||
	    height > PICTURE_MAX_HEIGHT)
		return false;
	return len < at + 8 ||
	       is_chunk(file + at, "IDAT",
			rows_bytes(height, ((size_t)width * bits + 7) / 8));
}

bool png_is_ours(int fd)
{
	uint8_t file[BEGIN_BYTES];
	const ssize_t len = pread(fd, file, sizeof(file), 0);
	size_t at = BODY_AT;

	if (len < (ssize_t)BODY_AT)
		return !len;
	if (memcmp(file, SIGNATURE, SIGNATURE_BYTES) ||
	    !is_chunk(file + HEAD_AT, "IHDR", HEAD_BYTES) ||
	    !is_chunk(file + SOFTWARE_AT, "tEXt", SOFTWARE_BYTES) ||
	    memcmp(file + SOFTWARE_AT + 8, SOFTWARE, SOFTWARE_BYTES))
		return false;
	if (len >= (ssize_t)at + 8 && get32(file + at) <= 3 * COLOURS_MAX &&
	    !memcmp(file + at + 4, "PLTE", 4))
		at += CHUNK_BYTES + get32(file + at);
	return has_our_rows(file, len, at);
}
