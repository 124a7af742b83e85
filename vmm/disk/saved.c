/*
 * What is remembered of a disk: see include/disk.h, "Snapshots" and "Copies".
 *
 * A file is known by its length and the time of its last change, to the nanosecond.
 * Its inode is not looked at, as a file that was moved together with its snapshot is
 * the same; its bytes are not read, since that would take longer than all else.
 */
#include <errno.h>
#include <string.h>

#include "device.h"
#include "disk.h"
#include "feature.h"
#include "util/log.h"
#include "util/stash.h"

static const struct feature check = {
	.name = "disk-check",
	.what = "restoring a guest whose disks have changed is refused",
};
FEATURE(check);

struct saved {
	uint64_t size;
	struct disk_mark mark;
	uint8_t inside; /* its changes follow */
	uint8_t unused[7];
};

static const char *reason_of(int err)
{
	return err == -EFBIG ?
		       "too much was written to it to go into a "
		       "snapshot; with overlay=FILE behind its name that "
		       "stays in a file" :
		       strerror(-err);
}

static int save_changes(struct disk *disk, struct board *board,
			struct stash *out)
{
	if (disk->format->save)
		return disk->format->save(disk, out);
	board_refuse(board,
		     "%s: this guest writes to it, so no copy of the guest can "
		     "have it; overlay=FILE or format=overlay behind its name "
		     "lets it be",
		     disk->name);
	return 0;
}

void disk_save(struct disk *disk, struct board *board, struct stash *out)
{
	const bool inside = !disk->read_only &&
			    (disk->forgets || board_forks(board));
	struct saved saved = { .size = disk->size, .inside = inside };
	int err = 0;

	if (!inside && disk->format->mark)
		err = disk->format->mark(disk, &saved.mark);
	STASH_PUT(out, saved);
	if (!err && inside)
		err = save_changes(disk, board, out);
	if (err)
		board_refuse(board, "%s: %s", disk->name, reason_of(err));
}

static bool is_marked(const struct disk_mark *mark)
{
	return mark->changed_s || mark->changed_ns;
}

static bool has_changed(const struct disk *disk, const struct disk_mark *mark)
{
	return is_marked(mark) &&
	       (mark->changed_s != disk->changed.tv_sec ||
		mark->changed_ns != (uint64_t)disk->changed.tv_nsec);
}

static bool refuse_change(const struct disk *disk, struct board *board)
{
	board_refuse(
		board,
		"%s: it was written to since the guest was saved, who does "
		"not know that and would damage what is on it; "
		"--no-disk-check takes it as it is",
		disk->name);
	return false;
}

static bool restore_changes(struct disk *disk, struct board *board,
			    struct stash *in)
{
	const bool checks = board_has(board, check.name);
	int err = disk->format->restore(disk, in, checks);

	if (err == -ESTALE)
		return refuse_change(disk, board);
	if (err && err != -EINVAL)
		board_refuse(board, "%s: its overlay: %s", disk->name,
			     strerror(-err));
	return !err;
}

bool disk_restore(struct disk *disk, struct board *board, struct stash *in)
{
	struct saved saved;

	STASH_GET(in, saved);
	if (in->bad || saved.inside > 1)
		return false;
	if (saved.size != disk->size) {
		board_refuse(board,
			     "%s: it has %llu bytes, and had %llu when the "
			     "guest was saved: it is another disk",
			     disk->name, (unsigned long long)disk->size,
			     (unsigned long long)saved.size);
		return false;
	}
	if (saved.inside)
		return disk->forgets && disk->format->restore &&
		       restore_changes(disk, board, in);
	if (has_changed(disk, &saved.mark) && board_has(board, check.name))
		return refuse_change(disk, board);
	return true;
}
