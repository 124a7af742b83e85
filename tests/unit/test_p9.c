/* objects: virtio/p9/server.o virtio/p9/share.o virtio/p9/wire.o virtio/p9/fids.o */
/* objects: virtio/p9/nodes.o virtio/p9/paths.o virtio/p9/reserve.o virtio/p9/walk.o */
/* objects: virtio/p9/files.o virtio/p9/directories.o virtio/p9/entries.o */
/* objects: virtio/p9/moves.o virtio/p9/attributes.o virtio/p9/owner.o */
/* objects: virtio/p9/xattrs.o virtio/p9/locks.o virtio/p9/lock_table.o */
/* objects: util/reach.o */
/*
 * The 9p server, message by message: sessions, files that are open, renamed and
 * removed, directories, attributes; and what is no message.
 */
#include "p9_client.h"

#include <sys/xattr.h>

static void test_version(void **state)
{
	struct client *c = *state;

	assert_int_equal(call(c, P9_TVERSION, "ws", 1U << 30, "9P2000.L"), 0);
	assert_int_equal(get32(c), P9_MSIZE_MAX);
	assert_int_equal(get16(c), 8);
	assert_int_equal(call(c, P9_TCLUNK, "w", ROOT), EBADF); /* all anew */
	assert_int_equal(call(c, P9_TVERSION, "ws", 8192, "9P2000.u"), 0);
	assert_int_equal(get32(c), 8192);
	assert_memory_equal(c->at, "\7\0unknown", 9);
	assert_int_equal(call(c, P9_TVERSION, "ws", 100, "9P2000.L"), EMSGSIZE);
	begin(c);
	assert_int_equal(call(c, P9_TATTACH, "wwssw", ROOT, NOFID, "", "", 0),
			 EBADF);
	assert_int_equal(call(c, P9_TATTACH, "wwssw", 1, NOFID, "u", "/", 0),
			 0);
	assert_int_equal(get8(c), P9_QID_DIR);
	assert_int_equal(call(c, P9_TATTACH, "wwssw", 2, NOFID, "", "../x", 0),
			 EXDEV);
	assert_int_equal(call(c, P9_TATTACH, "wwssw", 2, NOFID, "", "none", 0),
			 ENOENT);
	assert_int_equal(call(c, P9_TFLUSH, "h", 7), 0);
}

/* Lengths that lie, types that are none: an error, and the session goes on. */
static void test_malformed(void **state)
{
	struct client *c = *state;
	static const char raw[][24] = {
		"\7\0\0\0\x6e\1\0",	    /* Twalk of nothing */
		"\xff\xff\0\0\x6e\1\0",	    /* longer than it is */
		"\3\0\0\0\x6e\1\0",	    /* shorter than a header */
		"\7\0\0\0\0\1\0",	    /* no type */
		"\7\0\0\0\xff\1\0",	    /* nor this */
		"\7\0\0\0\x6f\1\0",	    /* a reply */
		"\x0b\0\0\0\x76\1\0\0\0\0", /* Twrite without its fields */
	};

	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
		memcpy(c->request, raw[i], 24);
		c->sent = 24;
		assert_true(exchange(c, MESSAGE_MAX) > 0);
	}
	assert_int_equal(call(c, P9_TWALK, "wwhD", ROOT, 1, 1, 2, "\xff\xff"),
			 EPROTO);
	assert_int_equal(call(c, P9_TWALK, "wwhD", ROOT, 1, 1, 5, "\3\0a\0b"),
			 EPROTO);
	assert_int_equal(call(c, P9_TWALK, "wwh", ROOT, 1, 17), EPROTO);
	assert_int_equal(call(c, P9_TWRITE, "wdwD", ROOT, 0ULL, 9, 4, "abcd"),
			 EPROTO);
	c->sent = 3;
	assert_int_equal(exchange(c, MESSAGE_MAX), -1);
	c->sent = 24;
	assert_int_equal(exchange(c, 10), -1);
	(void)call(c, P9_TGETATTR, "wd", ROOT, 0x7ffULL);
	assert_int_equal(exchange(c, 20), EMSGSIZE);
	assert_int_equal(call(c, P9_TGETATTR, "wd", ROOT, 0x7ffULL), 0);
}

