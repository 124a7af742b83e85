/*
 * Extended attributes: Txattrwalk makes a fid that is read like a file,
 * Txattrcreate turns one into what is written like a file and set when it is given
 * up. Those in which owners are kept are not for the guest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "virtio/p9/p9.h"

struct p9_xattr *p9_xattr_make(struct p9 *p9, const char *name, size_t size,
			       int *err)
{
	struct p9_xattr *xattr;

	*err = strlen(name) > P9_NAME_MAX		? -ERANGE :
	       size > P9_XATTR_MAX			? -E2BIG :
	       p9->xattr_bytes + size > P9_XATTRS_TOTAL ? -ENOSPC :
							  0;
	if (*err)
		return NULL;
	xattr = calloc(1, sizeof(*xattr) + size);
	if (!xattr) {
		*err = -ENOMEM;
		return NULL;
	}
	memcpy(xattr->name, name, strlen(name) + 1);
	xattr->size = size;
	p9->xattr_bytes += sizeof(*xattr) + size;
	return xattr;
}

static void give_up(struct p9 *p9, struct p9_xattr *xattr)
{
	p9->xattr_bytes -= sizeof(*xattr) + xattr->size;
	free(xattr);
}

/* Without the names that are ours. */
static size_t list_guests(const struct p9 *p9, char *list, size_t len)
{
	size_t kept = 0, size;

	for (size_t at = 0; at < len; at += size) {
		size = strnlen(list + at, len - at) + 1;
		if (size > len - at)
			break;
		if (p9_xattr_is_ours(p9, list + at))
			continue;
		memmove(list + kept, list + at, size);
		kept += size;
	}
	return kept;
}

static ssize_t get(const char *path, const char *name, char *val, size_t size)
{
	const ssize_t len = *name ? getxattr(path, name, val, size) :
				    listxattr(path, val, size);

	return len < 0 ? -errno : len;
}

/* The value of @name, or with "" the list of names. */
static struct p9_xattr *fetch(struct p9 *p9, int fd, const char *name, int *err)
{
	char path[P9_FD_PATH];
	struct p9_xattr *xattr;
	ssize_t len;

	p9_fd_path(fd, path);
	len = p9_xattr_is_ours(p9, name) ? -ENODATA : get(path, name, NULL, 0);
	*err = len < 0 ? len : 0;
	xattr = *err ? NULL : p9_xattr_make(p9, name, len, err);
	if (!xattr)
		return NULL;
	len = len ? get(path, name, xattr->value, len) : 0;
	if (len < 0) {
		*err = len;
		give_up(p9, xattr);
		return NULL;
	}
	xattr->filled = *name ? (size_t)len :
				list_guests(p9, xattr->value, len);
	return xattr;
}

int p9_xattrwalk(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call), *new;
	const uint32_t number = p9_take32(call);
	const char *name = p9_take_text(call);
	struct p9_xattr *xattr;
	int err, fd;

	if (call->bad)
		return -EPROTO;
	fd = fid ? p9_fid_fd(p9, fid) : -EBADF;
	if (fd < 0)
		return fd;
	xattr = fetch(p9, fd, name, &err);
	if (!xattr)
		return err;
	new = p9_fid_new(p9, number, fid->node, fid->uid, &err);
	if (!new) {
		give_up(p9, xattr);
		return err;
	}
	new->xattr = xattr;
	p9_put64(call, xattr->filled);
	return 0;
}

int p9_xattrcreate(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call);
	const char *name = p9_take_text(call);
	const uint64_t size = p9_take64(call);
	const uint32_t flags = p9_take32(call);
	int err;

	if (call->bad)
		return -EPROTO;
	if (!fid)
		return -EBADF;
	if (p9_fid_is_taken(fid))
		return -EBUSY;
	if (p9_xattr_is_ours(p9, name))
		return -EPERM;
	if (!*name || flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	fid->xattr = p9_xattr_make(p9, name, size, &err);
	if (!fid->xattr)
		return err;
	fid->xattr->is_written = true;
	fid->xattr->flags = flags;
	return 0;
}

ssize_t p9_xattr_read(const struct p9_fid *fid, uint64_t offset,
		      const struct iovec *iov, unsigned int nr)
{
	const struct p9_xattr *xattr = fid->xattr;
	size_t len = p9_iov_len(iov, nr);

	if (xattr->is_written)
		return -EBADF;
	if (offset >= xattr->filled)
		return 0;
	if (len > xattr->filled - offset)
		len = xattr->filled - offset;
	p9_iov_put(iov, 0, xattr->value + offset, len);
	return len;
}

ssize_t p9_xattr_write(const struct p9_fid *fid, uint64_t offset,
		       const struct iovec *iov, unsigned int nr)
{
	struct p9_xattr *xattr = fid->xattr;
	const size_t len = p9_iov_len(iov, nr);

	if (!xattr->is_written)
		return -EBADF;
	if (offset > xattr->size || len > xattr->size - offset)
		return -ENOSPC;
	p9_iov_get(iov, 0, xattr->value + offset, len);
	if (xattr->filled < offset + len)
		xattr->filled = offset + len;
	return len;
}

/* Nothing, to replace something: the Linux client's way to remove it. */
static int set(struct p9 *p9, struct p9_fid *fid)
{
	const struct p9_xattr *xattr = fid->xattr;
	const int fd = p9_fid_fd(p9, fid);
	char path[P9_FD_PATH];

	if (fd < 0)
		return fd;
	if (xattr->filled < xattr->size)
		return -EINVAL;
	p9_fd_path(fd, path);
	if (!xattr->size && xattr->flags == XATTR_REPLACE)
		return removexattr(path, xattr->name) ? -errno : 0;
	return setxattr(path, xattr->name, xattr->value, xattr->size,
			xattr->flags) ?
		       -errno :
		       0;
}

int p9_xattr_drop(struct p9 *p9, struct p9_fid *fid)
{
	int err = 0;

	if (!fid->xattr)
		return 0;
	if (fid->xattr->is_written)
		err = set(p9, fid);
	give_up(p9, fid->xattr);
	fid->xattr = NULL;
	return err;
}
