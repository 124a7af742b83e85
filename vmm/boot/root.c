/*
 * --root: Linux's root file system is a disk, or a directory of the host, and not
 * an initramfs. Two words of the kernel's own are all that it takes
 * (kernel-parameters.txt, "root="); the devices are those of --disk and --share.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plug.h"
#include "util/log.h"

#define TAG	"root"
#define ARG_MAX 4352 /* a path and some words */

/* As Linux mounts it. mmap: programs may map files that are written, too. */
#define SHARE_WORDS                                          \
	"root=" TAG " rootfstype=9p rootflags=trans=virtio," \
	"version=9p2000.L,msize=512000,cache=mmap "
#define DISK_WORDS "root=/dev/vda "

/* Whether one of the words behind the name in @arg is "ro". */
static bool is_read_only(const char *arg)
{
	const char *word = strchr(arg, ',');

	for (; word; word = strchr(word + 1, ','))
		if (!strncmp(word, ",ro", 3) && (!word[3] || word[3] == ','))
			return true;
	return false;
}

/* DIR[,WORD]... becomes DIR,root[,WORD]... of --share. */
static int share_root(struct plan *plan, const char *arg)
{
	const size_t name = strcspn(arg, ",");
	char given[ARG_MAX];
	const int len = snprintf(given, sizeof(given), "%.*s," TAG "%s",
				 (int)name, arg, arg + name);

	if (len < 0 || (size_t)len >= sizeof(given)) {
		log_error("--root: the name is too long");
		return -EINVAL;
	}
	return plan_plug(plan, "--share", given);
}

static int root_plug(struct plan *plan, const char *arg)
{
	const bool is_disk = !strcmp(arg, "disk") || !strcmp(arg, "disk,ro");
	int err = plan_say(plan, "--root", is_disk ? DISK_WORDS : SHARE_WORDS);

	if (!err)
		err = plan_say(plan, "--root",
			       is_read_only(arg) ? "ro " : "rw ");
	return err || is_disk ? err : share_root(plan, arg);
}

static const struct plug plug = {
	.option = "--root",
	.arg = "DIR",
	.what = "Linux's root: of the host; or `disk`: the first --disk",
	.is_of_host = true,
	.plug = root_plug,
};

PLUG(plug);