static void test_walk(void **state)
{
	struct client *c = *state;

	host_do(c, "mkdir -p a/b/c && echo x >a/f && ln -s a link");
	assert_int_equal(walk(c, 1, "a/b/c"), 0);
	assert_int_equal(walk(c, 2, "a/b/none"), ENOENT);
	assert_int_equal(call(c, P9_TCLUNK, "w", 2), EBADF); /* not made */
	assert_int_equal(walk(c, 2, "none"), ENOENT);
	assert_int_equal(walk(c, 2, "a/f/g"), ENOENT); /* two of three steps */
	assert_int_equal(call(c, P9_TWALK, "wwhs", ROOT, ROOT, 1, "a"), 0);
	assert_int_equal(call(c, P9_TWALK, "wwhs", ROOT, 5, 1, "b"), 0);
	assert_int_equal(call(c, P9_TWALK, "wwhs", 5, 6, 1, "."), 0);
	assert_int_equal(call(c, P9_TWALK, "wwhs", 5, 6, 1, "c"), EBADF);
	assert_int_equal(call(c, P9_TWALK, "wwhs", 99, 7, 1, "c"), EBADF);
	assert_int_equal(call(c, P9_TWALK, "wwhs", 5, 7, 1, ""), ENOENT);
	assert_int_equal(call(c, P9_TWALK, "wwhs", 5, 7, 1, "../.."), EINVAL);
	assert_int_equal(call(c, P9_TLOPEN, "ww", 6, O_RDONLY), 0);
	assert_int_equal(call(c, P9_TLOPEN, "ww", 6, O_RDONLY), EBUSY);
}

/* Of each thing that is not a file, nobody opens it here. */
static void test_special(void **state)
{
	struct client *c = *state;

	host_do(c, "mkfifo fifo && ln -s fifo link && mkdir dir && echo >file");
	assert_int_equal(open_fid(c, 1, "fifo", O_RDONLY), ENXIO);
	assert_int_equal(open_fid(c, 1, "fifo", O_RDWR), ENXIO);
	assert_int_equal(open_fid(c, 1, "link", O_RDONLY), ELOOP);
	assert_int_equal(open_fid(c, 1, "dir", O_RDWR), EISDIR);
	assert_int_equal(walk(c, 1, ""), 0);
	assert_int_equal(call(c, P9_TLCREATE, "wswww", 1, "fifo", O_WRONLY, 0,
			      0),
			 ENXIO);
	assert_int_equal(call(c, P9_TLCREATE, "wswww", 1, "link", O_WRONLY, 0,
			      0),
			 ELOOP);
	assert_int_equal(call(c, P9_TLCREATE, "wswww", 1, "dir", O_RDWR, 0, 0),
			 EISDIR);
	assert_int_equal(call(c, P9_TLCREATE, "wswww", 1, "file",
			      O_RDWR | O_EXCL, 0, 0),
			 EEXIST);
	assert_int_equal(call(c, P9_TLCREATE, "wswww", 1, "file", O_RDWR, 0, 0),
			 0);
	assert_int_equal(walk(c, 1, "link"), 0);
	assert_int_equal(call(c, P9_TREADLINK, "w", 1), 0);
	assert_int_equal(get16(c), 4);
	assert_memory_equal(c->at, "fifo", 4);
	assert_int_equal(walk(c, 1, "dir"), 0);
	assert_int_equal(call(c, P9_TREADLINK, "w", 1), EINVAL);
}

static void check_content(struct client *c, uint32_t fid, uint64_t offset,
			  const char *want)
{
	const uint32_t len = strlen(want);

	assert_int_equal(call(c, P9_TREAD, "wdw", fid, offset, 100), 0);
	assert_int_equal(get32(c), len);
	assert_memory_equal(c->at, want, len);
}

