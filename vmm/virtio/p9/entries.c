/*
 * Entries of directories: made, linked, read and removed. Each call of the host
 * has the descriptor of a directory and one name.
 */
#define _GNU_SOURCE /* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "virtio/p9/p9.h"

/* What a request to make an entry begins with, and where it goes on. */
struct wish {
	struct p9_fid *fid;
	int dir; /* descriptor */
	const char *name;
};

static struct wish take_wish(struct p9 *p9, struct p9_call *call)
{
	struct wish wish;

	wish.dir = p9_take_file(p9, call, &wish.fid);
	wish.name = p9_take_text(call);
	return wish;
}

static int check(const struct p9_call *call, const struct wish *wish)
{
	if (call->bad)
		return -EPROTO;
	return wish->dir < 0 ? wish->dir : p9_name_check(wish->name);
}

/* What has just been made gets its owner; the guest is told what it is. */
static int made(struct p9 *p9, struct p9_call *call, const struct wish *wish,
		struct p9_owner *owner)
{
	const int fd = p9_open_at(p9, wish->dir, wish->name, O_PATH, 0);
	struct p9_qid qid;
	struct stat stat;
	int err;

	if (fd < 0)
		return fd;
	owner->uid = wish->fid->uid;
	err = fstat(fd, &stat) ? -errno : p9_owner_made(p9, fd, &stat, owner);
	p9_close(p9, fd);
	if (err) {
		unlinkat(wish->dir, wish->name,
			 S_ISDIR(owner->mode) ? AT_REMOVEDIR : 0);
		return err;
	}
	p9_qid_of(p9, &stat, &qid);
	p9_put_qid(call, &qid);
	return 0;
}

int p9_mkdir(struct p9 *p9, struct p9_call *call)
{
	const struct wish wish = take_wish(p9, call);
	struct p9_owner owner = { .mode = (p9_take32(call) & 07777) | S_IFDIR };
	int err;

	owner.gid = p9_take32(call);
	err = check(call, &wish);
	if (err)
		return err;
	if (mkdirat(wish.dir, wish.name, p9_mode_made(p9, owner.mode)))
		return -errno;
	return made(p9, call, &wish, &owner);
}

/* Its target is text, which nobody here follows. */
int p9_symlink(struct p9 *p9, struct p9_call *call)
{
	const struct wish wish = take_wish(p9, call);
	const char *target = p9_take_text(call);
	struct p9_owner owner = { .mode = S_IFLNK | 0777 };
	int err;

	owner.gid = p9_take32(call);
	err = check(call, &wish);

	if (err)
		return err;
	if (symlinkat(target, wish.dir, wish.name))
		return -errno;
	return made(p9, call, &wish, &owner);
}

/* Where owners are kept in attributes, a device is one by its mode there. */
int p9_mknod(struct p9 *p9, struct p9_call *call)
{
	const struct wish wish = take_wish(p9, call);
	struct p9_owner owner = { .mode = p9_take32(call) };
	const uint32_t major = p9_take32(call), minor = p9_take32(call);
	mode_t mode = owner.mode;
	int err;

	owner.gid = p9_take32(call);
	err = check(call, &wish);
	if (err)
		return err;
	if (S_ISDIR(mode) || S_ISLNK(mode))
		return -EINVAL;
	if (S_ISCHR(mode) || S_ISBLK(mode))
		owner.rdev = makedev(major, minor);
	if (p9->share->mapped)
		mode = S_IFREG | p9_mode_made(p9, mode);
	if (mknodat(wish.dir, wish.name, mode,
		    p9->share->mapped ? 0 : owner.rdev))
		return -errno;
	return made(p9, call, &wish, &owner);
}

int p9_link(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *dir, *fid;
	const int dir_fd = p9_take_file(p9, call, &dir);
	const int fd = p9_take_file(p9, call, &fid);
	const char *name = p9_take_text(call);
	const int err = p9_name_check(name);
	char path[P9_FD_PATH];

	if (call->bad)
		return -EPROTO;
	if (dir_fd < 0 || fd < 0)
		return dir_fd < 0 ? dir_fd : fd;
	if (err)
		return err;
	p9_fd_path(fd, path);
	return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) ?
		       -errno :
		       0;
}

int p9_readlink(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid;
	const int fd = p9_take_file(p9, call, &fid);
	char target[P9_TEXT_MAX];
	ssize_t len;

	if (fd < 0)
		return fd;
	if (fid->node->type == S_IFLNK)
		len = readlinkat(fd, "", target, sizeof(target));
	else
		len = p9_link_read(p9, fid->node, target);
	if (len < 0)
		return -errno;
	p9_put_text(call, target, len);
	return 0;
}

int p9_unlinkat(struct p9 *p9, struct p9_call *call)
{
	const struct wish wish = take_wish(p9, call);
	const uint32_t flags = p9_take32(call);
	const int err = check(call, &wish);

	if (err || call->bad)
		return err ? err : -EPROTO;
	if (flags & ~(uint32_t)AT_REMOVEDIR)
		return -EINVAL;
	return unlinkat(wish.dir, wish.name, flags) ? -errno : 0;
}
