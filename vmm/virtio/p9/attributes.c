/*
 * What a file is, and changes of that, on the descriptor of its fid: so they reach
 * a file that has no name any more, too.
 */
#define _GNU_SOURCE /* AT_EMPTY_PATH, O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "virtio/p9/p9.h"

#define KNOWN	   0x7ff /* of Rgetattr: all that stat() has */
#define BLOCK_SIZE 0x10000

/* Of Tsetattr: what is to change. */
#define SET_MODE     0x001
#define SET_UID	     0x002
#define SET_GID	     0x004
#define SET_SIZE     0x008
#define SET_ATIME    0x010
#define SET_MTIME    0x020
#define SET_CTIME    0x040
#define SET_ATIME_TO 0x080
#define SET_MTIME_TO 0x100

static void put_time(struct p9_call *call, struct timespec time)
{
	p9_put64(call, time.tv_sec);
	p9_put64(call, time.tv_nsec);
}

/* A file's block size is what programs read at once; a message holds more, and
 * each costs the same. */
static void put_stat(struct p9_call *call, const struct stat *stat)
{
	p9_put32(call, stat->st_mode);
	p9_put32(call, stat->st_uid);
	p9_put32(call, stat->st_gid);
	p9_put64(call, stat->st_nlink);
	p9_put64(call, stat->st_rdev);
	p9_put64(call, stat->st_size);
	p9_put64(call, S_ISREG(stat->st_mode) ? BLOCK_SIZE : stat->st_blksize);
	p9_put64(call, stat->st_blocks);
	put_time(call, stat->st_atim);
	put_time(call, stat->st_mtim);
	put_time(call, stat->st_ctim);
	for (int i = 0; i < 4; i++)
		p9_put64(call, 0); /* birth, generation, version */
}

int p9_getattr(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call);
	struct p9_qid qid;
	struct stat stat;
	int fd;

	p9_take64(call); /* what is asked for; all costs no more */
	if (call->bad)
		return -EPROTO;
	fd = fid ? p9_fid_fd(p9, fid) : -EBADF;
	if (fd < 0)
		return fd;
	if (fstat(fd, &stat))
		return -errno;
	p9_owner_look(p9, fd, &stat);
	p9_qid_of(p9, &stat, &qid);
	p9_put64(call, KNOWN);
	p9_put_qid(call, &qid);
	put_stat(call, &stat);
	return 0;
}

/* The changes that a Tsetattr asks for. */
struct changes {
	uint32_t valid, mode, uid, gid;
	uint64_t size;
	struct timespec times[2];
};

static struct timespec take_time(struct p9_call *call, bool now, bool set)
{
	struct timespec time;

	time.tv_sec = p9_take64(call);
	time.tv_nsec = p9_take64(call);
	if (!set)
		time.tv_nsec = now ? UTIME_NOW : UTIME_OMIT;
	else if ((uint64_t)time.tv_nsec >= 1000000000)
		call->bad = true;
	return time;
}

static struct changes take_changes(struct p9_call *call)
{
	struct changes want;

	want.valid = p9_take32(call);
	want.mode = p9_take32(call);
	want.uid = p9_take32(call);
	want.gid = p9_take32(call);
	want.size = p9_take64(call);
	want.times[0] = take_time(call, want.valid & SET_ATIME,
				  want.valid & SET_ATIME_TO);
	want.times[1] = take_time(call, want.valid & SET_MTIME,
				  want.valid & SET_MTIME_TO);
	return want;
}

static int set_size(struct p9 *p9, const struct p9_fid *fid, int fd,
		    uint64_t size)
{
	int err;

	if (fid->fd >= 0 && !ftruncate(fid->fd, size))
		return 0;
	if (fid->node->type != S_IFREG)
		return fid->node->type == S_IFDIR ? -EISDIR : -EINVAL;
	fd = p9_reopen(p9, fd, S_IFREG, O_WRONLY);
	if (fd < 0)
		return fd;
	err = ftruncate(fd, size) ? -errno : 0;
	p9_close(p9, fd);
	return err;
}

/* The mode comes after the owner, with whom some of its bits go; times last. */
static int change(struct p9 *p9, const struct p9_fid *fid, int fd,
		  const struct changes *want)
{
	int err = 0;

	if (want->valid & SET_SIZE)
		err = set_size(p9, fid, fd, want->size);
	if (!err && want->valid & (SET_UID | SET_GID))
		err = p9_owner_set(
			p9, fd, want->valid & SET_UID ? want->uid : P9_NOBODY,
			want->valid & SET_GID ? want->gid : P9_NOBODY);
	if (!err && want->valid & SET_MODE)
		err = p9_mode_set(p9, fd, want->mode & 07777);
	if (!err && want->valid & (SET_ATIME | SET_MTIME) &&
	    utimensat(fd, "", want->times, AT_EMPTY_PATH))
		err = -errno;
	return err;
}

int p9_setattr(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call);
	const struct changes want = take_changes(call);
	int fd;

	if (call->bad)
		return -EPROTO;
	fd = fid ? p9_fid_fd(p9, fid) : -EBADF;
	return fd < 0 ? fd : change(p9, fid, fd, &want);
}

int p9_statfs(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call);
	const int fd = fid ? p9_fid_fd(p9, fid) : -EBADF;
	struct statfs fs;
	uint64_t id;

	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs))
		return -errno;
	memcpy(&id, &fs.f_fsid, sizeof(id));
	p9_put32(call, fs.f_type);
	p9_put32(call, fs.f_bsize);
	p9_put64(call, fs.f_blocks);
	p9_put64(call, fs.f_bfree);
	p9_put64(call, fs.f_bavail);
	p9_put64(call, fs.f_files);
	p9_put64(call, fs.f_ffree);
	p9_put64(call, id);
	p9_put32(call, fs.f_namelen);
	return 0;
}