/* What is open stays what it was: renamed, removed, without a name. */
static void test_open_files(void **state)
{
	struct client *c = *state;
	struct stat stat;

	assert_int_equal(create(c, 1, "", "f", 0640), 0);
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 1, 2ULL, 3, 3, "abc"), 0);
	assert_int_equal(get32(c), 3);
	check_content(c, 1, 2, "abc");
	check_content(c, 1, 100, "");
	assert_int_equal(call(c, P9_TREAD, "wdw", 1, 1ULL << 63, 1), EINVAL);
	assert_int_equal(call(c, P9_TRENAMEAT, "wsws", ROOT, "f", ROOT, "g"),
			 0);
	check_content(c, 1, 2, "abc");
	assert_int_equal(lstat(host(c, "g"), &stat), 0);
	assert_int_equal(stat.st_mode, S_IFREG | 0640);
	assert_int_equal(call(c, P9_TUNLINKAT, "wsw", ROOT, "g", 0), 0);
	check_content(c, 1, 2, "abc");
	assert_int_equal(call(c, P9_TSETATTR, "wwwwwddddd", 1, 0x9, 0600, 0, 0,
			      4ULL, 0ULL, 0ULL, 0ULL, 0ULL),
			 0);
	check_content(c, 1, 2, "ab");
	assert_int_equal(call(c, P9_TGETATTR, "wd", 1, 0x7ffULL), 0);
	assert_int_equal(get64(c), 0x7ff);
	c->at += 13;
	assert_int_equal(get32(c), S_IFREG | 0600);
	assert_int_equal(call(c, P9_TFSYNC, "ww", 1, 0), 0);
	assert_int_equal(call(c, P9_TFSYNC, "ww", 1, 1), 0);
	assert_int_equal(call(c, P9_TFSYNC, "ww", ROOT, 0), EBADF);
	assert_int_equal(call(c, P9_TCLUNK, "w", 1), 0);
	assert_int_equal(open_fid(c, 1, "", O_RDONLY), 0);
	assert_int_equal(call(c, P9_TREAD, "wdw", 1, 0ULL, 1), EISDIR);
	assert_int_equal(call(c, P9_TREAD, "wdw", ROOT, 0ULL, 1), EBADF);
}

static void test_setattr(void **state)
{
	struct client *c = *state;
	struct stat stat;

	host_write(c, "f", "0123456789");
	assert_int_equal(walk(c, 1, "f"), 0);
	/* not open: truncated by its path, which is its descriptor */
	assert_int_equal(call(c, P9_TSETATTR, "wwwwwddddd", 1, 0x8, 0, 0, 0,
			      5ULL, 0ULL, 0ULL, 0ULL, 0ULL),
			 0);
	assert_int_equal(call(c, P9_TSETATTR, "wwwwwddddd", 1, 0x1b0, 0, 0, 0,
			      5ULL, 1000ULL, 1ULL, 2000ULL, 2ULL),
			 0);
	assert_int_equal(lstat(host(c, "f"), &stat), 0);
	assert_int_equal(stat.st_size, 5);
	assert_int_equal(stat.st_atim.tv_sec, 1000);
	assert_int_equal(stat.st_mtim.tv_nsec, 2);
	assert_int_equal(call(c, P9_TSETATTR, "wwwwwddddd", 1, 0x120, 0, 0, 0,
			      0ULL, 0ULL, 0ULL, 0ULL, 1000000000ULL),
			 EPROTO);
	assert_int_equal(call(c, P9_TSETATTR, "wwwwwddddd", ROOT, 0x8, 0, 0, 0,
			      5ULL, 0ULL, 0ULL, 0ULL, 0ULL),
			 EISDIR);
	assert_int_equal(call(c, P9_TSTATFS, "w", 1), 0);
	assert_int_equal(call(c, P9_TSTATFS, "w", 77), EBADF);
}

