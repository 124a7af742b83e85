/*
 * Tlock and Tgetlock: the guest's POSIX locks as locks of the host's files, so that
 * processes of the host see them.
 *
 * To the host the guest is one owner: per file there is one open file description
 * with what any of its processes holds (F_OFD_SETLK). Whose it is, a table knows,
 * so that one process that lets go takes nothing from another. Nothing waits here:
 * who finds a lock is told so (P9_LOCK_BLOCKED) and comes again.
 *
 * A lock belongs to the guest's process that took it. It ends when that unlocks the
 * range, or with the fid that it came by.
 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "virtio/p9/locks.h"

enum lock_status { LOCK_DONE, LOCK_BLOCKED, LOCK_FAILED };

static int host_lock(int fd, int cmd, enum lock_type type, uint64_t start,
		     uint64_t end, struct flock *found)
{
	static const short types[] = { F_RDLCK, F_WRLCK, F_UNLCK };
	struct flock lock = {
		.l_type = types[type],
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = end >= INT64_MAX ? 0 : end - start + 1,
	};
	int err = fcntl(fd, cmd, &lock) ? -errno : 0;

	if (found)
		*found = lock;
	return err;
}

/* A description that can have locks of both kinds, if the file can be opened so. */
static int open_for_locks(struct p9 *p9, const struct p9_fid *fid)
{
	static const int ways[] = { O_RDWR, O_RDONLY, O_WRONLY };
	int fd = -EACCES;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (p9->share->ro && ways[i] != O_RDONLY)
			continue;
		fd = p9_reopen(p9, fid->fd, fid->node->type, ways[i]);
		if (fd >= 0 || fd == -EMFILE)
			break;
	}
	return fd;
}

static struct p9_lock_file *file_make(struct p9 *p9, const struct p9_fid *fid,
				      int *err)
{
	struct p9_lock_file *file = calloc(1, sizeof(*file));
	const int fd = file ? open_for_locks(p9, fid) : -ENOMEM;

	*err = fd < 0 ? fd : 0;
	if (*err) {
		free(file);
		return NULL;
	}
	file->fd = fd;
	file->dev = fid->node->dev;
	file->ino = fid->node->ino;
	file->next = p9->lock_files;
	p9->lock_files = file;
	return file;
}

/* One without locks is not kept. */
static void file_check(struct p9 *p9, struct p9_lock_file *file)
{
	struct p9_lock_file **link = &p9->lock_files;

	if (file->locks)
		return;
	while (*link != file)
		link = &(*link)->next;
	*link = file->next;
	p9_close(p9, file->fd);
	free(file);
}

/* Unlocks on the host what nobody holds any more of @start to @end. */
static void host_unlock(const struct p9_lock_file *file, uint64_t start,
			uint64_t end)
{
	while (start <= end) {
		const struct lock *lock, *first = NULL;

		for (lock = file->locks; lock; lock = lock->next)
			if (lock_overlaps(lock, start, end) &&
			    (!first || lock->start < first->start))
				first = lock;
		if (!first || first->start > start)
			host_lock(file->fd, F_OFD_SETLK, NO_LOCK, start,
				  first ? first->start - 1 : end, NULL);
		if (!first || first->end >= end)
			return;
		start = first->end + 1;
	}
}

static int unlock(struct p9 *p9, struct p9_lock_file *file,
		  const struct want *want)
{
	if (!file)
		return LOCK_DONE;
	if (!lock_cut(p9, file, want->owner, want->start, want->end))
		return LOCK_FAILED;
	host_unlock(file, want->start, want->end);
	file_check(p9, file);
	return LOCK_DONE;
}

static int lock(struct p9 *p9, const struct p9_fid *fid,
		struct p9_lock_file *file, const struct want *want)
{
	struct lock *new;
	int err;

	if (lock_rival(file, want))
		return LOCK_BLOCKED;
	if (p9->nr_locks + 2 > P9_LOCKS_MAX)
		return -ENOLCK;
	if (!file)
		file = file_make(p9, fid, &err);
	if (!file)
		return err;
	err = host_lock(file->fd, F_OFD_SETLK, want->type, want->start,
			want->end, NULL);
	if (err) {
		file_check(p9, file);
		return err == -EAGAIN || err == -EACCES ? LOCK_BLOCKED : err;
	}
	if (!lock_cut(p9, file, want->owner, want->start, want->end))
		return -ENOLCK;
	new = lock_add(p9, file);
	if (!new)
		return -ENOLCK;
	*new = (struct lock){ new->next,  want->owner, fid,
			      want->type, want->start, want->end };
	return LOCK_DONE;
}

