/*
 * A file or block device whose bytes are the disk's. Room that the guest gives
 * back goes back to the host's file system, fallocate(2), or to the device,
 * BLKDISCARD of linux/fs.h.
 */
#define _GNU_SOURCE /* fallocate() */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "disk/file.h"
#include "disk/kind.h"
#include "saved.h"
#include "util/log.h"

struct raw {
	struct file file;
	bool is_device;
};

static struct raw *of(struct disk *disk)
{
	return (struct raw *)disk->own;
}

static int refuse(const struct disk *disk, const char *why)
{
	log_error("%s: %s: %s", disk->option, disk->name, why);
	return -EINVAL;
}

/* What to do about a file that cannot be opened. */
static const char *advice(int err, bool read_only)
{
	switch (err) {
	case EISDIR:
		return "; a directory is given to a guest by --share";
	case EACCES:
	case EPERM:
	case EROFS:
		return read_only ? "; `ls -l` tells who may read it" :
				   "; with ,ro behind its name it is only read";
	case EWOULDBLOCK:
		return read_only ? ": somebody writes to it just now; end that "
				   "first" :
				   ": somebody uses it just now; end that "
				   "first, or share it with ,ro or "
				   "format=overlay on both sides";
	case EBUSY:
		return "; it is mounted, or part of something else";
	default:
		return log_advice(err);
	}
}

static int failed(const struct disk *disk, int err)
{
	if (err == ENOENT) {
		log_error("%s: %s: %s; `%s` makes one", disk->option,
			  disk->name, strerror(err), disk->make);
		return -EINVAL;
	}
	log_error("%s: %s: %s%s", disk->option, disk->name,
		  err == EWOULDBLOCK ? "in use" : strerror(err),
		  advice(err, disk->read_only));
	return -EINVAL;
}

static int look_at_device(struct disk *disk)
{
	struct raw *raw = of(disk);
	int block;

	if (ioctl(raw->file.fd, BLKGETSIZE64, &disk->size) ||
	    ioctl(raw->file.fd, BLKSSZGET, &block))
		return failed(disk, errno);
	if (block > DISK_BLOCK_MAX)
		return refuse(disk, "its blocks are larger than 4 KiB");
	disk->block = block;
	raw->is_device = true;
	disk->can_discard = disk->can_zero = true;
	return 0;
}

/* Behind its end there is nothing to be lost by asking. Some file systems take that
 * for a change, which a snapshot would find: then there was none. */
static bool can_punch(int fd, const struct stat *st)
{
	const struct timespec times[] = { { .tv_nsec = UTIME_OMIT },
					  st->st_mtim };
	struct stat now;

	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      st->st_size, DISK_BLOCK_MAX))
		return false;
	if (!fstat(fd, &now) && (now.st_mtim.tv_sec != st->st_mtim.tv_sec ||
				 now.st_mtim.tv_nsec != st->st_mtim.tv_nsec))
		futimens(fd, times);
	return true;
}

static int look_at_file(struct disk *disk, const struct stat *st)
{
	disk->size = st->st_size;
	disk->block = DISK_SECTOR;
	disk->changed = st->st_mtim;
	disk->can_zero = true;
	disk->can_discard = !disk->read_only &&
			    can_punch(of(disk)->file.fd, st);
	return 0;
}

static int look(struct disk *disk, const struct disk_ask *ask)
{
	struct stat st;
	int err;

	if (fstat(of(disk)->file.fd, &st))
		return failed(disk, errno);
	if (S_ISDIR(st.st_mode))
		return failed(disk, EISDIR);
	if (S_ISBLK(st.st_mode))
		err = look_at_device(disk);
	else if (S_ISREG(st.st_mode))
		err = look_at_file(disk, &st);
	else
		err = refuse(disk, "neither a file nor a block device");
	if (!err && !disk->size) {
		log_error("%s: %s: empty; `%s` makes one that is not",
			  disk->option, disk->name, disk->make);
		err = -EINVAL;
	}
	if (!err && disk->size % DISK_SECTOR)
		err = refuse(disk, "its size is no multiple of 512, the "
				   "bytes of a sector: not all of it is "
				   "there, or `truncate -s %512 FILE` adds "
				   "zeroes");
	/* Who says what it is, means it. */
	if (!err && !ask->format)
		err = kind_check(disk, of(disk)->file.fd);
	return err;
}

