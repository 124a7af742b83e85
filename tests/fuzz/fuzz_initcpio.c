/* host-objects: tools/initcpio/verify.o tools/initcpio/verdict.o tools/initcpio/verify_init.o */
/* host-objects: tools/initcpio/index.o tools/initcpio/newc.o */
/* host-objects: tools/initcpio/tree.o tools/initcpio/buf.o */
/* host-objects: tools/initcpio/report.o tools/initcpio/show.o */
/* host-objects: tools/initcpio/squeeze.o tools/initcpio/unpack.o */
/* host-objects: tools/initcpio/unpack_gzip.o tools/initcpio/unpack_lzo.o */
/* host-objects: tools/initcpio/extent.o tools/initcpio/parts.o */
/* host-objects: tools/initcpio/frames.o tools/initcpio/list.o */
/* host-objects: tools/initcpio/words.o */
/*
 * Hostile bytes for everything of initcpio that reads: packed and unpacked
 * archives, and file lists. The first byte chooses which.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/initcpio/frames.h"
#include "tools/initcpio/list.h"
#include "tools/initcpio/show.h"
#include "tools/initcpio/squeeze.h"
#include "tools/initcpio/verify.h"

#define UNPACKED_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *nowhere;

static void look_at_archive(const uint8_t *data, size_t size)
{
	verify_archive(nowhere, "fuzz", data, size, UNPACKED_MAX);
	show_archive(nowhere, "fuzz", data, size, UNPACKED_MAX);
}

/* Frames that libarchive wrote are trusted to be whole; these are not. */
static void reframe(const uint8_t *data, size_t size)
{
	const struct buf in = { .data = (uint8_t *)data, .len = size };
	struct buf out = { 0 };

	lz4_to_legacy(&in, &in, &out);
	xz_to_crc32(&in, &in, &out);
	lzo_without_time(&in, &in, &out);
	buf_free(&out);
}

static void read_list(const uint8_t *data, size_t size)
{
	struct origin at = { .file = "fuzz" };
	char *text = malloc(size + 1), *line = text, *end;
	struct tree tree = { 0 };

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	for (; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		at.line++;
		at.rank = at.line / 4;
		list_line(&tree, &at, line);
	}
	tree_free(&tree);
	free(text);
}

static void (*const readers[])(const uint8_t *data, size_t size) = {
	look_at_archive,
	reframe,
	read_list,
};

#define READERS (sizeof(readers) / sizeof(readers[0]))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!nowhere) {
		int null = open("/dev/null", O_WRONLY);

		nowhere = fopen("/dev/null", "w");
		if (!nowhere || null < 0)
			abort();
		dup2(null, STDERR_FILENO); /* the messages, not the reports */
		close(null);
	}
	if (size)
		readers[data[0] % READERS](data + 1, size - 1);
	return 0;
}