static void test_entries(void **state)
{
	struct client *c = *state;
	char name[257];
	struct stat stat;

	memset(name, 'n', 256);
	name[256] = 0;
	assert_int_equal(call(c, P9_TMKDIR, "wsww", ROOT, "d", 01755, 0), 0);
	assert_int_equal(get8(c), P9_QID_DIR);
	assert_int_equal(lstat(host(c, "d"), &stat), 0);
	assert_int_equal(stat.st_mode, S_IFDIR | 01755);
	assert_int_equal(call(c, P9_TMKDIR, "wsww", ROOT, "d", 0755, 0),
			 EEXIST);
	assert_int_equal(call(c, P9_TMKDIR, "wsww", ROOT, "a/b", 0755, 0),
			 EINVAL);
	assert_int_equal(call(c, P9_TMKDIR, "wsww", ROOT, "..", 0755, 0),
			 EINVAL);
	assert_int_equal(call(c, P9_TMKDIR, "wsww", ROOT, name, 0755, 0),
			 ENAMETOOLONG);
	assert_int_equal(call(c, P9_TMKDIR, "wsww", ROOT, name + 1, 0755, 0),
			 0);
	assert_int_equal(
		call(c, P9_TSYMLINK, "wssw", ROOT, "l", "/any/where", 0), 0);
	assert_int_equal(get8(c), P9_QID_LINK);
	assert_int_equal(call(c, P9_TMKNOD, "wswwww", ROOT, "p", S_IFIFO | 0600,
			      0, 0, 0),
			 0);
	assert_int_equal(lstat(host(c, "p"), &stat), 0);
	assert_true(S_ISFIFO(stat.st_mode));
	assert_int_equal(call(c, P9_TMKNOD, "wswwww", ROOT, "q", S_IFDIR, 0, 0,
			      0),
			 EINVAL);
	assert_int_equal(walk(c, 1, "p"), 0);
	assert_int_equal(call(c, P9_TLINK, "wws", ROOT, 1, "p2"), 0);
	assert_int_equal(walk(c, 1, "l"), 0);
	assert_int_equal(call(c, P9_TLINK, "wws", ROOT, 1, "l2"), 0);
	assert_int_equal(lstat(host(c, "l2"), &stat), 0);
	assert_true(S_ISLNK(stat.st_mode) && stat.st_nlink == 2);
	assert_int_equal(call(c, P9_TUNLINKAT, "wsw", ROOT, "d", 0), EISDIR);
	assert_int_equal(call(c, P9_TUNLINKAT, "wsw", ROOT, "d", 0x200), 0);
	assert_int_equal(call(c, P9_TUNLINKAT, "wsw", ROOT, "l", 0x400),
			 EINVAL);
	assert_int_equal(call(c, P9_TUNLINKAT, "wsw", ROOT, "..", 0x200),
			 EINVAL);
}

/* By the file alone: its directory has to be found. */
static void test_by_file(void **state)
{
	struct client *c = *state;

	host_do(c, "mkdir -p a/b x && echo 1 >a/b/f && echo 2 >g");
	assert_int_equal(walk(c, 1, "a/b/f"), 0);
	assert_int_equal(walk(c, 2, "x"), 0);
	assert_int_equal(call(c, P9_TRENAME, "wws", 1, 2, "moved"), 0);
	assert_int_equal(access(host(c, "x/moved"), F_OK), 0);
	assert_int_equal(call(c, P9_TRENAME, "wws", ROOT, 2, "r"), EBUSY);
	assert_int_equal(call(c, P9_TREMOVE, "w", 1), 0);
	assert_int_equal(access(host(c, "x/moved"), F_OK), -1);
	assert_int_equal(call(c, P9_TCLUNK, "w", 1), EBADF);
	assert_int_equal(walk(c, 1, "g"), 0);
	host_do(c, "rm g && echo other >'g (deleted)'");
	assert_int_equal(call(c, P9_TREMOVE, "w", 1), ENOENT);
	assert_int_equal(access(host(c, "g (deleted)"), F_OK), 0);
	assert_int_equal(walk(c, 1, "a"), 0);
	assert_int_equal(call(c, P9_TREMOVE, "w", 1), ENOTEMPTY);
	assert_int_equal(call(c, P9_TCLUNK, "w", 1), EBADF);
}

/* Every name once, whatever the size of the pieces, though others come and go; and
 * from a cookie on again. */
