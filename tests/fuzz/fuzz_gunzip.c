/* objects: boot/gunzip.o boot/select.o boot/kind.o boot/kind_look.o */
/* objects: core/feature.o util/log.o util/sink.o */
/*
 * Files that claim to be of gzip: whatever is in them, zlib and what is around
 * it (boot/gunzip.c) stay within what they have.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "boot/gunzip.h"
#include "boot/select.h"
#include "loader.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct loader nobody = { .name = "nobody" };
LOADER(nobody);

static int file;
static char path[32];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	file = memfd_create("fuzz", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return file < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image image;

	if (!size)
		return 0;
	if (ftruncate(file, 0) ||
	    pwrite(file, data, size, 0) != (ssize_t)size ||
	    image_open(&image, path))
		abort();
	if (!gunzip_image(&image, NULL) && image.unpacked &&
	    (!image.size || image.size > GUNZIP_MAX))
		abort();
	image_close(&image);
	return 0;
}
