/*
 * Whose files are. With the host's owners a guest changes those of the host, as far
 * as the user who runs this may. Mapped, they are kept in attributes next to the
 * file, which is the user's own and stays readable and writable for him: a guest's
 * root may give files away without there being a root here. The attributes are
 * those of QEMU's security_model=mapped-xattr, so either reads what the other left.
 *
 * What cannot have such attributes, a link, stays its owner's.
 */
#define _GNU_SOURCE /* AT_EMPTY_PATH */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "virtio/p9/p9.h"

#define PREFIX	 "user.virtfs."
#define UID	 PREFIX "uid" /* 4 bytes, little endian */
#define GID	 PREFIX "gid"
#define MODE	 PREFIX "mode"
#define RDEV	 PREFIX "rdev" /* 8 bytes */
#define LIST_MAX 1024	       /* of names; a longer list has ours, perhaps */

bool p9_xattr_is_ours(const struct p9 *p9, const char *name)
{
	return p9->share->mapped && !strncmp(name, PREFIX, strlen(PREFIX));
}

static bool get(const char *path, const char *name, void *val, size_t len)
{
	return getxattr(path, name, val, len) == (ssize_t)len;
}

static int set(const char *path, const char *name, const void *val, size_t len)
{
	return setxattr(path, name, val, len, 0) ? -errno : 0;
}

/* Most files have none: one call finds out. */
static bool has_any(const char *path)
{
	char list[LIST_MAX + sizeof(PREFIX)];
	const ssize_t len = listxattr(path, list, LIST_MAX);

	return len < 0 ? errno == ERANGE :
			 memmem(list, len, PREFIX, strlen(PREFIX)) != NULL;
}

/* A file may be anything to the guest, a directory is one. */
static mode_t mode_of(const char *path, mode_t mode)
{
	uint32_t mapped;

	if (!get(path, MODE, &mapped, sizeof(mapped)))
		return mode;
	mode = (mode & S_IFMT) | (mapped & 07777);
	if (!S_ISREG(mode))
		return mode;
	switch (mapped & S_IFMT) {
	case S_IFLNK:
	case S_IFIFO:
	case S_IFSOCK:
	case S_IFCHR:
	case S_IFBLK:
		return mapped & (S_IFMT | 07777);
	default:
		return mode;
	}
}

void p9_owner_look(struct p9 *p9, int fd, struct stat *stat)
{
	char path[P9_FD_PATH];
	uint32_t id;
	uint64_t rdev;

	if (!p9->share->mapped || S_ISLNK(stat->st_mode))
		return;
	p9_fd_path(fd, path);
	if (!has_any(path))
		return;
	if (get(path, UID, &id, sizeof(id)))
		stat->st_uid = id;
	if (get(path, GID, &id, sizeof(id)))
		stat->st_gid = id;
	stat->st_mode = mode_of(path, stat->st_mode);
	if ((S_ISCHR(stat->st_mode) || S_ISBLK(stat->st_mode)) &&
	    get(path, RDEV, &rdev, sizeof(rdev)))
		stat->st_rdev = rdev;
}

static int set_ids(const char *path, uint32_t uid, uint32_t gid)
{
	int err = 0;

	if (uid != P9_NOBODY)
		err = set(path, UID, &uid, sizeof(uid));
	if (!err && gid != P9_NOBODY)
		err = set(path, GID, &gid, sizeof(gid));
	return err;
}

int p9_owner_set(struct p9 *p9, int fd, uint32_t uid, uint32_t gid)
{
	char path[P9_FD_PATH];
	struct stat stat;

	if (!p9->share->mapped)
		return fchownat(fd, "", uid, gid, AT_EMPTY_PATH) ? -errno : 0;
	if (fstat(fd, &stat))
		return -errno;
	if (S_ISLNK(stat.st_mode))
		return 0;
	p9_fd_path(fd, path);
	return set_ids(path, uid, gid);
}

/* Nobody gets more than the guest gave him, and its bits that give a program
 * another user never are the host's. */
mode_t p9_mode_made(const struct p9 *p9, mode_t mode)
{
	if (!p9->share->mapped)
		return mode & 07777;
	return (mode & 0777) | (S_ISDIR(mode) ? 0700 : 0600);
}

int p9_mode_set(struct p9 *p9, int fd, mode_t mode)
{
	char path[P9_FD_PATH];
	struct stat stat;
	uint32_t mapped;

	p9_fd_path(fd, path);
	if (!p9->share->mapped)
		return chmod(path, mode) ? -errno : 0;
	if (fstat(fd, &stat))
		return -errno;
	if (S_ISLNK(stat.st_mode))
		return -EOPNOTSUPP;
	mapped = (mode_of(path, stat.st_mode) & S_IFMT) | mode;
	if (chmod(path, p9_mode_made(p9, (stat.st_mode & S_IFMT) | mode)))
		return -errno;
	return set(path, MODE, &mapped, sizeof(mapped));
}

static int made_mapped(int fd, const struct p9_owner *owner)
{
	const uint32_t mode = owner->mode;
	const uint64_t rdev = owner->rdev;
	char path[P9_FD_PATH];
	int err;

	if (S_ISLNK(owner->mode))
		return 0;
	p9_fd_path(fd, path);
	err = set_ids(path, owner->uid, owner->gid);
	if (!err)
		err = set(path, MODE, &mode, sizeof(mode));
	if (!err && (S_ISCHR(owner->mode) || S_ISBLK(owner->mode)))
		err = set(path, RDEV, &rdev, sizeof(rdev));
	return err;
}

/* Only root can give away; to whom else it belongs, the file then stays. */
int p9_owner_made(struct p9 *p9, int fd, const struct stat *stat,
		  const struct p9_owner *owner)
{
	if (p9->share->mapped)
		return made_mapped(fd, owner);
	if (stat->st_uid == owner->uid && stat->st_gid == owner->gid)
		return 0;
	if (fchownat(fd, "", owner->uid, owner->gid, AT_EMPTY_PATH))
		return errno == EPERM ? 0 : -errno;
	if (owner->mode & (S_ISUID | S_ISGID) && !S_ISLNK(owner->mode))
		return p9_mode_set(p9, fd, owner->mode & 07777);
	return 0;
}

ssize_t p9_link_read(struct p9 *p9, struct p9_node *node, char *target)
{
	char path[P9_FD_PATH];
	ssize_t len;
	int fd;

	p9_fd_path(node->fd, path);
	if (!p9->share->mapped || !S_ISREG(node->type) ||
	    !S_ISLNK(mode_of(path, node->type))) {
		errno = EINVAL;
		return -1;
	}
	fd = p9_reopen(p9, node->fd, node->type, O_RDONLY);
	if (fd < 0) {
		errno = -fd;
		return -1;
	}
	len = pread(fd, target, P9_TEXT_MAX, 0);
	p9_close(p9, fd);
	return len;
}
