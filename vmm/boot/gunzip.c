/*
 * Images inside gzip: kvm-gunzip, a program beside this one, unpacks them
 * (backends/kvm_gunzip.c). Bytes made by an enemy meet zlib there, in a process
 * that can do nothing else, and zlib's 18 KB are none of kvm-vmm's.
 */
#define _GNU_SOURCE /* memfd_create() */
#include "boot/gunzip.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/gunzip.h"
#include "boot/kind_look.h"
#include "boot/select.h"
#include "feature.h"
#include "util/backend.h"
#include "util/log.h"

#define PROGRAM "kvm-gunzip"

static const struct feature gzip = {
	.name = "gzip",
	.what = "images inside gzip are unpacked",
};
FEATURE(gzip);

static const char *const reasons[] = {
	[GUNZIP_TRUNCATED] = "truncated",
	[GUNZIP_DAMAGED] = "damaged",
	[GUNZIP_CHECKSUM] = "damaged: its checksum is of something else",
	[GUNZIP_EMPTY] = "there is nothing in it",
	[GUNZIP_LARGE] = "more than 1 GiB when unpacked; unpack it first",
	[GUNZIP_IO] =
		"it cannot be read, or there is no room for what is in it",
	[GUNZIP_MISSING] = PROGRAM " cannot be started, which belongs beside "
				   "kvm-vmm; `make` builds it",
};

/* Unpacks @in to @out; a status of abi/gunzip.h. */
static int run_program(int in, int out)
{
	char *const argv[] = { PROGRAM, NULL };
	const int fds[] = { in, out, STDERR_FILENO };
	pid_t pid = backend_start(argv, NULL, fds, 3);
	int status;

	if (pid < 0)
		return GUNZIP_MISSING;
	status = backend_wait(pid);
	if (status == BACKEND_NOT_STARTED)
		return GUNZIP_MISSING;
	/* Anything else that is none of its words was too much for it. */
	return status < GUNZIP_MISSING ? status : GUNZIP_DAMAGED;
}

/* What is in @fd takes the place of the file. */
static int replace(struct image *image, int fd)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st))
		return GUNZIP_IO;
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return GUNZIP_IO;
	log_info("%s: unpacked, %lld bytes of %zu", image->path,
		 (long long)st.st_size, image->size);
	image_close(image);
	image->data = data;
	image->size = st.st_size;
	image->unpacked = true;
	return GUNZIP_OK;
}

int gunzip_image(struct image *image, const char *const *without)
{
	int fd, status = GUNZIP_IO;

	if (!look_gzip(image) || feature_is_out(without, gzip.name))
		return 0;
	fd = memfd_create("image", MFD_CLOEXEC);
	if (fd >= 0) {
		status = run_program(image->fd, fd);
		if (!status)
			status = replace(image, fd);
		close(fd);
	}
	if (status)
		log_error("%s: gzip: %s", image->path, reasons[status]);
	if (status < GUNZIP_IO)
		return status ? -ENOEXEC : 0;
	return -ENOMEM;
}
