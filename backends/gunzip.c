/*
 * gzip, after RFC 1952, "GZIP file format specification". Of zlib only
 * inflateBack() is taken, which is less than half of inflate() and leaves
 * header, checksum and length to its caller: they are here. Several members
 * make one image; what stands behind the last one is left alone.
 */
#include "backends/gunzip.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "abi/gunzip.h"

#define BUFFER	   65536
#define WINDOW	   32768
#define ARENA	   16384 /* bytes; inflateBack() takes 9.5 KB, once */
#define POLYNOMIAL 0xedb88320

#define HEADER_REST 6 /* behind magic and flags: time, and where it was made */
#define MAGIC	    0x00088b1f /* deflated */
#define FTEXT	    (1 << 24)
#define FHCRC	    (1 << 25)
#define FEXTRA	    (1 << 26)
#define FNAME	    (1 << 27)
#define FCOMMENT    (1 << 28)
#define FLAGS	    (FTEXT | FHCRC | FEXTRA | FNAME | FCOMMENT)

static struct gunzip {
	int in, out;
	size_t at,
		end;   /* in the buffer: the next byte, and one past the last */
	bool ended;    /* more was wanted than there is */
	int status;    /* of writing and reading */
	uint64_t size; /* bytes written */
	uint32_t crc;
	uint32_t crc_of[256];
	uint8_t buffer[BUFFER], window[WINDOW];
} state;

static _Alignas(16) uint8_t arena[ARENA];

static void make_crcs(uint32_t *crc_of)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		crc_of[i] = crc;
	}
}

/* Whether there is a byte at g->at. */
static bool fill(struct gunzip *g)
{
	ssize_t len;

	if (g->at < g->end)
		return true;
	len = read(g->in, g->buffer, BUFFER);
	if (len < 0)
		g->status = GUNZIP_IO;
	g->at = 0;
	g->end = len > 0 ? len : 0;
	return len > 0;
}

/* The next @size bytes, low first; those beyond the end are 0. */
static uint32_t read_number(struct gunzip *g, int size)
{
	uint32_t value = 0;

	for (int i = 0; i < size; i++) {
		if (!fill(g))
			g->ended = true;
		else
			value |= (uint32_t)g->buffer[g->at++] << 8 * i;
	}
	return value;
}

static void skip(struct gunzip *g, uint32_t size)
{
	while (size--)
		read_number(g, 1);
}

static void skip_string(struct gunzip *g)
{
	while (read_number(g, 1))
		;
}

/* False if it is none; then @g has ended, or stands behind some of it. */
static bool skip_header(struct gunzip *g)
{
	uint32_t start = read_number(g, 4);

	if (g->ended || (start & ~(uint32_t)FLAGS) != MAGIC)
		return false;
	skip(g, HEADER_REST);
	if (start & FEXTRA)
		skip(g, read_number(g, 2));
	if (start & FNAME)
		skip_string(g);
	if (start & FCOMMENT)
		skip_string(g);
	if (start & FHCRC)
		skip(g, 2);
	return true;
}

static unsigned int give_input(void *arg, z_const unsigned char **buf)
{
	struct gunzip *g = arg;
	size_t at;

	if (!fill(g))
		return 0;
	at = g->at;
	*buf = g->buffer + at;
	g->at = g->end;
	return g->end - at;
}

/* Each time the window is full, and at the end. Not 0: it cannot go on. */
static int take_output(void *arg, unsigned char *buf, unsigned int len)
{
	struct gunzip *g = arg;
	uint32_t crc = g->crc;

	for (unsigned int i = 0; i < len; i++)
		crc = crc >> 8 ^ g->crc_of[(crc ^ buf[i]) & 0xff];
	g->crc = crc;
	g->size += len;
	if (g->size > GUNZIP_MAX)
		g->status = GUNZIP_LARGE;
	while (len && !g->status) {
		ssize_t n = write(g->out, buf, len);

		if (n <= 0)
			g->status = GUNZIP_IO;
		else
			buf += n, len -= n;
	}
	return g->status;
}

/* There is one call, for less than that. */
static voidpf take_arena(voidpf opaque, uInt items, uInt size)
{
	(void)opaque;
	return (size_t)items * size <= ARENA ? arena : NULL;
}

static void leave_arena(voidpf opaque, voidpf address)
{
	(void)opaque;
	(void)address;
}

static int inflate_member(struct gunzip *g)
{
	z_stream z = { .zalloc = take_arena, .zfree = leave_arena };
	int status;

	if (inflateBackInit(&z, MAX_WBITS, g->window) != Z_OK)
		return GUNZIP_IO;
	status = inflateBack(&z, give_input, g, take_output, g);
	g->at = g->end - z.avail_in;
	if (g->status)
		return g->status;
	if (status == Z_STREAM_END)
		return GUNZIP_OK;
	return status == Z_BUF_ERROR ? GUNZIP_TRUNCATED : GUNZIP_DAMAGED;
}

static int check_trailer(struct gunzip *g, uint64_t size)
{
	uint32_t crc = read_number(g, 4);
	uint32_t len = read_number(g, 4);

	if (g->ended)
		return GUNZIP_TRUNCATED;
	return crc == ~g->crc && len == (uint32_t)size ? GUNZIP_OK :
							 GUNZIP_CHECKSUM;
}

static int unpack_member(struct gunzip *g)
{
	uint64_t before = g->size;
	int status;

	g->crc = ~0u;
	status = inflate_member(g);
	return status ? status : check_trailer(g, g->size - before);
}

int gunzip_fds(int in, int out)
{
	struct gunzip *g = &state;
	int status = GUNZIP_OK;

	g->in = in;
	g->out = out;
	g->at = g->end = g->size = 0;
	g->status = GUNZIP_OK;
	g->ended = false;
	make_crcs(g->crc_of);
	while (!status && skip_header(g))
		status = unpack_member(g);
	if (!status)
		status = g->status;
	return status || g->size ? status : GUNZIP_EMPTY;
}