bool p9_lock_again(struct p9 *p9, struct p9_fid *fid, const struct want *want)
{
	if (fid->node->type != S_IFREG ||
	    lock(p9, fid, lock_file_of(p9, fid->node), want) != LOCK_DONE)
		return false;
	fid->has_locks = true;
	return true;
}

/* 0 bytes are all from @start on. */
static int take_range(struct p9_call *call, struct want *want)
{
	const uint64_t start = p9_take64(call), len = p9_take64(call);

	want->start = start;
	want->end = len ? start + len - 1 : INT64_MAX;
	want->owner = p9_take32(call);
	(void)p9_take_text(call); /* which guest, of one */
	if (call->bad)
		return -EPROTO;
	if (want->type > NO_LOCK || start > INT64_MAX || want->end < start ||
	    want->end > INT64_MAX)
		return -EINVAL;
	return 0;
}

static int check_fid(const struct p9_fid *fid)
{
	const int err = p9_fid_check(fid);

	if (err)
		return err;
	return fid->node->type == S_IFREG ? 0 : -EINVAL;
}

int p9_lock(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call);
	struct want want = { .type = p9_take8(call) };
	struct p9_lock_file *file;
	int err, status;

	p9_take32(call); /* whether to wait, which the client does */
	err = take_range(call, &want);
	if (!err)
		err = check_fid(fid);
	if (err)
		return err;
	file = lock_file_of(p9, fid->node);
	if (want.type == NO_LOCK) {
		status = unlock(p9, file, &want);
	} else {
		status = lock(p9, fid, file, &want);
		fid->has_locks |= status == LOCK_DONE;
	}
	if (status < 0)
		return status;
	p9_put8(call, status);
	return 0;
}

static void put_lock(struct p9_call *call, enum lock_type type, uint64_t start,
		     uint64_t end, uint32_t owner)
{
	p9_put8(call, type);
	p9_put64(call, start);
	p9_put64(call, end >= INT64_MAX ? 0 : end - start + 1);
	p9_put32(call, owner);
	p9_put_text(call, "", 0);
}

/* The Linux client asks with NO_LOCK, whatever its program asks for (6.1): which is
 * answered with any lock that there is. */
int p9_getlock(struct p9 *p9, struct p9_call *call)
{
	const struct p9_fid *fid = p9_take_fid(p9, call);
	struct want want = { .type = p9_take8(call) };
	const struct p9_lock_file *file;
	const struct lock *other;
	struct flock found;
	int err;

	err = take_range(call, &want);
	if (!err)
		err = check_fid(fid);
	if (err)
		return err;
	if (want.type == NO_LOCK)
		want.type = WRITE_LOCK;
	file = lock_file_of(p9, fid->node);
	other = lock_rival(file, &want);
	if (other) {
		put_lock(call, other->type, other->start, other->end,
			 other->owner);
		return 0;
	}
	err = host_lock(file ? file->fd : fid->fd, F_OFD_GETLK, want.type,
			want.start, want.end, &found);
	if (err)
		return err;
	if (found.l_type == F_UNLCK)
		put_lock(call, NO_LOCK, want.start, want.end, want.owner);
	else
		put_lock(call, found.l_type == F_WRLCK ? WRITE_LOCK : READ_LOCK,
			 found.l_start,
			 found.l_len ? found.l_start + found.l_len - 1 :
				       INT64_MAX,
			 found.l_pid);
	return 0;
}

void p9_locks_drop(struct p9 *p9, struct p9_fid *fid)
{
	struct p9_lock_file *file = lock_file_of(p9, fid->node);
	struct lock **link = file ? &file->locks : NULL;

	if (!file)
		return;
	while (*link) {
		if ((*link)->fid == fid)
			lock_remove(p9, link);
		else
			link = &(*link)->next;
	}
	host_unlock(file, 0, INT64_MAX);
	file_check(p9, file);
}
