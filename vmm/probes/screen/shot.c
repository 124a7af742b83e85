/* --screenshot FILE: what was on a guest's screen when it ended, as a picture. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/board.h"
#include "core/vm.h"
#include "probe.h"
#include "probes/screen/files.h"
#include "util/picture.h"
#include "util/png.h"

#define OPTION "--screenshot"

/* That of an earlier run, and no picture that somebody has made of it since. */
static struct screen_files files = { .option = OPTION, .is_ours = png_is_ours };

static int setup(const char *arg)
{
	files.path = arg;
	return 0;
}

static int ready(const struct vm *vm)
{
	return screen_files_open(&files, vm);
}

/* NULL, or why there is no picture. */
static const char *put(const struct vm *vm, struct picture *picture)
{
	int err = picture->pixels ? 0 : -ENOMEM;

	if (!err && !boards_picture(vm, picture))
		return "there is nothing to be seen";
	if (!err)
		err = png_write_fd(picture, files.of[vm->config.id].fd);
	return err ? strerror(-err) : NULL;
}

static void gone(const struct vm *vm)
{
	struct picture picture = { .pixels = malloc(PICTURE_BYTES) };

	screen_files_close(&files, vm, put(vm, &picture));
	free(picture.pixels);
}

static int finish(void)
{
	return screen_files_finish(&files);
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
