/*
 * The table of the locks that processes of the guest have, per file.
 */
#include <stdlib.h>

#include "virtio/p9/locks.h"

bool lock_overlaps(const struct lock *lock, uint64_t start, uint64_t end)
{
	return lock->start <= end && lock->end >= start;
}

const struct lock *lock_rival(const struct p9_lock_file *file,
			      const struct want *want)
{
	const struct lock *lock = file ? file->locks : NULL;

	for (; lock; lock = lock->next)
		if (lock->owner != want->owner &&
		    lock_overlaps(lock, want->start, want->end) &&
		    (lock->type == WRITE_LOCK || want->type == WRITE_LOCK))
			return lock;
	return NULL;
}

struct p9_lock_file *lock_file_of(const struct p9 *p9,
				  const struct p9_node *node)
{
	struct p9_lock_file *file = p9->lock_files;

	while (file && (file->ino != node->ino || file->dev != node->dev))
		file = file->next;
	return file;
}

struct lock *lock_add(struct p9 *p9, struct p9_lock_file *file)
{
	struct lock *lock =
		p9->nr_locks < P9_LOCKS_MAX ? malloc(sizeof(*lock)) : NULL;

	if (!lock)
		return NULL;
	lock->next = file->locks;
	file->locks = lock;
	p9->nr_locks++;
	return lock;
}

void lock_remove(struct p9 *p9, struct lock **link)
{
	struct lock *lock = *link;

	*link = lock->next;
	p9->nr_locks--;
	free(lock);
}

bool lock_cut(struct p9 *p9, struct p9_lock_file *file, uint32_t owner,
	      uint64_t start, uint64_t end)
{
	struct lock **link = &file->locks, *rest;

	while (*link) {
		struct lock *lock = *link;

		if (lock->owner != owner || !lock_overlaps(lock, start, end)) {
			link = &lock->next;
		} else if (lock->start >= start && lock->end <= end) {
			lock_remove(p9, link);
		} else if (lock->start < start && lock->end > end) {
			rest = lock_add(p9, file);
			if (!rest)
				return false;
			*rest = (struct lock){ rest->next, owner,   lock->fid,
					       lock->type, end + 1, lock->end };
			lock->end = start - 1;
			return true;
		} else if (lock->start < start) {
			lock->end = start - 1;
		} else {
			lock->start = end + 1;
		}
	}
	return true;
}
