/*
 * What is remembered of a share: the fids that the guest has, by the paths of their
 * files beneath the root. Restored, a fid is like one whose descriptor was lent out
 * (reserve.c): its file is looked up when it is needed, and if another one is in that
 * place, or none, the fid is stale.
 *
 * What is open is opened again at once, and locks are taken again. Where that
 * fails, all that is done through this fid fails, ESTALE or EIO, and nothing else.
 * A file that was removed while it was open has no path, and is lost.
 */
#define _GNU_SOURCE /* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/stash.h"
#include "virtio/p9/locks.h"

/* How a file was opened, as far as that lasts. */
#define ERRNO_MAX 4095
#define LASTING	  (O_ACCMODE | O_APPEND | O_DSYNC | O_SYNC)

struct saved {
	uint64_t dev, ino; /* of the root */
	uint32_t msize;
	uint32_t nr_devices, nr_fids, nr_locks;
};

struct saved_fid {
	uint32_t number, uid;
	uint64_t dev, ino;
	uint64_t qid_path;
	uint32_t qid_version;
	uint32_t type; /* S_IFMT */
	uint32_t flags;
	int32_t lost;
	uint16_t path_len;
	uint8_t qid_type;
	uint8_t is_root;   /* that itself */
	uint8_t is_open;   /* or lost */
	uint8_t has_xattr; /* follows the path */
	uint8_t unused[2];
};

struct saved_xattr {
	char name[P9_NAME_MAX + 1];
	uint64_t size, filled;
	int32_t flags;
	uint32_t is_written;
};

struct saved_lock {
	uint32_t number, owner, type, unused;
	uint64_t start, end;
};

/* --- Saving ---------------------------------------------------------------- */

/* Where the node's file is, P9_TEXT_MAX bytes at @path. False: nowhere that it
 * could be found again. */
static bool find_path(struct p9 *p9, const struct p9_node *node, char *path)
{
	struct stat stat;

	if (node->fd < 0) {
		if (!node->path || strlen(node->path) >= P9_TEXT_MAX)
			return false;
		memcpy(path, node->path, strlen(node->path) + 1);
		return true;
	}
	if (p9_path_of(p9, node->fd, path))
		return false;
	if (!*path)
		return node->dev == p9->root.dev && node->ino == p9->root.ino;
	return !fstatat(p9->share->root, path, &stat, AT_SYMLINK_NOFOLLOW) &&
	       stat.st_dev == node->dev && stat.st_ino == node->ino;
}

static void save_xattr(const struct p9_xattr *xattr, struct stash *out)
{
	struct saved_xattr saved = { .size = xattr->size,
				     .filled = xattr->filled,
				     .flags = xattr->flags,
				     .is_written = xattr->is_written };

	memcpy(saved.name, xattr->name, sizeof(saved.name));
	STASH_PUT(out, saved);
	stash_put(out, xattr->value, xattr->size);
}

static void save_fid(struct p9 *p9, const struct p9_fid *fid, struct stash *out)
{
	const struct p9_node *node = fid->node;
	char path[P9_TEXT_MAX] = "";
	struct saved_fid saved = {
		.number = fid->number,
		.uid = fid->uid,
		.dev = node->dev,
		.ino = node->ino,
		.qid_path = node->qid.path,
		.qid_version = node->qid.version,
		.qid_type = node->qid.type,
		.type = node->type,
		.lost = fid->lost,
		.is_root = node == &p9->root,
		.is_open = fid->fd >= 0 || fid->lost,
		.has_xattr = fid->xattr != NULL,
	};

	if (fid->fd >= 0)
		saved.flags = fcntl(fid->fd, F_GETFL) & LASTING;
	if (!saved.is_root && !find_path(p9, node, path)) {
		*path = '\0';
		saved.lost = saved.is_open ? -ESTALE : 0;
		saved.ino = 0; /* no file's */
	}
	saved.path_len = strlen(path);
	STASH_PUT(out, saved);
	stash_put(out, path, saved.path_len);
	if (fid->xattr)
		save_xattr(fid->xattr, out);
}

static void save_locks(const struct p9 *p9, struct stash *out)
{
	const struct p9_lock_file *file;
	const struct lock *lock;

	for (file = p9->lock_files; file; file = file->next)
		for (lock = file->locks; lock; lock = lock->next) {
			const struct saved_lock saved = {
				.number = lock->fid->number,
				.owner = lock->owner,
				.type = lock->type,
				.start = lock->start,
				.end = lock->end,
			};

			STASH_PUT(out, saved);
		}
}

void p9_save(struct p9 *p9, struct stash *out)
{
	const struct saved saved = {
		.dev = p9->root.dev,
		.ino = p9->root.ino,
		.msize = p9->msize,
		.nr_devices = p9->nr_devices,
		.nr_fids = p9->nr_fids,
		.nr_locks = p9->nr_locks,
	};

	STASH_PUT(out, saved);
	for (unsigned int i = 0; i < p9->nr_devices; i++) {
		uint64_t dev = p9->devices[i];

		STASH_PUT(out, dev);
	}
	for (size_t i = 0; i < p9->nr_slots; i++)
		for (struct p9_fid *fid = p9->slots[i]; fid; fid = fid->next)
			save_fid(p9, fid, out);
	save_locks(p9, out);
}

/* --- Restoring ------------------------------------------------------------- */

