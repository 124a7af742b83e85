/*
 * --floppy: a file becomes a floppy in the guest's first drive, A:, the next one in
 * B:. Which format it has, its size says. What the guest writes is thrown away,
 * as it may be anybody's image, unless something else is said.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk.h"
#include "floppy/floppy.h"
#include "plug.h"
#include "util/log.h"

#define OPTION "--floppy"

/* The guest's controller, with one if there is none yet; NULL after one message. */
static struct fdc_given *find(struct plan *plan)
{
	const struct fdc_given none = { 0 };
	struct planned *planned = plan_find(plan, fdc_device());

	if (!planned)
		planned = plan_add(plan, fdc_device(), &none, sizeof(none));
	if (!planned)
		return NULL;
	planned->forget = fdc_forget;
	return planned->config;
}

static int open_floppy(struct disk **disk, const struct disk_ask *ask,
		       const struct floppy_format **format)
{
	int err = disk_open(disk, ask);

	if (err)
		return err;
	*format = floppy_format((*disk)->size);
	if (*format)
		return 0;
	log_error("%s: %s: no floppy has %llu bytes, but 160, 180, 320, 360, "
		  "720, 1200, 1440 or 2880 KiB; `truncate -s 1440K FILE` makes "
		  "a shorter one that large",
		  OPTION, ask->name, (unsigned long long)(*disk)->size);
	disk_close(*disk);
	return -EINVAL;
}

/* As CMOS RAM has them: the first drive in the high digit. */
static void tell(struct plan *plan, const struct fdc_given *given)
{
	uint8_t drives = given->slots[0].format->drive << 4;

	if (given->slots[1].format)
		drives |= given->slots[1].format->drive;
	plan_floppies(plan, drives);
}

static int plug_floppy(struct plan *plan, const char *arg)
{
	struct disk_words words = { .ask = { .make = "truncate -s 1440K FILE",
					     .copy = plan_copy(plan),
					     .untouched = true },
				    .has_no_serial = true };
	const struct floppy_format *format;
	struct fdc_given *given;
	unsigned int nr = 0;
	struct disk *disk;
	int err = disk_words(&words, OPTION, arg);

	if (err)
		return err;
	err = open_floppy(&disk, &words.ask, &format);
	if (err) {
		free(words.text);
		return err;
	}
	given = find(plan);
	while (given && nr < FDC_DRIVES && given->slots[nr].disk)
		nr++;
	if (!given || nr == FDC_DRIVES) {
		if (given)
			log_error("%s: %s: two drives are all that there are, "
				  "A: and B:",
				  OPTION, arg);
		disk_close(disk);
		free(words.text);
		return -EINVAL;
	}
	given->slots[nr] = (struct fdc_slot){ disk, words.text, format };
	tell(plan, given);
	return 0;
}

static const struct plug plug = {
	.option = OPTION,
	.arg = "FILE[,WORD]...",
	.what = "a floppy, in A: and then B:; ro, rw, overlay=FILE",
	.is_of_host = true,
	.plug = plug_floppy,
};

PLUG(plug);
