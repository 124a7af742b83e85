/* Which format is responsible for a disk: see include/disk.h. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "util/log.h"

#define OVERLAY "overlay"

TABLE_DECLARE(disk, disk_format);

static const struct disk_format *find_named(const char *name)
{
	const struct disk_format *const *row;

	TABLE_FOREACH(disk, row)
		if (!strcmp((*row)->name, name))
			return *row;
	return NULL;
}

static const struct disk_format *find_sure(const char *name)
{
	const struct disk_format *const *row, *best = NULL;
	int surest = 0;

	TABLE_FOREACH(disk, row) {
		int sure = (*row)->match ? (*row)->match(name) : 0;

		if (sure > surest) {
			surest = sure;
			best = *row;
		}
	}
	return best;
}

/* Whether @name is below the folder images/ in which this program is: others
 * use it, too. */
static bool is_shared(const char *name)
{
	static const char images[] = "/images/";
	char program[PATH_MAX], file[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	const size_t tail = sizeof(images) - 1;
	char *slash;

	if (len < 0 || !realpath(name, file))
		return false;
	program[len] = '\0';
	slash = strrchr(program, '/');
	len = slash ? slash + 1 - program : 0;
	return len >= (ssize_t)tail &&
	       !memcmp(program + len - tail, images, tail) &&
	       !strncmp(program, file, len);
}

/* Whether it is said what becomes of changes. */
static bool has_place(const struct disk_ask *ask)
{
	return ask->format || ask->read_only || ask->for_good;
}

static bool is_overlaid(const struct disk_ask *ask)
{
	if (ask->is_open)
		return false;
	return ask->overlay || (ask->copy && !ask->read_only) ||
	       (!has_place(ask) && (ask->untouched || (find_named(OVERLAY) &&
						       is_shared(ask->name))));
}

static const struct disk_format *find(const struct disk_ask *ask)
{
	if (ask->is_open)
		return find_named("raw");
	if (is_overlaid(ask))
		return find_named(OVERLAY);
	return ask->format ? find_named(ask->format) : find_sure(ask->name);
}

int disk_open(struct disk **disk, const struct disk_ask *ask)
{
	const struct disk_format *format = find(ask);
	const char *option = ask->option ? ask->option : "--disk";
	int err;

	if (!format) {
		log_error("%s: %s: %s: no such format in this kvm-vmm; "
			  "`kvm-vmm --list` names those that there are",
			  option, ask->name,
			  is_overlaid(ask) ? OVERLAY :
			  ask->format	   ? ask->format :
					     "that name");
		return -EINVAL;
	}
	*disk = calloc(1, sizeof(**disk) + format->size);
	if (!*disk) {
		log_error("%s: %s: %s", option, ask->name, strerror(ENOMEM));
		return -EINVAL;
	}
	(*disk)->format = format;
	(*disk)->option = option;
	(*disk)->name = ask->name;
	(*disk)->make = ask->make ? ask->make : "truncate -s 64M FILE";
	err = format->open(*disk, ask);
	if (err) {
		free(*disk);
		*disk = NULL;
	}
	return err ? -EINVAL : 0;
}

void disk_close(struct disk *disk)
{
	if (disk)
		disk->format->close(disk);
	free(disk);
}
