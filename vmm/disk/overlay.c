/*
 * A disk whose changes go elsewhere: what is under it is only read, and many
 * guests can have the same. A change smaller than a cluster brings the rest of
 * that along from below.
 */
#include <errno.h>
#include <string.h>

#include "disk.h"
#include "disk/changes.h"
#include "disk/file.h"
#include "saved.h"
#include "util/lock.h"
#include "util/log.h"
#include "util/stash.h"

#define PART_IOVS 64

struct overlay {
	struct disk *base;
	struct changes changes;
	struct lock filling; /* of clusters that are not here yet */
	bool is_told;	     /* nobody has asked for it: say what is lost */
};

/* What becomes of a stretch of the disk. */
struct change {
	uint64_t at, len;
	const struct iovec *iov; /* NULL: zeroes */
	unsigned int nr;
};

static struct overlay *of(struct disk *disk)
{
	return (struct overlay *)disk->own;
}

static int overlay_open(struct disk *disk, const struct disk_ask *ask)
{
	struct overlay *o = of(disk);
	const bool is_asked = ask->format && !strcmp(ask->format, "overlay");
	const char *overlay_file = ask->copy ? NULL : ask->overlay;
	const struct disk_ask base = {
		.option = disk->option,
		.name = ask->name,
		.make = ask->make,
		.format = is_asked ? NULL : ask->format,
		.read_only = true,
	};
	int err = disk_open(&o->base, &base);

	if (err)
		return err;
	o->is_told = !is_asked && !ask->overlay && !ask->copy;
	disk->size = o->base->size;
	disk->block = o->base->block;
	disk->read_only = ask->read_only;
	disk->can_discard = disk->can_zero = !ask->read_only;
	disk->forgets = !overlay_file && !ask->read_only;
	err = changes_open(&o->changes, o->base, overlay_file, ask->read_only);
	if (err)
		disk_close(o->base);
	else
		disk->changed = o->changes.changed;
	return err;
}

static uint64_t length(const struct iovec *iov, unsigned int nr)
{
	uint64_t len = 0;

	for (unsigned int i = 0; i < nr; i++)
		len += iov[i].iov_len;
	return len;
}

static uint64_t clusters_of(uint64_t at, uint64_t len)
{
	return (at + len - 1) / CLUSTER - at / CLUSTER + 1;
}

/* How many of the @len bytes at @at are all here, or all not. */
static uint64_t run_of(struct overlay *o, uint64_t at, uint64_t len, bool *here)
{
	const uint64_t first = at / CLUSTER;
	const uint64_t end = (first + bits_run(&o->changes.here, first,
					       clusters_of(at, len), here)) *
			     CLUSTER;

	return end - at < len ? end - at : len;
}

static int read_part(struct overlay *o, const struct iovec *iov,
		     unsigned int nr, uint64_t at, bool here)
{
	if (here)
		return file_read(&o->changes.file, iov, nr,
				 o->changes.data_at + at);
	return o->base->format->read(o->base, iov, nr, at);
}

static int overlay_read(struct disk *disk, const struct iovec *iov,
			unsigned int nr, uint64_t at)
{
	struct overlay *o = of(disk);
	struct slice slice = { .iov = iov, .nr = nr };
	uint64_t len = length(iov, nr);
	int err = 0;

	while (len && !err) {
		struct iovec part[PART_IOVS];
		unsigned int count;
		bool here;
		uint64_t bytes = run_of(o, at, len, &here);

		if (!slice.done && slice.iov == iov && bytes == len)
			return read_part(o, iov, nr, at, here);
		count = slice_take(&slice, part, PART_IOVS, &bytes);
		err = read_part(o, part, count, at, here);
		at += bytes;
		len -= bytes;
	}
	return err;
}

/* Brings cluster number @nr here, unless it is. */
static int fill(struct overlay *o, uint64_t nr)
{
	const uint64_t at = nr * CLUSTER, rest = o->changes.size - at;
	uint8_t bytes[CLUSTER];
	const struct iovec iov = { bytes, rest < CLUSTER ? rest : CLUSTER };
	bool here;
	int err;

	bits_run(&o->changes.here, nr, 1, &here);
	if (here)
		return 0;
	err = o->base->format->read(o->base, &iov, 1, at);
	return err ? err :
		     file_write(&o->changes.file, &iov, 1,
				o->changes.data_at + at);
}

static int write_here(struct overlay *o, const struct change *change)
{
	const uint64_t at = o->changes.data_at + change->at;

	return change->iov ? file_write(&o->changes.file, change->iov,
					change->nr, at) :
			     file_zero(&o->changes.file, at, change->len, true);
}

/* The clusters at both ends may be changed in part. */
static int write_new(struct overlay *o, const struct change *change)
{
	const uint64_t end = change->at + change->len;
	const uint64_t first = change->at / CLUSTER;
	const uint64_t last = (end - 1) / CLUSTER;
	int err = 0;

	if (change->at % CLUSTER)
		err = fill(o, first);
	if (!err && end % CLUSTER && end != o->changes.size &&
	    !(change->at % CLUSTER && first == last))
		err = fill(o, last);
	if (!err)
		err = write_here(o, change);
	if (!err)
		changes_add(&o->changes, first, last - first + 1);
	return err;
}

