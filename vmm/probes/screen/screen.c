/*
 * --screen-at-end: what was on a guest's screen when it ended, as text in a
 * file. Whether anything shows the screen meanwhile makes no difference.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/vm.h"
#include "probe.h"
#include "util/log.h"
#include "util/outfile.h"
#include "util/sink.h"
#include "util/surface.h"

#define OPTION "--screen-at-end"

static const char *path;
static bool failed;
static int *fds; /* one per guest, -1: none could be had */

static int setup(const char *arg)
{
	path = arg;
	return outfile_may_open(OPTION, arg) ? 0 : -EINVAL;
}

/* FILE, or of several guests FILE.NAME; 0 or -errno. */
static int open_file(const struct vm *vm)
{
	size_t size = strlen(path) + strlen(vm->config.name) + 2;
	char *name;
	int fd;

	if (vm->config.nr_guests == 1)
		return outfile_open(OPTION, path, NULL);
	name = malloc(size);
	if (!name)
		return -ENOMEM;
	snprintf(name, size, "%s.%s", path, vm->config.name);
	fd = outfile_open(OPTION, name, NULL);
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

static int put(const struct vm *vm, const char *text, size_t len)
{
	struct sink file;
	int fd = fds ? fds[vm->config.id] : -ENOMEM, err;

	if (fd < 0)
		return fd;
	sink_own(&file, fd);
	err = sink_write(&file, text, len);
	if (!err)
		err = sink_close(&file);
	else
		sink_close(&file);
	if (err)
		log_error(OPTION ": %s: %s", path, strerror(-err));
	return err;
}

static void gone(const struct vm *vm)
{
	struct surface *surface = calloc(1, sizeof(*surface));
	char *lines = NULL;
	size_t len;

	if (surface) {
		boards_look(vm, surface);
		lines = surface_lines(surface, true, "", &len);
	}
	failed |= !lines || put(vm, lines, len);
	free(lines);
	free(surface);
}

static int finish(void)
{
	free(fds);
	return failed ? STATUS_FAILED : STATUS_OK;
}

static const struct probe screen = {
	.name = "screen",
	.what = "writes the guest's last text screen",
	.option = OPTION,
	.arg = "FILE",
	.looks = true,
	.setup = setup,
	.ready = ready,
	.gone = gone,
	.finish = finish,
};
PROBE(screen);
