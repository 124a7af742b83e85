/*
 * Moving: Trenameat, which the Linux client uses, by two directories; and those
 * that name only the file, whose directory has to be found first.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "virtio/p9/p9.h"

/* "DIR/NAME" beneath the root, or -errno. */
static int path_in(struct p9 *p9, int dir, const char *name, char *path)
{
	const int err = p9_path_of(p9, dir, path);
	const size_t len = strlen(path);

	if (err)
		return err;
	if (len + strlen(name) + 2 > P9_TEXT_MAX)
		return -ENAMETOOLONG;
	if (len)
		path[len] = '/';
	memcpy(path + len + (len != 0), name, strlen(name) + 1);
	return 0;
}

/* Nodes that have no descriptor follow the move. */
static int move(struct p9 *p9, int from_dir, const char *from, int to_dir,
		const char *to)
{
	char from_path[P9_TEXT_MAX], to_path[P9_TEXT_MAX];
	const bool told = p9->nr_lent &&
			  !path_in(p9, from_dir, from, from_path) &&
			  !path_in(p9, to_dir, to, to_path);

	if (renameat(from_dir, from, to_dir, to))
		return -errno;
	if (told)
		p9_reserve_moved(p9, from_path, to_path);
	return 0;
}

int p9_renameat(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid;
	const int from_dir = p9_take_file(p9, call, &fid);
	const char *from = p9_take_text(call);
	const int to_dir = p9_take_file(p9, call, &fid);
	const char *to = p9_take_text(call);
	int err;

	if (call->bad)
		return -EPROTO;
	if (from_dir < 0 || to_dir < 0)
		return from_dir < 0 ? from_dir : to_dir;
	err = p9_name_check(from);
	if (!err)
		err = p9_name_check(to);
	return err ? err : move(p9, from_dir, from, to_dir, to);
}

/* The directory in which @fid's file is, and its name there, in @path. */
static int find(struct p9 *p9, struct p9_fid *fid, char *path, char **name)
{
	const int fd = p9_fid_fd(p9, fid);
	int err = fd < 0 ? fd : p9_path_of(p9, fd, path);
	struct stat stat;
	int dir;

	if (err)
		return err;
	if (!*path)
		return -EBUSY; /* the root */
	dir = p9_open_parent(p9, path, name);
	if (dir < 0)
		return dir;
	if (!fstatat(dir, *name, &stat, AT_SYMLINK_NOFOLLOW) &&
	    stat.st_ino == fid->node->ino && stat.st_dev == fid->node->dev)
		return dir;
	p9_close(p9, dir);
	return -ENOENT;
}

/* The fid is gone afterwards, however it ends. */
int p9_remove(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call);
	char path[P9_TEXT_MAX], *name;
	int dir, err;

	if (!fid)
		return -EBADF;
	dir = p9->share->ro ? -EROFS : find(p9, fid, path, &name);
	err = dir < 0 ? dir : 0;
	if (!err &&
	    unlinkat(dir, name, fid->node->type == S_IFDIR ? AT_REMOVEDIR : 0))
		err = -errno;
	if (dir >= 0)
		p9_close(p9, dir);
	p9_fid_drop(p9, fid);
	return err;
}

int p9_rename(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call), *to_fid;
	const int to_dir = p9_take_file(p9, call, &to_fid);
	const char *to = p9_take_text(call);
	char path[P9_TEXT_MAX], *name;
	int dir, err = p9_name_check(to);

	if (call->bad)
		return -EPROTO;
	if (!fid || to_dir < 0)
		return fid ? to_dir : -EBADF;
	if (err)
		return err;
	dir = find(p9, fid, path, &name);
	if (dir < 0)
		return dir;
	err = move(p9, dir, name, to_dir, to);
	p9_close(p9, dir);
	return err;
}