/* The same file system may have another number after the host has started anew. */
static dev_t dev_now(const struct p9 *p9, const struct saved *s, uint64_t dev)
{
	return dev == s->dev ? p9->root.dev : (dev_t)dev;
}

/* A node without a descriptor; used once. */
static struct p9_node *restore_node(struct p9 *p9, const struct saved *s,
				    const struct saved_fid *f, const char *path)
{
	struct p9_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	*node = (struct p9_node){
		.fd = -1,
		.refs = 1,
		.type = f->type,
		.qid = { f->qid_type, f->qid_version, f->qid_path },
		.dev = dev_now(p9, s, f->dev),
		.ino = f->ino,
		.path = strndup(path, f->path_len),
	};
	if (node->path) {
		p9->nr_lent++;
		return node;
	}
	p9_node_put(p9, node);
	return NULL;
}

/* The guest may have what it had, and no more. */
static int open_again(struct p9 *p9, struct p9_fid *fid, int flags)
{
	const int path = p9_node_fd(p9, fid->node);
	int fd;

	if (path < 0)
		return path;
	if (p9->share->ro && (flags & O_ACCMODE) != O_RDONLY)
		return -EROFS;
	fd = p9_reopen(p9, path, fid->node->type, flags);
	if (fd < 0)
		return fd;
	fid->fd = fd;
	fid->offset = -1; /* goes where the guest wants to read on */
	return 0;
}

static bool restore_xattr(struct p9 *p9, struct p9_fid *fid, struct stash *in)
{
	struct saved_xattr s;
	int err;

	STASH_GET(in, s);
	if (in->bad || !memchr(s.name, '\0', sizeof(s.name)) ||
	    s.size > P9_XATTR_MAX || s.filled > s.size || s.is_written > 1 ||
	    (s.is_written && (p9->share->ro || p9_xattr_is_ours(p9, s.name))))
		return false;
	fid->xattr = p9_xattr_make(p9, s.name, s.size, &err);
	if (!fid->xattr)
		return false;
	stash_get(in, fid->xattr->value, s.size);
	fid->xattr->flags = s.flags;
	fid->xattr->is_written = s.is_written && !in->bad;
	fid->xattr->filled = s.filled;
	return !in->bad;
}

static struct p9_fid *add_fid(struct p9 *p9, const struct saved *s,
			      const struct saved_fid *f, const char *path)
{
	struct p9_node *node = f->is_root ? &p9->root :
					    restore_node(p9, s, f, path);
	struct p9_fid *fid;
	int err;

	if (!node)
		return NULL;
	fid = p9_fid_new(p9, f->number, node, f->uid, &err);
	if (!f->is_root)
		p9_node_put(p9, node);
	return fid;
}

static bool restore_fid(struct p9 *p9, const struct saved *s, struct stash *in)
{
	struct p9_fid *fid;
	struct saved_fid f;
	const char *path;

	STASH_GET(in, f);
	path = stash_take(in, f.path_len);
	if (in->bad || f.path_len >= P9_TEXT_MAX || f.is_root > 1 ||
	    f.is_open > 1 || f.has_xattr > 1 || f.type & ~S_IFMT ||
	    f.lost > 0 || f.lost < -ERRNO_MAX)
		return false;
	fid = add_fid(p9, s, &f, path);
	if (!fid)
		return false;
	fid->lost = f.lost;
	if (f.is_open && !f.lost)
		fid->lost = open_again(p9, fid, f.flags & LASTING);
	return !f.has_xattr || restore_xattr(p9, fid, in);
}

/* What others have locked meanwhile, is lost: whoever had the lock must not think
 * that he has it. */
static bool restore_lock(struct p9 *p9, struct stash *in)
{
	struct saved_lock s;
	struct p9_fid *fid;
	struct want want;

	STASH_GET(in, s);
	fid = p9_fid_find(p9, s.number);
	if (in->bad || !fid || s.type >= NO_LOCK || s.start > s.end ||
	    s.end > INT64_MAX)
		return false;
	want = (struct want){ s.type, s.owner, s.start, s.end };
	if (fid->fd >= 0 && !p9_lock_again(p9, fid, &want)) {
		p9_locks_drop(p9, fid);
		p9_close(p9, fid->fd);
		fid->fd = -1;
		fid->lost = -EIO;
	}
	return true;
}

static bool restore_devices(struct p9 *p9, const struct saved *s,
			    struct stash *in)
{
	if (!s->nr_devices || s->nr_devices > P9_DEVICES_MAX)
		return false;
	for (unsigned int i = 0; i < s->nr_devices; i++) {
		uint64_t dev;

		STASH_GET(in, dev);
		p9->devices[i] = dev_now(p9, s, dev);
	}
	p9->nr_devices = s->nr_devices;
	return !in->bad;
}

int p9_restore(struct p9 *p9, struct stash *in)
{
	struct saved s;
	bool good;

	STASH_GET(in, s);
	if (s.msize < P9_MSIZE_MIN || s.msize > P9_MSIZE_MAX ||
	    s.nr_fids > P9_FIDS_MAX || s.nr_locks > P9_LOCKS_MAX)
		return -EINVAL;
	if (s.ino != p9->root.ino)
		return -ESTALE;
	p9->msize = s.msize;
	good = restore_devices(p9, &s, in);
	for (uint32_t i = 0; i < s.nr_fids && good; i++)
		good = restore_fid(p9, &s, in);
	for (uint32_t i = 0; i < s.nr_locks && good; i++)
		good = restore_lock(p9, in);
	return good ? 0 : -EINVAL;
}