static void list(struct client *c, uint32_t count, unsigned int want)
{
	static bool seen[1000];
	uint64_t offset = 0, first = 0;
	unsigned int nr = 0, dots = 0;

	memset(seen, 0, sizeof(seen));
	assert_int_equal(open_fid(c, 1, "big", O_RDONLY), 0);
	for (;;) {
		const uint8_t *end;
		uint32_t len;

		assert_int_equal(call(c, P9_TREADDIR, "wdw", 1, offset, count),
				 0);
		len = get32(c);
		if (!len)
			break;
		assert_true(len <= count);
		for (end = c->at + len; c->at < end;) {
			char name[256] = "";
			uint16_t size;
			size_t at;

			c->at += 13;
			offset = get64(c);
			c->at += 1;
			size = get16(c);
			memcpy(name, c->at, size);
			c->at += size;
			if (*name == '.') {
				dots++;
				continue;
			}
			at = strtoul(name + 200, NULL, 10);
			assert_false(seen[at]);
			seen[at] = true;
			if (++nr == 7)
				first = offset;
		}
	}
	assert_int_equal(dots, 2);
	assert_int_equal(nr, want);
	assert_int_equal(call(c, P9_TREADDIR, "wdw", 1, first, count), 0);
	assert_true(get32(c) > 0);
}

static void test_readdir(void **state)
{
	struct client *c = *state;
	char name[256];

	assert_int_equal(mkdir(host(c, "big"), 0755), 0);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "big/%0200d%d", 0, i);
		host_write(c, name, "");
	}
	list(c, 4096, 500);
	list(c, 60000, 500);
	list(c, 300, 500);
	host_write(c, "f", "");
	assert_int_equal(open_fid(c, 1, "f", O_RDONLY), 0);
	assert_int_equal(call(c, P9_TREADDIR, "wdw", 1, 0ULL, 4096), ENOTDIR);
	assert_int_equal(call(c, P9_TREADDIR, "wdw", ROOT, 0ULL, 4096), EBADF);
}

static void test_xattrs(void **state)
{
	struct client *c = *state;
	char val[16];

	host_write(c, "f", "");
	if (setxattr(host(c, "f"), "user.a", "1234", 4, 0))
		skip(); /* no such attributes here */
	assert_int_equal(walk(c, 1, "f"), 0);
	assert_int_equal(call(c, P9_TXATTRWALK, "wws", 1, 2, "user.a"), 0);
	assert_int_equal(get64(c), 4);
	check_content(c, 2, 0, "1234");
	check_content(c, 2, 3, "4");
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 2, 0ULL, 1, 1, "x"), EBADF);
	assert_int_equal(call(c, P9_TXATTRWALK, "wws", 1, 2, "user.a"), EBADF);
	assert_int_equal(call(c, P9_TXATTRWALK, "wws", 1, 3, "user.b"),
			 ENODATA);
	assert_int_equal(call(c, P9_TXATTRWALK, "wws", 1, 3, ""), 0);
	assert_true(get64(c) >= 7);
	assert_int_equal(call(c, P9_TXATTRCREATE, "wsdw", 1, "user.b", 3ULL, 0),
			 0);
	assert_int_equal(call(c, P9_TREAD, "wdw", 1, 0ULL, 1), EBADF);
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 1, 0ULL, 2, 2, "xy"), 0);
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 1, 2ULL, 2, 2, "zz"),
			 ENOSPC);
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 1, 2ULL, 1, 1, "z"), 0);
	assert_int_equal(call(c, P9_TCLUNK, "w", 1), 0);
	assert_int_equal(getxattr(host(c, "f"), "user.b", val, 16), 3);
	assert_memory_equal(val, "xyz", 3);
	/* half written: an error, and nothing set */
	assert_int_equal(walk(c, 1, "f"), 0);
	assert_int_equal(call(c, P9_TXATTRCREATE, "wsdw", 1, "user.c", 3ULL, 0),
			 0);
	assert_int_equal(call(c, P9_TCLUNK, "w", 1), EINVAL);
	/* taken away */
	assert_int_equal(walk(c, 1, "f"), 0);
	assert_int_equal(call(c, P9_TXATTRCREATE, "wsdw", 1, "user.b", 0ULL, 2),
			 0);
	assert_int_equal(call(c, P9_TCLUNK, "w", 1), 0);
	assert_int_equal(getxattr(host(c, "f"), "user.b", val, 16), -1);
	assert_int_equal(walk(c, 1, "f"), 0);
	assert_int_equal(call(c, P9_TXATTRCREATE, "wsdw", 1, "user.d",
			      1ULL << 40, 0),
			 E2BIG);
}

