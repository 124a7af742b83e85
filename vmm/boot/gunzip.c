/*
 * Images inside gzip: RFC 1952, "GZIP file format specification". Of zlib only
 * inflateBack() is taken, which is less than half of inflate() and leaves
 * header, checksum and length to its caller: they are here. Several members
 * make one image; what stands behind the last one is left alone.
 */
#define _GNU_SOURCE /* mremap() */
#include "boot/gunzip.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#include "boot/kind_look.h"
#include "boot/select.h"
#include "feature.h"
#include "util/log.h"

#define ROOM_FIRST (4u << 20) /* bytes; doubled as it gets full */
#define WINDOW	   32768
#define POLYNOMIAL 0xedb88320

#define HEADER_SIZE  10
#define HEADER_FLAGS 3
#define FHCRC	     (1 << 1)
#define FEXTRA	     (1 << 2)
#define FNAME	     (1 << 3)
#define FCOMMENT     (1 << 4)

static const struct feature gzip = {
	.name = "gzip",
	.what = "images inside gzip are unpacked",
};
FEATURE(gzip);

struct gunzip {
	const struct image *from;
	size_t at;  /* how much of it has been read, bytes */
	bool ended; /* more was wanted than there is */
	uint8_t *to;
	size_t size, room; /* bytes at @to: unpacked, and mapped */
	int err; /* of the host or -E2BIG, when there is no more room */
	uint32_t crc;
	uint32_t crc_of[256];
	uint8_t window[WINDOW];
};

static void make_crcs(uint32_t *crc_of)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		crc_of[i] = crc;
	}
}

/* The next @size bytes, low first; 0 beyond the end. */
static uint32_t read_number(struct gunzip *g, size_t size)
{
	uint32_t value = 0;

	if (g->from->size - g->at < size) {
		g->ended = true;
		return 0;
	}
	memcpy(&value, g->from->data + g->at, size);
	g->at += size;
	return value;
}

static void skip(struct gunzip *g, size_t size)
{
	if (g->from->size - g->at < size)
		g->ended = true;
	else
		g->at += size;
}

static void skip_string(struct gunzip *g)
{
	while (read_number(g, 1))
		;
}

static void skip_header(struct gunzip *g)
{
	uint8_t flags = g->from->data[g->at + HEADER_FLAGS];

	skip(g, HEADER_SIZE);
	if (flags & FEXTRA)
		skip(g, read_number(g, 2));
	if (flags & FNAME)
		skip_string(g);
	if (flags & FCOMMENT)
		skip_string(g);
	if (flags & FHCRC)
		skip(g, 2);
}

/* Room for @len bytes more; 0 or -errno. */
static int make_room(struct gunzip *g, size_t len)
{
	size_t room = 2 * g->room;
	void *to;

	if (len > GUNZIP_MAX - g->size)
		return -E2BIG;
	if (len <= g->room - g->size)
		return 0;
	to = mremap(g->to, g->room, room, MREMAP_MAYMOVE);
	if (to == MAP_FAILED)
		return -ENOMEM;
	g->to = to;
	g->room = room;
	return 0;
}

/* All that is left, as far as zlib can count. */
static unsigned int give_input(void *arg, z_const unsigned char **buf)
{
	struct gunzip *g = arg;
	size_t len = g->from->size - g->at;

	if (len > UINT_MAX)
		len = UINT_MAX;
	*buf = (z_const unsigned char *)g->from->data + g->at;
	g->at += len;
	return len;
}

/* Each time the window is full, and at the end. Not 0: it cannot go on. */
static int take_output(void *arg, unsigned char *buf, unsigned int len)
{
	struct gunzip *g = arg;
	uint32_t crc = g->crc;

	g->err = make_room(g, len);
	if (g->err)
		return 1;
	for (unsigned int i = 0; i < len; i++)
		crc = crc >> 8 ^ g->crc_of[(crc ^ buf[i]) & 0xff];
	g->crc = crc;
	memcpy(g->to + g->size, buf, len);
	g->size += len;
	return 0;
}

static const char *inflate_member(struct gunzip *g)
{
	z_stream z = { 0 };
	int status;

	if (inflateBackInit(&z, MAX_WBITS, g->window) != Z_OK) {
		g->err = -ENOMEM;
		return NULL;
	}
	status = inflateBack(&z, give_input, g, take_output, g);
	g->at -= z.avail_in;
	inflateBackEnd(&z);
	if (g->err || status == Z_STREAM_END)
		return NULL;
	return status == Z_BUF_ERROR ? "truncated" : "damaged";
}

/* NULL, with all members unpacked or @g->err set; else what is wrong. */
static const char *unpack(struct gunzip *g)
{
	do {
		size_t before = g->size;
		const char *why;
		uint32_t crc, size;

		g->crc = ~0u;
		skip_header(g);
		why = inflate_member(g);
		if (why || g->err)
			return why;
		crc = read_number(g, 4);
		size = read_number(g, 4);
		if (g->ended)
			return "truncated";
		if (crc != ~g->crc || size != (uint32_t)(g->size - before))
			return "damaged: its checksum is of something else";
	} while (look_gzip_at(g->from, g->at));
	return g->size ? NULL : "there is nothing in it";
}

static int refuse(const struct gunzip *g, const char *why)
{
	int err = g->err ? g->err : -ENOEXEC;

	if (err == -E2BIG)
		why = "more than 1 GiB when unpacked; unpack it first";
	else if (err != -ENOEXEC)
		why = strerror(-err);
	log_error("%s: gzip: %s", g->from->path, why);
	return err;
}

/* What is inside takes the place of the file. */
static int replace(struct gunzip *g, struct image *image)
{
	int err = image_check(image);

	if (err)
		return err;
	log_info("%s: unpacked, %zu bytes of %zu", image->path, g->size,
		 image->size);
	image_close(image);
	image->data =
		mremap(g->to, g->room, g->size, 0); /* less: never fails */
	image->size = g->size;
	image->unpacked = true;
	return 0;
}

int gunzip_image(struct image *image, const char *const *without)
{
	struct gunzip *g;
	const char *why;
	int err;

	if (!look_gzip_at(image, 0) || feature_is_out(without, gzip.name))
		return 0;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->from = image;
	g->room = ROOM_FIRST;
	g->to = mmap(NULL, g->room, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	make_crcs(g->crc_of);
	g->err = g->to == MAP_FAILED ? -ENOMEM : 0;
	why = g->err ? NULL : unpack(g);
	err = why || g->err ? refuse(g, why) : replace(g, image);
	if (err && g->to != MAP_FAILED)
		munmap(g->to, g->room);
	free(g);
	return err;
}
