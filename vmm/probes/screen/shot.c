/* --screenshot FILE: what was on a guest's screen when it ended, as a picture. */
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/vm.h"
#include "probe.h"
#include "util/log.h"
#include "util/outfile.h"
#include "util/picture.h"
#include "util/png.h"

#define OPTION "--screenshot"

static const char *path;
static bool failed;
static int *fds; /* one per guest, -1: none could be had */

static int setup(const char *arg)
{
	path = arg;
	return outfile_may_open(OPTION, arg) ? 0 : -EINVAL;
}

/* FILE, or of several guests FILE.NAME; a descriptor, or -errno. */
static int open_file(const struct vm *vm)
{
	static const char *const heads[] = { PNG_SIGNATURE, NULL };
	char *name;
	int fd;

	if (vm->config.nr_guests == 1)
		return outfile_open(OPTION, path, heads);
	if (asprintf(&name, "%s.%s", path, vm->config.name) < 0)
		return -ENOMEM;
	fd = outfile_open(OPTION, name, heads);
	free(name);
	return fd;
}

/* While files may still be opened; what cannot be is said now, and counts. */
static void ready(const struct vm *vm)
{
	if (!fds)
		fds = calloc(vm->config.nr_guests, sizeof(*fds));
	if (!fds) {
		failed = true;
		return;
	}
	fds[vm->config.id] = open_file(vm);
	failed |= fds[vm->config.id] < 0;
}

static int put(const struct vm *vm, const struct picture *picture)
{
	const int fd = fds[vm->config.id];
	int err = png_write_fd(picture, fd);

	if (close(fd) && !err)
		err = -errno;
	if (err)
		log_error(OPTION ": %s: %s", path, strerror(-err));
	return err;
}

static void gone(const struct vm *vm)
{
	struct picture picture = { .pixels = malloc(PICTURE_BYTES) };

	if (!fds || fds[vm->config.id] < 0) {
		failed = true;
	} else if (!picture.pixels || !boards_picture(vm, &picture)) {
		log_error(OPTION ": %s: there is nothing to be seen",
			  vm->config.name);
		close(fds[vm->config.id]);
		failed = true;
	} else {
		failed |= put(vm, &picture) != 0;
	}
	free(picture.pixels);
}

static int finish(void)
{
	free(fds);
	return failed ? STATUS_FAILED : STATUS_OK;
}

static const struct probe shot = {
	.name = "screenshot",
	.what = "the guest's last screen as a picture, PNG",
	.option = OPTION,
	.arg = "FILE",
	.looks = true,
	.setup = setup,
	.ready = ready,
	.gone = gone,
	.finish = finish,
};
PROBE(shot);
