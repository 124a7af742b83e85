/* objects: virtio/blk.o virtio/blk_config.o virtio/blk_request.o disk/saved.o virtio/blk_ring.o disk/select.o */
/* objects: disk/raw.o disk/file.o disk/kind.o disk/map.o disk/bits.o disk/nbd.o */
/* objects: disk/overlay.o disk/changes.o disk/changes_saved.o util/stash.o disk/nbd_talk.o util/bus_error.o */
/* objects: util/log.o util/sink.o util/lock.o */
/*
 * Disks from both sides. What the first byte says: requests of a guest's, on a
 * disk with an overlay; an overlay's file; what an NBD server sends; or what a snapshot
 * says was changed.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "../unit/blk_world.h"
#include "disk/changes.h"
#include "disk/nbd_talk.h"
#include "util/stash.h"

#define SIZE   (20 * 1024 + 512)
#define RUN    16 /* bytes of the last one: disk/changes_saved.c */
#define BUFFER 4096
#define NAME   32 /* of a path below /proc/self/fd */

#define NAME_SIZE 32 /* bytes of a path beneath /proc */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *data;
	size_t left;
};

static char base[NAME], layer[NAME];
static int base_fd, layer_fd;

static int make_file(char *name)
{
	int fd = memfd_create("disk", 0);

	snprintf(name, NAME, "/proc/self/fd/%d", fd);
	return fd;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	base_fd = make_file(base);
	layer_fd = make_file(layer);
	return ftruncate(base_fd, SIZE);
}

static uint8_t next(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static uint64_t number(struct bytes *in)
{
	uint64_t val = 0;

	for (unsigned int n = next(in) % 9; n; n--)
		val = val << 8 | next(in);
	return val;
}

/* Any chain: a header that is likely one, and buffers of any kind. */
static void add_chain(struct blk_world *w, struct bytes *in, uint8_t **buffers)
{
	struct virtio_chain *chain = world_chain(w);
	uint8_t *at = *buffers;
	uint64_t sector = number(in);
	uint8_t type = next(in) % 16, out = next(in), inward = next(in);

	memset(at, 0, 16);
	at[0] = type;
	memcpy(at + 8, &sector, sizeof(sector));
	chain_add(chain, false, at, out & 0x80 ? out & 31 : 16);
	at += 32;
	for (unsigned int i = 0; i < (out & 3u); i++) {
		size_t len = next(in) * 32u;

		for (size_t k = 0; k < len && k < 40 && in->left; k++)
			at[k] = next(in);
		chain_add(chain, false, at, len);
		at += len;
	}
	for (unsigned int i = 0; i < (inward & 3u); i++) {
		chain_add(chain, true, at, next(in) * 32u);
		at += 255 * 32;
	}
	if (!(inward & 0x80))
		chain_add(chain, true, at++, 1);
	*buffers = at;
}

static void ask_as_a_guest(struct bytes *in)
{
	static uint8_t room[8 * 65536];
	struct blk_world w;
	const struct disk_ask ask = { .name = base,
				      .format = "overlay",
				      .read_only = next(in) & 1 };
	uint8_t *buffers = room;

	if (world_open(&w, &ask, number(in) | 1ULL << 9))
		abort();
	for (unsigned int i = 0; i < 8; i++)
		add_chain(&w, in, &buffers);
	world_run(&w);
	if (w.virtio.nr_done != w.virtio.next)
		abort(); /* one is held for ever */
	world_close(&w);
}

/* The header is mended so far as to get past its sum, now and then. */
static void open_layer(struct bytes *in)
{
	const struct disk_ask ask = { .name = base, .overlay = layer };
	uint8_t bytes[BUFFER] = { 0 };
	struct iovec iov = { bytes, sizeof(bytes) };
	struct disk *disk;
	uint8_t how = next(in);

	if (how & 1) { /* a good one, with what follows put anywhere */
		if (ftruncate(layer_fd, 0) || disk_open(&disk, &ask))
			abort();
		disk_close(disk);
		if (pwrite(layer_fd, in->data, in->left, how * 16) < 0)
			abort();
	} else if (ftruncate(layer_fd, 0) ||
		   pwrite(layer_fd, in->data, in->left, 0) < 0) {
		abort();
	}
	if (disk_open(&disk, &ask))
		return;
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t at = number(in) % (SIZE - BUFFER) & ~511ULL;

		if (disk->format->read(disk, &iov, 1, at) ||
		    disk->format->write(disk, &iov, 1, at))
			abort();
	}
	if (disk->format->flush(disk))
		abort();
	disk_close(disk);
}

/* What has been changed comes from the input: behind the part that has to be right. */
static void come_from_a_snapshot(struct bytes *in)
{
	const struct disk_ask ask = { .name = base, .format = "overlay" };
	uint8_t bytes[BUFFER] = { 0 };
	struct iovec iov = { bytes, sizeof(bytes) };
	struct stash stash = { 0 };
	struct blk_world w;
	struct disk *disk;

	if (world_open(&w, &ask, 0))
		abort();
	disk = w.virtio.given.disk;
	disk_save(disk, &w.board, &stash);
	if (stash.bad || *w.board.refused)
		abort();
	stash.len -= RUN;
	stash_put(&stash, in->data, in->left);
	disk_restore(disk, &w.board, &stash);
	for (unsigned int at = 0; at < SIZE - BUFFER; at += BUFFER)
		if (disk->format->read(disk, &iov, 1, at))
			abort();
	stash_free(&stash);
	world_close(&w);
}

static void hear_a_server(struct bytes *in)
{
	static uint8_t buffer[BUFFER];
	const struct iovec iov = { buffer, sizeof(buffer) };
	const struct nbd_request read = {
		.command = NBD_CMD_READ, .len = BUFFER, .iov = &iov, .nr = 1
	};
	const struct nbd_request flush = { .command = NBD_CMD_FLUSH };
	struct nbd_export export;
	const char *why;
	char said[256];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) ||
	    send(fds[1], in->data, in->left, MSG_DONTWAIT) < 0)
		abort();
	shutdown(fds[1], SHUT_WR);
	if (!nbd_handshake(fds[0], "name", &export, &why, said)) {
		if (export.block_min & (export.block_min - 1))
			abort();
		for (unsigned int i = 0; i < 3; i++)
			if (nbd_ask(fds[0], i, i ? &read : &flush))
				break;
	}
	close(fds[0]);
	close(fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };

	switch (next(&in) % 4) {
	case 0:
		ask_as_a_guest(&in);
		break;
	case 1:
		open_layer(&in);
		break;
	case 3:
		come_from_a_snapshot(&in);
		break;
	default:
		hear_a_server(&in);
	}
	return 0;
}
