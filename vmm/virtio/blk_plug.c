/* --disk: a file, a block device or a server becomes a disk of the guest's. */
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "plug.h"
#include "virtio/blk.h"

static int blk_plug(struct plan *plan, const char *arg)
{
	struct disk_words words = { .ask.copy = plan_copy(plan) };
	struct blk_given given = { 0 };
	int err = disk_words(&words, "--disk", arg);

	if (!err)
		err = disk_open(&given.disk, &words.ask);
	given.text = words.text;
	memcpy(given.serial, words.serial, sizeof(given.serial));
	if (!err)
		err = virtio_add(plan, &blk_type, &given, sizeof(given));
	if (err) {
		disk_close(given.disk);
		free(words.text);
	}
	return err;
}

static const struct plug plug = {
	.option = "--disk",
	.arg = "FILE[,WORD]...",
	.what = "a disk; ro, rw, serial=TEXT, format=NAME, overlay=FILE",
	.is_of_host = true,
	.plug = blk_plug,
};

PLUG(plug);
