/*
 * --screen-at-end: what was on a guest's screen when it ended, as text in a
 * file. Whether anything shows the screen meanwhile makes no difference.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/board.h"
#include "core/vm.h"
#include "probe.h"
#include "probes/screen/files.h"
#include "util/surface.h"

#define OPTION "--screen-at-end"

static struct screen_files files = { .option = OPTION };

static int setup(const char *arg)
{
	files.path = arg;
	return 0;
}

static int ready(const struct vm *vm)
{
	return screen_files_open(&files, vm);
}

/* 0, or -errno. */
static int put(const struct vm *vm)
{
	struct surface *surface = calloc(1, sizeof(*surface));
	char *lines = NULL;
	int err = -ENOMEM;
	size_t len;

	if (surface) {
		boards_look(vm, surface);
		lines = surface_lines(surface, true, "", &len);
	}
	if (lines)
		err = sink_write(&files.of[vm->config.id], lines, len);
	free(lines);
	free(surface);
	return err;
}

static void gone(const struct vm *vm)
{
	const int err = put(vm);

	screen_files_close(&files, vm, err ? strerror(-err) : NULL);
}

static int finish(void)
{
	return screen_files_finish(&files);
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