static int make(struct overlay *o, const struct change *change)
{
	bool here;
	int err;

	if (!change->len)
		return 0;
	if (run_of(o, change->at, change->len, &here) == change->len && here)
		return write_here(o, change);
	lock_take(&o->filling);
	err = write_new(o, change);
	lock_give(&o->filling);
	return err;
}

static int overlay_write(struct disk *disk, const struct iovec *iov,
			 unsigned int nr, uint64_t at)
{
	return make(of(disk), &(struct change){ .at = at,
						.len = length(iov, nr),
						.iov = iov,
						.nr = nr });
}

static int overlay_zero(struct disk *disk, uint64_t at, uint64_t len,
			bool may_unmap)
{
	(void)may_unmap; /* room is given back, or was never taken */
	return make(of(disk), &(struct change){ .at = at, .len = len });
}

/* Of what is here, whole clusters become holes, and read as zeroes. */
static int overlay_discard(struct disk *disk, uint64_t at, uint64_t len)
{
	struct overlay *o = of(disk);
	const uint64_t size = o->changes.size;
	uint64_t first = (at + CLUSTER - 1) / CLUSTER * CLUSTER;
	uint64_t end = at + len;

	if (end != size)
		end = end / CLUSTER * CLUSTER;
	if (first >= end)
		return 0;
	return file_punch(&o->changes.file, o->changes.data_at + first,
			  end - first);
}

static int overlay_flush(struct disk *disk)
{
	return changes_save(&of(disk)->changes);
}

/* Of one kind as a whole, or read() puts it together. */
static int overlay_read_now(struct disk *disk, const struct iovec *iov,
			    unsigned int nr, uint64_t at)
{
	struct overlay *o = of(disk);
	const struct disk_format *below = o->base->format;
	const uint64_t len = length(iov, nr);
	bool here;

	if (!len || run_of(o, at, len, &here) != len)
		return -EOPNOTSUPP;
	if (here)
		return file_read_now(&o->changes.file, iov, nr,
				     o->changes.data_at + at);
	return below->read_now ? below->read_now(o->base, iov, nr, at) :
				 -EOPNOTSUPP;
}

static int overlay_place(struct disk *disk, uint64_t *at, uint64_t len)
{
	struct overlay *o = of(disk);
	bool here;

	if (!len || run_of(o, *at, len, &here) != len)
		return -1;
	if (here) {
		*at += o->changes.data_at;
		return o->changes.file.fd;
	}
	return o->base->format->place ?
		       o->base->format->place(o->base, at, len) :
		       -1;
}

/* A file that is begun anew with each run says nothing. */
static int overlay_mark(struct disk *disk, struct disk_mark *mark)
{
	struct overlay *o = of(disk);
	int err = disk->read_only ? 0 : changes_save(&o->changes);

	return err ? err : file_mark(&o->changes.file, mark);
}

/* First, what the disk beneath was when these were begun. */
static int overlay_save(struct disk *disk, struct stash *out)
{
	struct overlay *o = of(disk);

	STASH_PUT(out, o->base->changed);
	return changes_put(&o->changes, out);
}

static int overlay_restore(struct disk *disk, struct stash *in, bool checks)
{
	struct overlay *o = of(disk);
	const struct timespec *now = &o->base->changed;
	struct timespec was;

	STASH_GET(in, was);
	if (checks &&
	    (was.tv_sec != now->tv_sec || was.tv_nsec != now->tv_nsec))
		return -ESTALE;
	return changes_get(&o->changes, in);
}

static void overlay_abort(struct disk *disk)
{
	struct disk *base = of(disk)->base;

	if (base->format->abort)
		base->format->abort(base);
}

static void overlay_close(struct disk *disk)
{
	struct overlay *o = of(disk);
	int err = changes_save(&o->changes);

	if (err)
		log_error("%s: its overlay: %s; the last changes are lost",
			  disk->name, strerror(-err));
	if (o->is_told && changes_any(&o->changes))
		log_warn("%s: what was written to it is forgotten, others "
			 "begin with the same; overlay=FILE keeps it, "
			 "rw changes it",
			 disk->name);
	if (disk->unused)
		changes_forget(&o->changes);
	changes_close(&o->changes);
	disk_close(o->base);
}

static const struct disk_format overlay = {
	.name = "overlay",
	.what = "what is written to FILE goes to another file, or is forgotten",
	.size = sizeof(struct overlay),
	.open = overlay_open,
	.read = overlay_read,
	.read_now = overlay_read_now,
	.write = overlay_write,
	.flush = overlay_flush,
	.discard = overlay_discard,
	.zero = overlay_zero,
	.place = overlay_place,
	.mark = IF_ON(CONFIG_SNAPSHOT, overlay_mark),
	.save = IF_ON(CONFIG_SNAPSHOT, overlay_save),
	.restore = IF_ON(CONFIG_SNAPSHOT, overlay_restore),
	.abort = overlay_abort,
	.close = overlay_close,
};

DISK(overlay);
