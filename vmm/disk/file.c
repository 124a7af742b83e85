/* Reading and writing all of what is asked for: see file.h. */
#define _GNU_SOURCE /* fallocate(), RWF_NOWAIT */
#include "disk/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"

#define SLICE_IOVS  64
#define ZEROES_SIZE 65536

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x8 /* linux/fs.h, which does not go with this C library */
#endif

unsigned int slice_take(struct slice *slice, struct iovec *out,
			unsigned int max, uint64_t *len)
{
	uint64_t left = *len;
	unsigned int nr = 0;

	while (left && slice->nr && nr < max) {
		uint8_t *base = slice->iov->iov_base;
		size_t rest = slice->iov->iov_len - slice->done;
		size_t part = rest < left ? rest : left;

		if (part)
			out[nr++] = (struct iovec){ base + slice->done, part };
		left -= part;
		slice->done += part;
		if (part == rest) {
			slice->iov++;
			slice->nr--;
			slice->done = 0;
		}
	}
	*len -= left;
	return nr;
}

void slice_skip(struct slice *slice, uint64_t len)
{
	struct iovec part;

	while (len) {
		uint64_t bytes = len;

		if (!slice_take(slice, &part, 1, &bytes))
			return;
		len -= bytes;
	}
}

/* What one call has left over: piece by piece. */
static int finish(int fd, const struct iovec *iov, unsigned int nr, uint64_t at,
		  size_t done,
		  ssize_t (*move)(int, const struct iovec *, int, off_t))
{
	struct slice slice = { .iov = iov, .nr = nr };

	slice_skip(&slice, done);
	at += done;
	for (;;) {
		struct slice next = slice;
		struct iovec part;
		uint64_t len = UINT64_MAX;
		ssize_t n;

		if (!slice_take(&next, &part, 1, &len))
			return 0;
		n = move(fd, &part, 1, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		slice_skip(&slice, n);
		at += n;
	}
}

static size_t length(const struct iovec *iov, unsigned int nr)
{
	size_t len = 0;

	for (unsigned int i = 0; i < nr; i++)
		len += iov[i].iov_len;
	return len;
}

static int transfer(int fd, const struct iovec *iov, unsigned int nr,
		    uint64_t at,
		    ssize_t (*move)(int, const struct iovec *, int, off_t))
{
	ssize_t n = move(fd, iov, nr, at);

	if (n < 0 && errno != EINTR)
		return -errno;
	if (n >= 0 && (size_t)n == length(iov, nr))
		return 0;
	return finish(fd, iov, nr, at, n < 0 ? 0 : n, move);
}

int file_read(struct file *file, const struct iovec *iov, unsigned int nr,
	      uint64_t at)
{
	int err;

	if (map_read(&file->map, iov, nr, at))
		return 0;
	err = transfer(file->fd, iov, nr, at, preadv);
	if (!err)
		map_was_read(&file->map, at, length(iov, nr));
	return err;
}

static void note_write(struct file *file)
{
	atomic_store_explicit(&file->is_written, true, memory_order_relaxed);
}

int file_write(struct file *file, const struct iovec *iov, unsigned int nr,
	       uint64_t at)
{
	int err;

	note_write(file);
	if (map_write(&file->map, iov, nr, at))
		return 0;
	err = transfer(file->fd, iov, nr, at, pwritev);
	if (!err)
		map_was_written(&file->map, at, length(iov, nr));
	return err;
}

int file_read_now(struct file *file, const struct iovec *iov, unsigned int nr,
		  uint64_t at)
{
	const size_t len = length(iov, nr);
	long n;

	if (map_read(&file->map, iov, nr, at))
		return 0;
	if (file->cannot_tell)
		return -EOPNOTSUPP;
	n = syscall(SYS_preadv2, file->fd, iov, nr, at, 0, RWF_NOWAIT);
	if (n >= 0 && (size_t)n == len) {
		map_was_read(&file->map, at, len);
		return 0;
	}
	if (n >= 0 || errno == EAGAIN)
		return -EAGAIN;
	file->cannot_tell = true;
	return -EOPNOTSUPP;
}

static int write_zeroes(struct file *file, uint64_t at, uint64_t len)
{
	static uint8_t zeroes[ZEROES_SIZE]; /* in no file: not const */
	struct iovec iov[SLICE_IOVS];
	int err = 0;

	while (len && !err) {
		uint64_t bytes = 0;
		unsigned int nr = 0;

		while (bytes < len && nr < SLICE_IOVS) {
			uint64_t rest = len - bytes;

			iov[nr] = (struct iovec){ zeroes, rest < ZEROES_SIZE ?
								  rest :
								  ZEROES_SIZE };
			bytes += iov[nr++].iov_len;
		}
		err = file_write(file, iov, nr, at);
		at += bytes;
		len -= bytes;
	}
	return err;
}

int file_zero(struct file *file, uint64_t at, uint64_t len, bool may_unmap)
{
	const int mode = may_unmap ? FALLOC_FL_PUNCH_HOLE :
				     FALLOC_FL_ZERO_RANGE;

	if (!len)
		return 0;
	note_write(file);
	map_emptied(&file->map, at, len);
	if (!fallocate(file->fd, mode | FALLOC_FL_KEEP_SIZE, at, len))
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	return write_zeroes(file, at, len);
}

int file_punch(struct file *file, uint64_t at, uint64_t len)
{
	const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	note_write(file);
	map_emptied(&file->map, at, len);
	if (!len || !fallocate(file->fd, mode, at, len) || errno == EOPNOTSUPP)
		return 0;
	return -errno;
}

int file_sync(const struct file *file)
{
	return fdatasync(file->fd) ? -errno : 0;
}

/* By the clock that is exact: what is written from now on gets the time of the last
 * tick, which is another one. And not every file system notes what is written by
 * memory: tmpfs does not. */
static void note_change(struct file *file)
{
	struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { 0 } };

	if (!atomic_exchange(&file->is_written, false))
		return;
	clock_gettime(CLOCK_REALTIME, &times[1]);
	futimens(file->fd,
		 times); /* of somebody else's file, it is not noted */
}

int file_mark(struct file *file, struct disk_mark *mark)
{
	struct stat st;

	note_change(file);
	if (fstat(file->fd, &st))
		return -errno;
	mark->changed_s = st.st_mtim.tv_sec;
	mark->changed_ns = st.st_mtim.tv_nsec;
	return 0;
}

/* A lock that this file system has not is no reason to refuse. */
static int lock(int fd, bool for_writing)
{
	if (flock(fd, (for_writing ? LOCK_EX : LOCK_SH) | LOCK_NB) &&
	    errno == EWOULDBLOCK)
		return -EWOULDBLOCK;
	return 0;
}

int file_open(struct file *file, const char *name, int flags)
{
	/* Nobody need be at the other end of a FIFO; it is not opened. */
	int fd = open(name, flags | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0666);
	int err;

	*file = (struct file){ .fd = -1 };
	if (fd < 0)
		return -errno;
	err = lock(fd, (flags & O_ACCMODE) != O_RDONLY);
	if (!err && fcntl(fd, F_SETFL, flags & O_ACCMODE))
		err = -errno;
	if (err)
		close(fd);
	else
		file->fd = fd;
	return err;
}

void file_map(struct file *file, uint64_t size, bool is_writable)
{
	map_open(&file->map, file->fd, size, is_writable);
}

void file_close(struct file *file)
{
	note_change(file);
	map_close(&file->map);
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}
