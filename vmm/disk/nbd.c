/*
 * A disk that another program serves, by NBD on a Unix socket: qemu-nbd and
 * nbdkit bring all kinds of images, each in a process of its own. One request at
 * a time; a server that goes or lies is an error to the guest from then on, and
 * nothing else.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "disk.h"
#include "disk/file.h"
#include "disk/nbd_talk.h"
#include "util/lock.h"
#include "util/log.h"

#define SCHEME	   "nbd:"
#define PREFIX	   SCHEME "unix:"
#define PATIENCE_S 10 /* for an answer of the handshake's */
#define PART_IOVS  256
#define SAID_SIZE  256

struct nbd {
	int fd;
	struct nbd_export export;
	uint16_t write_flags; /* of each write */
	struct lock talking;
	uint64_t cookie;     /* of the last request */
	bool is_over;	     /* nothing can be asked any more */
	atomic_bool is_left; /* as the guest ends */
};

static struct nbd *of(struct disk *disk)
{
	return (struct nbd *)disk->own;
}

static int refuse(const struct disk *disk, const char *why, const char *more)
{
	log_error("%s: %s: %s%s%s", disk->option, disk->name, why,
		  *more ? ": " : "", more);
	return -EINVAL;
}

/* For the handshake; then the guest waits as long as it takes. */
static void set_patience(int fd, time_t seconds)
{
	const struct timeval limit = { .tv_sec = seconds };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int shake_hands(struct disk *disk, const char *name)
{
	struct nbd *nbd = of(disk);
	char said[SAID_SIZE];
	const char *why;
	int err;

	set_patience(nbd->fd, PATIENCE_S);
	err = nbd_handshake(nbd->fd, name, &nbd->export, &why, said);
	set_patience(nbd->fd, 0);
	if (err == -EAGAIN)
		return refuse(disk, "the server does not answer", "");
	return err ? refuse(disk, why, said) : 0;
}

static int take_export(struct disk *disk, const struct disk_ask *ask)
{
	struct nbd *nbd = of(disk);
	const uint16_t flags = nbd->export.flags;
	const uint32_t block = nbd->export.block_min;

	if (!nbd->export.size || nbd->export.size > INT64_MAX ||
	    nbd->export.size % DISK_SECTOR)
		return refuse(disk,
			      "its size is no multiple of 512, the bytes "
			      "of a sector, or it is empty",
			      "");
	if (flags & NBD_READ_ONLY && !ask->read_only)
		return refuse(disk,
			      "it can only be read; with ,ro behind its "
			      "name it is",
			      "");
	if (block > DISK_BLOCK_MAX)
		return refuse(disk, "its blocks are larger than 4 KiB", "");
	disk->size = nbd->export.size;
	disk->block = block < DISK_SECTOR ? DISK_SECTOR : block;
	disk->read_only = ask->read_only;
	disk->can_discard = !ask->read_only && flags & NBD_SEND_TRIM;
	disk->can_zero = !ask->read_only && flags & NBD_SEND_WRITE_ZEROES;
	/* Of a server that cannot flush, each write is final. */
	if (!(flags & NBD_SEND_FLUSH) && flags & NBD_SEND_FUA)
		nbd->write_flags = NBD_CMD_FLAG_FUA;
	return 0;
}

/* PATH[:NAME]: the last colon that no slash follows. */
static int nbd_open(struct disk *disk, const struct disk_ask *ask)
{
	struct nbd *nbd = of(disk);
	char *path, *name;
	int err;

	if (strncmp(ask->name, PREFIX, strlen(PREFIX)) != 0 ||
	    !ask->name[strlen(PREFIX)])
		return refuse(disk,
			      "nbd:unix:PATH[:NAME] is what a server of "
			      "this format is called",
			      "");
	path = strdup(ask->name + strlen(PREFIX));
	if (!path)
		return refuse(disk, strerror(ENOMEM), "");
	name = strrchr(path, ':');
	if (name && strchr(name, '/'))
		name = NULL;
	if (name)
		*name++ = '\0';
	nbd->fd = nbd_connect(path);
	if (nbd->fd < 0)
		err = refuse(disk, strerror(-nbd->fd),
			     "`qemu-nbd -k SOCKET -t IMAGE` is a server");
	else
		err = shake_hands(disk, name ? name : "");
	if (!err)
		err = take_export(disk, ask);
	if (err && nbd->fd >= 0)
		close(nbd->fd);
	free(path);
	return err;
}

static const char *what_it_does(const struct nbd *nbd, int err)
{
	if (atomic_load(&nbd->is_left))
		return "has not answered until the guest ended";
	return err == -EPROTO ? "does not answer what it was asked" :
				"has gone";
}

static int ask(struct disk *disk, struct nbd_request *request)
{
	struct nbd *nbd = of(disk);
	int err = -DISK_HAS_SAID;

	lock_take(&nbd->talking);
	if (!nbd->is_over) {
		err = nbd_ask(nbd->fd, ++nbd->cookie, request);
		if (err == -EPROTO || err == -ECONNRESET) {
			nbd->is_over = true;
			log_error("disk %s: the server %s; it is not asked "
				  "again, and the guest gets I/O errors",
				  disk->name, what_it_does(nbd, err));
			err = -DISK_HAS_SAID;
		}
	}
	lock_give(&nbd->talking);
	return err;
}

/* In parts that the server takes, each whole blocks. */
static int move(struct disk *disk, enum nbd_command command, uint16_t flags,
		const struct iovec *iov, unsigned int nr, uint64_t at)
{
	const struct nbd *nbd = of(disk);
	struct slice slice = { .iov = iov, .nr = nr };
	int err = 0;

	while (slice.nr && !err) {
		struct iovec part[PART_IOVS];
		uint64_t len = nbd->export.block_max;
		unsigned int count = slice_take(&slice, part, PART_IOVS, &len);

		if (!len)
			break;
		err = ask(disk, &(struct nbd_request){ command, flags, at, len,
						       part, count });
		at += len;
	}
	return err;
}

static int nbd_read(struct disk *disk, const struct iovec *iov, unsigned int nr,
		    uint64_t at)
{
	return move(disk, NBD_CMD_READ, 0, iov, nr, at);
}

static int nbd_write(struct disk *disk, const struct iovec *iov,
		     unsigned int nr, uint64_t at)
{
	return move(disk, NBD_CMD_WRITE, of(disk)->write_flags, iov, nr, at);
}

static int nbd_flush(struct disk *disk)
{
	if (!(of(disk)->export.flags & NBD_SEND_FLUSH))
		return 0;
	return ask(disk, &(struct nbd_request){ .command = NBD_CMD_FLUSH });
}

static int clear(struct disk *disk, enum nbd_command command, uint16_t flags,
		 uint64_t at, uint64_t len)
{
	const struct nbd *nbd = of(disk);
	int err = 0;

	while (len && !err) {
		uint32_t part = len < nbd->export.block_max ?
					len :
					nbd->export.block_max;

		err = ask(disk, &(struct nbd_request){
					.command = command,
					.flags = flags | nbd->write_flags,
					.at = at,
					.len = part,
				});
		at += part;
		len -= part;
	}
	return err;
}

static int nbd_discard(struct disk *disk, uint64_t at, uint64_t len)
{
	return clear(disk, NBD_CMD_TRIM, 0, at, len);
}

static int nbd_zero(struct disk *disk, uint64_t at, uint64_t len,
		    bool may_unmap)
{
	return clear(disk, NBD_CMD_WRITE_ZEROES,
		     may_unmap ? 0 : NBD_CMD_FLAG_NO_HOLE, at, len);
}

static void nbd_abort(struct disk *disk)
{
	atomic_store(&of(disk)->is_left, true);
	shutdown(of(disk)->fd, SHUT_RDWR);
}

static void nbd_close(struct disk *disk)
{
	nbd_leave(of(disk)->fd);
	close(of(disk)->fd);
}

static int nbd_match(const char *name)
{
	return strncmp(name, SCHEME, strlen(SCHEME)) != 0 ? 0 : 100;
}

static const struct disk_format nbd = {
	.name = "nbd",
	.what = "what an NBD server has, nbd:unix:PATH[:NAME]",
	.size = sizeof(struct nbd),
	.match = nbd_match,
	.open = nbd_open,
	.read = nbd_read,
	.write = nbd_write,
	.flush = nbd_flush,
	.discard = nbd_discard,
	.zero = nbd_zero,
	.abort = nbd_abort,
	.close = nbd_close,
};

DISK(nbd);
