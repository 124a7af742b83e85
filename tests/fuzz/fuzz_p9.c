/* objects: virtio/p9/server.o virtio/p9/share.o virtio/p9/wire.o virtio/p9/fids.o */
/* objects: virtio/p9/nodes.o virtio/p9/paths.o virtio/p9/reserve.o virtio/p9/walk.o */
/* objects: virtio/p9/files.o virtio/p9/directories.o virtio/p9/entries.o */
/* objects: virtio/p9/moves.o virtio/p9/attributes.o virtio/p9/owner.o */
/* objects: virtio/p9/xattrs.o virtio/p9/locks.o virtio/p9/lock_table.o */
/* objects: util/reach.o */
/* objects: virtio/p9/saved.o util/stash.o */
/*
 * A guest that sends a shared directory's server whatever it likes: the input is
 * messages, each a type and fields from a few small numbers and names, or bytes as
 * they come. Beside the directory lies a file, which must stay as it is.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/stash.h"
#include "virtio/p9/p9.h"

#define ROOM 8192

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *data;
	size_t left;
};

static char top[] = "/tmp/fuzz-p9-XXXXXX";
static char dir[64], beside[64];

static void clean(void)
{
	char line[128];

	snprintf(line, sizeof(line), "rm -rf '%s'", top);
	if (system(line))
		abort();
}

static void make(void)
{
	int fd;

	if (mkdir(dir, 0755))
		abort();
	fd = open(beside, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, "safe", 4) != 4)
		abort();
	close(fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (!mkdtemp(top))
		return 1;
	snprintf(dir, sizeof(dir), "%s/share", top);
	snprintf(beside, sizeof(beside), "%s/beside", top);
	make();
	atexit(clean);
	return 0;
}

static uint8_t next(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

static size_t put_name(struct bytes *in, uint8_t *to)
{
	static const char *const names[] = {
		"a", "b",	  "d", "..",	 ".",
		"",  "../beside", "l", "user.x", "user.virtfs.mode",
		"/", "9P2000.L"
	};
	const char *name = names[next(in) % (sizeof(names) / sizeof(names[0]))];
	const uint16_t len = strlen(name);

	memcpy(to, &len, 2);
	memcpy(to + 2, name, len);
	return 2 + len;
}

/* One message at @to; how long it is. */
static size_t compose(struct bytes *in, uint8_t *to)
{
	static const uint8_t kinds[] = { 8,   12,  14,	16,  18,  20,  22,
					 24,  26,  30,	32,  40,  50,  52,
					 54,  70,  72,	74,  76,  100, 104,
					 108, 110, 116, 118, 120, 122 };
	const uint8_t how = next(in);
	unsigned int fields = how >> 4;
	size_t at = 7;
	uint32_t size;

	to[4] = how & 8 ? next(in) : kinds[next(in) % sizeof(kinds)];
	to[5] = to[6] = 0;
	while (fields-- && at < 512) {
		const uint8_t field = next(in), val = next(in);

		if (field % 8 < 3) {
			memcpy(to + at, &(uint32_t){ val % 8 }, 4);
			at += 4;
		} else if (field % 8 == 3) {
			at += put_name(in, to + at);
		} else if (field % 8 == 4) {
			memcpy(to + at, &(uint64_t){ val }, 8);
			at += 8;
		} else if (field % 8 == 5) {
			memcpy(to + at, &(uint16_t){ val % 4 }, 2);
			at += 2;
		} else {
			to[at++] = val;
		}
	}
	size = how & 7 ? at : next(in);
	memcpy(to, &size, 4);
	return at;
}

static void begin(struct p9 *p9)
{
	static const uint8_t version[] = "\x15\0\0\0\x64\xff\xff\0\x20\0\0"
					 "\x08\0"
					 "9P2000.L";
	static const uint8_t attach[] = "\x17\0\0\0\x68\1\0\0\0\0\0"
					"\xff\xff\xff\xff\0\0\0\0\0\0\0\0";
	uint8_t reply[ROOM];
	struct iovec in = { reply, sizeof(reply) };

	p9_answer(p9, &(struct iovec){ (void *)version, 21 }, 1, &in, 1);
	p9_answer(p9, &(struct iovec){ (void *)attach, 23 }, 1, &in, 1);
	if (reply[4] != 105)
		abort();
}

/* Saved and restored, with as many bytes of it others as the input says; the same as
 * it was, where that was no state. */
static void pass_on(struct p9 *p9, const struct p9_share *share,
		    struct bytes *in)
{
	struct stash good = { 0 }, bad;
	unsigned int nr = next(in) % 4;

	p9_save(p9, &good);
	bad = (struct stash){ .data = malloc(good.len), .len = good.len };
	if (good.bad || !bad.data)
		abort();
	memcpy(bad.data, good.data, good.len);
	while (nr--) {
		const unsigned int at = next(in) | next(in) << 8;

		bad.data[at % bad.len] ^= next(in);
	}
	for (int i = 0; i < 2; i++) {
		const size_t most = p9->fds_max;

		p9_release(p9);
		if (p9->nr_fds || p9->nr_locks || p9->xattr_bytes)
			abort();
		memset(p9, 0, sizeof(*p9));
		p9_init(p9, share);
		p9->fds_max = most;
		if (!p9_restore(p9, i ? &good : &bad))
			break;
	}
	free(bad.data);
	stash_free(&good);
}

static void check(void)
{
	char text[8] = "";
	const int fd = open(beside, O_RDONLY);
	struct stat stat;

	if (fd < 0 || read(fd, text, sizeof(text)) != 4 ||
	    memcmp(text, "safe", 4) != 0 || fstat(fd, &stat) ||
	    stat.st_mode != (S_IFREG | 0600) || stat.st_nlink != 1)
		abort();
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	struct p9_share share = { .root = -1 };
	struct p9 *p9 = calloc(1, sizeof(*p9));
	const uint8_t how = next(&in);
	char line[160];

	if (!p9 || p9_share_open(&share, dir))
		abort();
	share.mapped = how & 1;
	p9_init(p9, &share);
	if (how & 2)
		p9->fds_max = 3;
	begin(p9);
	for (int i = 0; i < 200 && in.left; i++) {
		uint8_t message[1024] = "";
		const size_t len = compose(&in, message);
		const size_t cut = next(&in) % len;
		const size_t room = how & 4 ? ROOM : next(&in);
		uint8_t *out = malloc(len), *reply = malloc(room + 1);
		const struct iovec outs[2] = { { out, cut },
					       { out + cut, len - cut } };

		memcpy(out, message, len);
		if (message[4] == 255)
			pass_on(p9, &share, &in);
		else if (p9_answer(p9, outs, 2, &(struct iovec){ reply, room },
				   1) > room)
			abort();
		free(out);
		free(reply);
	}
	p9_release(p9);
	if (p9->nr_fds || p9->nr_locks || p9->xattr_bytes)
		abort();
	free(p9);
	p9_share_close(&share);
	check();
	snprintf(line, sizeof(line), "find '%s' -mindepth 1 -delete", dir);
	if (how % 64 > 60 && system(line))
		abort();
	return 0;
}