/* A device that is mounted, or in use otherwise, is not written to: O_EXCL, which
 * means that for devices alone. */
static int open_file(struct file *file, const char *name, bool read_only)
{
	int flags = read_only ? O_RDONLY : O_RDWR;
	struct stat st;

	if (!read_only && !stat(name, &st) && S_ISBLK(st.st_mode))
		flags |= O_EXCL;
	return file_open(file, name, flags);
}

static int raw_open(struct disk *disk, const struct disk_ask *ask)
{
	struct raw *raw = of(disk);
	int err = 0;

	disk->read_only = ask->read_only;
	raw->file = (struct file){ .fd = ask->fd };
	if (!ask->is_open)
		err = open_file(&raw->file, disk->name, ask->read_only);
	if (err)
		return failed(disk, -err);
	err = look(disk, ask);
	if (!err)
		file_map(&raw->file, disk->size, !ask->read_only);
	else if (!ask->is_open)
		file_close(&raw->file);
	return err;
}

static int raw_read(struct disk *disk, const struct iovec *iov, unsigned int nr,
		    uint64_t at)
{
	return file_read(&of(disk)->file, iov, nr, at);
}

static int raw_read_now(struct disk *disk, const struct iovec *iov,
			unsigned int nr, uint64_t at)
{
	return file_read_now(&of(disk)->file, iov, nr, at);
}

static int raw_write(struct disk *disk, const struct iovec *iov,
		     unsigned int nr, uint64_t at)
{
	return file_write(&of(disk)->file, iov, nr, at);
}

static int raw_flush(struct disk *disk)
{
	return file_sync(&of(disk)->file);
}

static int device_call(int fd, unsigned long what, uint64_t at, uint64_t len)
{
	uint64_t range[] = { at, len };

	return ioctl(fd, what, range) ? -errno : 0;
}

static int raw_discard(struct disk *disk, uint64_t at, uint64_t len)
{
	struct raw *raw = of(disk);
	int err;

	if (!raw->is_device)
		return file_punch(&raw->file, at, len);
	err = device_call(raw->file.fd, BLKDISCARD, at, len);
	return err == -EOPNOTSUPP ? 0 : err; /* it was a hint */
}

static int raw_zero(struct disk *disk, uint64_t at, uint64_t len,
		    bool may_unmap)
{
	struct raw *raw = of(disk);

	if (raw->is_device)
		return device_call(raw->file.fd, BLKZEROOUT, at, len);
	return file_zero(&raw->file, at, len, may_unmap);
}

static int raw_place(struct disk *disk, uint64_t *at, uint64_t len)
{
	(void)at;
	(void)len;
	return of(disk)->file.fd;
}

/* Of a device there is no such time. */
static int raw_mark(struct disk *disk, struct disk_mark *mark)
{
	struct raw *raw = of(disk);
	int err = disk->read_only ? 0 : file_sync(&raw->file);

	return err || raw->is_device ? err : file_mark(&raw->file, mark);
}

static void raw_close(struct disk *disk)
{
	file_close(&of(disk)->file);
}

/* Any path; whoever knows the name better is surer. */
static int raw_match(const char *name)
{
	(void)name;
	return 1;
}

static const struct disk_format raw = {
	.name = "raw",
	.what = "a file or block device whose bytes are the disk's",
	.size = sizeof(struct raw),
	.match = raw_match,
	.open = raw_open,
	.read = raw_read,
	.read_now = raw_read_now,
	.write = raw_write,
	.flush = raw_flush,
	.discard = raw_discard,
	.zero = raw_zero,
	.place = raw_place,
	.mark = IF_ON(CONFIG_SNAPSHOT, raw_mark),
	.close = raw_close,
};

DISK(raw);