static void test_read_only(void **state)
{
	struct client *c = *state;

	host_write(c, "f", "abc");
	c->share.ro = true;
	assert_int_equal(open_fid(c, 1, "f", O_RDWR), EROFS);
	assert_int_equal(open_fid(c, 1, "f", O_RDONLY | O_TRUNC), EROFS);
	assert_int_equal(open_fid(c, 1, "f", O_RDONLY), 0);
	check_content(c, 1, 0, "abc");
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 1, 0ULL, 1, 1, "x"), EROFS);
	assert_int_equal(call(c, P9_TLCREATE, "wswww", ROOT, "n", 0, 0, 0),
			 EROFS);
	assert_int_equal(call(c, P9_TMKDIR, "wsww", ROOT, "n", 0, 0), EROFS);
	assert_int_equal(call(c, P9_TSETATTR, "wwwwwddddd", ROOT, 1, 0, 0, 0,
			      0ULL, 0ULL, 0ULL, 0ULL, 0ULL),
			 EROFS);
	assert_int_equal(call(c, P9_TRENAMEAT, "wsws", ROOT, "f", ROOT, "g"),
			 EROFS);
	assert_int_equal(call(c, P9_TREMOVE, "w", 1), EROFS);
	assert_int_equal(access(host(c, "f"), F_OK), 0);
}

/* The directory goes away below us: errors, no more. */
static void test_vanishing(void **state)
{
	struct client *c = *state;

	host_write(c, "f", "abc");
	assert_int_equal(open_fid(c, 1, "f", O_RDWR), 0);
	assert_int_equal(walk(c, 2, "g"), ENOENT);
	assert_false(c->p9->is_lost);
	host_do(c, "rm f && rmdir ../share");
	check_content(c, 1, 0, "abc");
	assert_int_equal(walk(c, 2, "f"), ENOENT);
	assert_true(c->p9->is_lost);
	assert_int_equal(call(c, P9_TMKDIR, "wsww", ROOT, "d", 0755, 0),
			 ENOENT);
	assert_int_equal(call(c, P9_TGETATTR, "wd", ROOT, 0x7ffULL), 0);
	assert_int_equal(mkdir(c->dir, 0755), 0);
}

/* More fids than descriptors: all are there, wherever they were moved. */
static void test_many(void **state)
{
	struct client *c = *state;
	const uint32_t nr = 300;
	char name[64];

	host_do(c, "mkdir -p a/b && cd a/b && seq 300 | xargs touch");
	c->p9->fds_max = 40;
	for (uint32_t i = 1; i <= nr; i++) {
		snprintf(name, sizeof(name), "a/b/%u", i);
		assert_int_equal(walk(c, i, name), 0);
		assert_true(c->p9->nr_fds <= 40);
	}
	assert_int_equal(call(c, P9_TRENAMEAT, "wsws", ROOT, "a", ROOT, "z"),
			 0);
	host_do(c, "rm z/b/17 z/b/18 && echo new >z/b/18");
	for (uint32_t i = 1; i <= nr; i++)
		assert_int_equal(call(c, P9_TGETATTR, "wd", i, 0ULL),
				 i == 17 || i == 18 ? ESTALE : 0);
	for (uint32_t i = 1; i <= nr; i++) {
		const int err = call(c, P9_TLOPEN, "ww", i, O_RDONLY);

		assert_true(!err || err == EMFILE || err == ESTALE);
		assert_true(err || i <= 42);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_version), CASE(test_malformed),  CASE(test_walk),
		CASE(test_special), CASE(test_open_files), CASE(test_setattr),
		CASE(test_entries), CASE(test_by_file),	   CASE(test_readdir),
		CASE(test_xattrs),  CASE(test_read_only),  CASE(test_vanishing),
		CASE(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
