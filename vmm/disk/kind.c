/*
 * Images that hold a disk in a form of their own. To a guest they would be a disk
 * full of nothing it knows, and what it writes would destroy them: they are
 * named instead, with the way to use them.
 */
#include "disk/kind.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "util/log.h"

#define HEAD_SIZE 512

static const struct kind {
	const char *name; /* as qemu-nbd calls it; NULL: one of our overlays */
	const char *magic;
	unsigned int at, len;
} kinds[] = {
	{ "qcow2", "QFI\xfb", 0, 4 },
	{ "qed", "QED", 0, 4 },
	{ "vmdk", "KDMV", 0, 4 },
	{ "vmdk", "COWD", 0, 4 },
	{ "vmdk", "# Disk DescriptorFile", 0, 21 },
	{ "vpc", "conectix", 0, 8 },
	{ "vhdx", "vhdxfile", 0, 8 },
	{ "vdi", "\x7f\x10\xda\xbe", 64, 4 },
	{ "parallels", "WithoutFreeSpace", 0, 16 },
	{ "parallels", "WithouFreSpacExt", 0, 16 },
	{ NULL, "kvm-vmm\n", 0, 8 },
};

static int refuse(const struct disk *disk, const struct kind *kind)
{
	const char *name = disk->name;

	if (kind->name)
		log_error("%s: %s: an image of kind %s: `qemu-nbd -f %s -k "
			  "/tmp/disk.sock %s` serves it as "
			  "nbd:unix:/tmp/disk.sock; format=raw takes it as it "
			  "is",
			  disk->option, name, kind->name, kind->name, name);
	else
		log_error("%s: %s: an overlay, no disk of its own: "
			  "FILE,overlay=%s with the file that it was made for",
			  disk->option, name, name);
	return -EINVAL;
}

int kind_check(const struct disk *disk, int fd)
{
	uint8_t head[HEAD_SIZE];
	ssize_t len = pread(fd, head, sizeof(head), 0);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *kind = &kinds[i];

		if (len >= (ssize_t)(kind->at + kind->len) &&
		    !memcmp(head + kind->at, kind->magic, kind->len))
			return refuse(disk, kind);
	}
	return 0;
}
