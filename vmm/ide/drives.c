/*
 * --ide: a file becomes a disk of the guest's that is found as a PC's disks are. The
 * first is the first drive of the first channel, and so on: hda, hdb, hdc, hdd. What
 * the guest writes is thrown away, as it may be anybody's image, unless
 * something else is said.
 */
#include "ide/drives.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "ide/controller.h"
#include "ide/packet.h"
#include "util/log.h"

/* The guest's controller, with one if there is none yet; NULL after one message. */
static struct ide_given *find(struct plan *plan)
{
	const struct device_type *type = ide_function();
	const struct ide_given none = { 0 };
	struct planned *planned;

	if (!type || !plan_allows(plan, "pci"))
		type = ide_ports();
	planned = plan_find(plan, type);
	if (!planned)
		planned = plan_add(plan, type, &none, sizeof(none));
	if (!planned)
		return NULL;
	planned->forget = ide_forget;
	return planned->config;
}

int ide_plug(struct plan *plan, const char *option, const char *arg, bool is_cd)
{
	struct disk_words words = { .ask = { .copy = plan_copy(plan),
					     .read_only = is_cd,
					     .untouched = !is_cd,
					     .make = is_cd ? "make iso" :
							     NULL } };
	struct ide_given *given = find(plan);
	unsigned int nr = 0;
	struct disk *disk;
	int err;

	while (given && nr < IDE_CHANNELS * IDE_DRIVES && given->slots[nr].disk)
		nr++;
	if (!given)
		return -EINVAL;
	if (nr == IDE_CHANNELS * IDE_DRIVES) {
		log_error("%s: %s: two channels have four drives at most; "
			  "--disk makes one of virtio",
			  option, arg);
		return -EINVAL;
	}
	err = disk_words(&words, option, arg);
	if (err)
		return err;
	err = disk_open(&disk, &words.ask);
	if (err) {
		free(words.text);
		return err;
	}
	if (is_cd && disk->size < CD_BLOCK) {
		log_error("%s: %s: no CD: it is shorter than a block, 2,048 "
			  "bytes",
			  option, words.ask.name);
		disk_close(disk);
		free(words.text);
		return -EINVAL;
	}
	given->slots[nr] = (struct ide_slot){ disk, words.text, { 0 }, is_cd };
	memcpy(given->slots[nr].serial, words.serial, DISK_SERIAL_SIZE);
	return 0;
}

static int plug_disk(struct plan *plan, const char *arg)
{
	return ide_plug(plan, "--ide", arg, false);
}

static const struct plug plug = {
	.option = "--ide",
	.arg = "FILE[,WORD]...",
	.what = "an IDE disk; ro, rw, serial=TEXT, overlay=FILE",
	.is_of_host = true,
	.plug = plug_disk,
};

PLUG(plug);
