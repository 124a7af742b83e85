/*
 * Names, and how a descriptor is made of one: always beneath the shared directory,
 * never through a link. openat2() sees to that, whatever moves meanwhile.
 */
#define _GNU_SOURCE /* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "virtio/p9/p9.h"

#define PROC "/proc/self/fd/"

int p9_name_check(const char *name)
{
	if (!*name)
		return -ENOENT;
	if (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	return strlen(name) > P9_NAME_MAX ? -ENAMETOOLONG : 0;
}

/* What the table of descriptors says to one more: once again after some were
 * given up, or not. */
static bool may_retry(struct p9 *p9, int fd)
{
	return fd < 0 && (errno == EMFILE || errno == ENFILE) && p9_reserve(p9);
}

static int count_fd(struct p9 *p9, int fd)
{
	if (fd < 0)
		return -errno;
	p9->nr_fds++;
	return fd;
}

static int open_beneath(struct p9 *p9, int dir, const char *path, int flags,
			mode_t mode)
{
	struct open_how how = {
		.flags = flags | O_NOFOLLOW | O_CLOEXEC,
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_SYMLINKS,
	};
	int fd;

	if (p9->nr_fds >= p9->fds_max && !p9_reserve(p9))
		return -EMFILE;
	do
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
	while (may_retry(p9, fd));
	return count_fd(p9, fd);
}

int p9_open_at(struct p9 *p9, int dir, const char *name, int flags, mode_t mode)
{
	const int err = p9_name_check(name);

	return err ? err : open_beneath(p9, dir, name, flags, mode);
}

int p9_open_path(struct p9 *p9, const char *path)
{
	return open_beneath(p9, p9->share->root, *path ? path : ".", O_PATH, 0);
}

/* @fd in decimal, at the end of the 12 bytes at @buf. */
static char *fd_name(int fd, char *buf)
{
	char *at = buf + 11;

	*at = 0;
	do
		*--at = '0' + fd % 10;
	while (fd /= 10);
	return at;
}

int p9_reopen(struct p9 *p9, int fd, mode_t type, int flags)
{
	char buf[12];
	const char *name = fd_name(fd, buf);
	int new;

	if (type == S_IFLNK)
		return -ELOOP;
	if (type != S_IFREG && type != S_IFDIR)
		return -ENXIO;
	if (p9->nr_fds >= p9->fds_max && !p9_reserve(p9))
		return -EMFILE;
	do
		new = openat(p9->share->proc, name,
			     flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	while (may_retry(p9, new));
	return count_fd(p9, new);
}

void p9_close(struct p9 *p9, int fd)
{
	if (fd < 0)
		return;
	close(fd);
	p9->nr_fds--;
}

void p9_fd_path(int fd, char *path)
{
	char buf[12];
	const char *name = fd_name(fd, buf);

	memcpy(path, PROC, sizeof(PROC) - 1);
	memcpy(path + sizeof(PROC) - 1, name, strlen(name) + 1);
}

/* What the host calls @fd. */
static ssize_t read_path(struct p9 *p9, int fd, char *path)
{
	char buf[12];
	ssize_t len = readlinkat(p9->share->proc, fd_name(fd, buf), path,
				 P9_TEXT_MAX - 1);

	if (len < 0)
		return -errno;
	if (len == P9_TEXT_MAX - 1 || *path != '/')
		return -ENAMETOOLONG;
	path[len] = 0;
	return len;
}

int p9_path_of(struct p9 *p9, int fd, char *path)
{
	char root[P9_TEXT_MAX];
	ssize_t skip = read_path(p9, p9->share->root, root);
	ssize_t len = read_path(p9, fd, path);

	if (skip < 0 || len < 0)
		return skip < 0 ? skip : len;
	if (skip == 1)
		skip = 0; /* "/" has its slash */
	if (len < skip || memcmp(path, root, skip) != 0)
		return -ENOENT;
	if (len == skip)
		*path = 0;
	else if (path[skip] != '/')
		return -ENOENT;
	else
		memmove(path, path + skip + 1, len - skip);
	return 0;
}

int p9_open_parent(struct p9 *p9, char *path, char **name)
{
	char *slash = strrchr(path, '/');
	int fd;

	*name = slash ? slash + 1 : path;
	if (!slash)
		return p9_open_path(p9, "");
	*slash = 0;
	fd = p9_open_path(p9, path);
	return fd;
}
