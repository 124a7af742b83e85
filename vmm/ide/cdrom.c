/* --cdrom: an image becomes a CD-ROM in the next free place of an IDE drive. */
#include "ide/drives.h"

static int plug_cd(struct plan *plan, const char *arg)
{
	return ide_plug(plan, "--cdrom", arg, true);
}

static const struct plug plug = {
	.option = "--cdrom",
	.arg = "FILE",
	.what = "a CD-ROM, read only, in the next place of an IDE drive",
	.is_of_host = true,
	.plug = plug_cd,
};

PLUG(plug);
