/*
 * Files that are open: made, read, written. What is read goes straight to where
 * the guest wants it, and what it writes comes from there.
 */
#define _GNU_SOURCE /* O_PATH, preadv() */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "virtio/p9/p9.h"

/* What the guest may ask for; the numbers are those of Linux on x86, O_LARGEFILE
 * and O_DIRECT aside, which are hints to its own kernel. */
#define OPEN_FLAGS (O_ACCMODE | O_TRUNC | O_APPEND | O_DSYNC | O_SYNC)

static bool changes(uint32_t flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
}

int p9_lopen(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid;
	const int path = p9_take_file(p9, call, &fid);
	const uint32_t flags = p9_take32(call);
	int fd;

	if (call->bad)
		return -EPROTO;
	if (path < 0)
		return path;
	if (p9_fid_is_taken(fid))
		return -EBUSY;
	if (fid->node->type == S_IFDIR && changes(flags))
		return -EISDIR;
	if (p9->share->ro && changes(flags))
		return -EROFS;
	fd = p9_reopen(p9, path, fid->node->type, flags & OPEN_FLAGS);
	if (fd < 0)
		return fd;
	fid->fd = fd;
	fid->offset = 0;
	p9_put_qid(call, &fid->node->qid);
	p9_put32(call, 0); /* as much at once as a message holds */
	return 0;
}

/* One that is there already: looked at before it is opened. */
static int open_old(struct p9 *p9, int dir, const char *name, int flags)
{
	const int path = p9_open_at(p9, dir, name, O_PATH, 0);
	struct stat stat;
	int fd;

	if (path < 0)
		return path;
	fd = fstat(path, &stat) ?
		     -errno :
	     S_ISDIR(stat.st_mode) ?
		     -EISDIR :
		     p9_reopen(p9, path, stat.st_mode & S_IFMT, flags);
	p9_close(p9, path);
	return fd;
}

static int open_new(struct p9 *p9, int dir, const char *name, int flags,
		    const struct p9_owner *owner)
{
	struct stat stat;
	int err, fd = p9_open_at(p9, dir, name, flags | O_CREAT | O_EXCL,
				 p9_mode_made(p9, owner->mode));

	if (fd < 0)
		return fd;
	err = fstat(fd, &stat) ? -errno : p9_owner_made(p9, fd, &stat, owner);
	if (!err)
		return fd;
	unlinkat(dir, name, 0);
	p9_close(p9, fd);
	return err;
}

/* The fid of the directory stands for the file from now on. */
static int become(struct p9 *p9, struct p9_fid *fid, int fd)
{
	struct p9_node *node;
	int err;

	node = p9_node_new(p9, p9_reopen(p9, fd, S_IFREG, O_PATH), &err);
	if (!node) {
		p9_close(p9, fd);
		return err;
	}
	p9_node_put(p9, fid->node);
	fid->node = node;
	fid->fd = fd;
	return 0;
}

int p9_lcreate(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid;
	const int dir = p9_take_file(p9, call, &fid);
	const char *name = p9_take_text(call);
	const uint32_t flags = p9_take32(call);
	struct p9_owner owner = { .mode = p9_take32(call) & 07777 };
	int err, fd;

	owner.gid = p9_take32(call);
	if (call->bad)
		return -EPROTO;
	if (dir < 0)
		return dir;
	if (p9_fid_is_taken(fid))
		return -EBUSY;
	owner.uid = fid->uid;
	owner.mode |= S_IFREG;
	fd = open_new(p9, dir, name, flags & OPEN_FLAGS, &owner);
	if (fd == -EEXIST && !(flags & O_EXCL))
		fd = open_old(p9, dir, name, flags & OPEN_FLAGS);
	err = fd < 0 ? fd : become(p9, fid, fd);
	if (err)
		return err;
	p9_put_qid(call, &fid->node->qid);
	p9_put32(call, 0);
	return 0;
}

int p9_read(struct p9 *p9, struct p9_call *call)
{
	const struct p9_fid *fid = p9_take_fid(p9, call);
	const uint64_t offset = p9_take64(call);
	size_t count = p9_take32(call);
	unsigned int nr;
	ssize_t len;
	int err;

	if (call->bad)
		return -EPROTO;
	err = fid && fid->xattr ? 0 : p9_fid_check(fid);
	if (err)
		return err;
	if (!fid->xattr && fid->node->type == S_IFDIR)
		return -EISDIR;
	if (count > call->room - P9_READ_HEAD)
		count = call->room - P9_READ_HEAD;
	nr = p9_iov_cut(call->in, P9_READ_HEAD, count, p9->pieces,
			P9_PIECES_MAX);
	len = fid->xattr ? p9_xattr_read(fid, offset, p9->pieces, nr) :
			   preadv(fid->fd, p9->pieces, nr, offset);
	if (len < 0)
		return fid->xattr ? len : -errno;
	p9_put32(call, len);
	call->in_data = len;
	return 0;
}

int p9_write(struct p9 *p9, struct p9_call *call)
{
	const struct p9_fid *fid = p9_take_fid(p9, call);
	const uint64_t offset = p9_take64(call);
	const uint32_t count = p9_take32(call);
	unsigned int nr;
	ssize_t len;
	int err;

	if (call->bad || count > call->out_data)
		return -EPROTO;
	err = fid && fid->xattr ? 0 : p9_fid_check(fid);
	if (err)
		return err;
	nr = p9_iov_cut(call->out, P9_WRITE_HEAD, count, p9->pieces,
			P9_PIECES_MAX);
	len = fid->xattr ? p9_xattr_write(fid, offset, p9->pieces, nr) :
			   pwritev(fid->fd, p9->pieces, nr, offset);
	if (len < 0)
		return fid->xattr ? len : -errno;
	p9_put32(call, len);
	return 0;
}

int p9_fsync(struct p9 *p9, struct p9_call *call)
{
	const struct p9_fid *fid = p9_take_fid(p9, call);
	const bool data_only = call->at < call->end && p9_take32(call);
	int err;

	if (call->bad)
		return -EPROTO;
	err = p9_fid_check(fid);
	if (err)
		return err;
	return (data_only ? fdatasync(fid->fd) : fsync(fid->fd)) ? -errno : 0;
}
