/* host-objects: backends/gunzip.o */
/*
 * Files that claim to be of gzip: whatever is in them, zlib and what is around
 * it (backends/gunzip.c) stay within what they have.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi/gunzip.h"
#include "backends/gunzip.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int in, out;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	in = memfd_create("in", 0);
	out = memfd_create("out", 0);
	return in < 0 || out < 0;
}

static void rewind_to(int fd, const uint8_t *data, size_t size)
{
	if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int status;

	rewind_to(in, data, size);
	rewind_to(out, data, 0);
	status = gunzip_fds(in, out);
	if (status < GUNZIP_OK || status >= GUNZIP_IO)
		abort();
	if (!status && !lseek(out, 0, SEEK_CUR))
		abort();
	return 0;
}
