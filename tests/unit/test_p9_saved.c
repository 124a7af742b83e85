/* objects: virtio/p9/server.o virtio/p9/share.o virtio/p9/wire.o virtio/p9/fids.o */
/* objects: virtio/p9/nodes.o virtio/p9/paths.o virtio/p9/reserve.o virtio/p9/walk.o */
/* objects: virtio/p9/files.o virtio/p9/directories.o virtio/p9/entries.o */
/* objects: virtio/p9/moves.o virtio/p9/attributes.o virtio/p9/owner.o */
/* objects: virtio/p9/xattrs.o virtio/p9/locks.o virtio/p9/lock_table.o */
/* objects: virtio/p9/saved.o util/stash.o util/reach.o */
/*
 * A 9p server that is saved and restored: fids mean what they meant, and what has
 * gone meanwhile is an error of that fid alone. And states that none was ever in.
 */
#include "p9_client.h"

#include <sys/xattr.h>

#include "util/stash.h"

static void save(struct client *c, struct stash *stash)
{
	p9_save(c->p9, stash);
	assert_false(stash->bad);
}

static void renew(struct client *c)
{
	p9_release(c->p9);
	assert_int_equal(c->p9->nr_fds, 0);
	assert_int_equal(c->p9->nr_locks, 0);
	memset(c->p9, 0, sizeof(*c->p9));
	assert_int_equal(p9_init(c->p9, &c->share), 0);
}

static int try_restore(struct client *c, struct stash *stash)
{
	stash->at = 0;
	stash->bad = false;
	return p9_restore(c->p9, stash);
}

/* Meanwhile, between the two, the host does @command; or NULL. */
static void restore(struct client *c, const char *command)
{
	struct stash stash = { 0 };

	save(c, &stash);
	renew(c);
	if (command)
		host_do(c, command);
	assert_int_equal(try_restore(c, &stash), 0);
	assert_true(stash_is_done(&stash));
	stash_free(&stash);
}

static void check_content(struct client *c, uint32_t fid, uint64_t offset,
			  const char *want)
{
	const uint32_t len = strlen(want);

	assert_int_equal(call(c, P9_TREAD, "wdw", fid, offset, 100), 0);
	assert_int_equal(get32(c), len);
	assert_memory_equal(c->at, want, len);
}

static uint64_t qid_path(struct client *c, uint32_t fid)
{
	assert_int_equal(call(c, P9_TGETATTR, "wd", fid, 0x7ffULL), 0);
	(void)get64(c);
	c->at += 5;
	return get64(c);
}

static void keeps_fids(void **state)
{
	struct client *c = *state;
	uint64_t file, dir;

	host_do(c, "mkdir -p a/b && echo one >a/b/f && ln -s f a/b/link");
	assert_int_equal(walk(c, 1, "a/b"), 0);
	assert_int_equal(walk(c, 2, "a/b/f"), 0);
	assert_int_equal(walk(c, 3, "a/b/link"), 0);
	assert_int_equal(open_fid(c, 4, "a/b/f", O_RDWR), 0);
	assert_int_equal(open_fid(c, 5, "a/b/f", O_WRONLY | O_APPEND), 0);
	dir = qid_path(c, 1);
	file = qid_path(c, 2);
	for (unsigned int i = 0; i < 3; i++) {
		restore(c, NULL);
		assert_int_equal(c->p9->msize, MESSAGE_MAX);
		assert_true(qid_path(c, 1) == dir && qid_path(c, 2) == file);
		assert_true(qid_path(c, 4) == file);
		assert_int_equal(call(c, P9_TREADLINK, "w", 3), 0);
	}
	check_content(c, 4, 0, "one\n");
	assert_int_equal(call(c, P9_TREAD, "wdw", 5, 0ULL, 1), EBADF);
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 4, 0ULL, 3, 3, "two"), 0);
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 5, 0ULL, 3, 3, "end"), 0);
	check_content(c, 4, 0, "two\nend");
	assert_int_equal(call(c, P9_TLOPEN, "ww", 4, O_RDONLY), EBUSY);
	assert_int_equal(call(c, P9_TLOPEN, "ww", 2, O_RDONLY), 0);
	assert_int_equal(call(c, P9_TWALK, "wwh", 1, 2, 0), EBADF);
	for (uint32_t fid = 0; fid <= 5; fid++)
		assert_int_equal(call(c, P9_TCLUNK, "w", fid), 0);
	assert_int_equal(call(c, P9_TCLUNK, "w", 1), EBADF);
}

/* A guest that was just told of its directory, or has not come at all. */
static void keeps_sessions(void **state)
{
	struct client *c = *state;

	restore(c, NULL);
	assert_int_equal(walk(c, 1, ""), 0);
	p9_reset(c->p9);
	restore(c, NULL);
	begin(c);
	assert_int_equal(walk(c, 1, ""), 0);
}

static void loses_what_has_gone(void **state)
{
	struct client *c = *state;

	host_do(c, "mkdir d e && for f in 1 2 3 4 5; do echo $f >d/$f; done");
	for (uint32_t fid = 1; fid <= 5; fid++) {
		char path[] = { 'd', '/', '0' + fid, '\0' };

		assert_int_equal(open_fid(c, fid, path, O_RDWR), 0);
		assert_int_equal(walk(c, 10 + fid, path), 0);
	}
	assert_int_equal(call(c, P9_TUNLINKAT, "wsw", 0, "x", 0), ENOENT);
	assert_int_equal(walk(c, 20, "d"), 0);
	/* 4 is removed while it is open, and after that everything else */
	assert_int_equal(call(c, P9_TUNLINKAT, "wsw", 20, "4", 0), 0);
	check_content(c, 4, 0, "4\n");
	restore(c, "rm d/1 && mv d/2 e/ && mv d/3 d/x && echo new >d/3");
	for (uint32_t fid = 1; fid <= 4; fid++) {
		assert_int_equal(call(c, P9_TREAD, "wdw", fid, 0ULL, 9),
				 ESTALE);
		assert_int_equal(call(c, P9_TWRITE, "wdwD", fid, 0ULL, 1, 1,
				      "x"),
				 ESTALE);
		assert_int_equal(call(c, P9_TFSYNC, "ww", fid, 0), ESTALE);
		assert_int_equal(call(c, P9_TLOCK, "wbwddws", fid, 0, 0, 0ULL,
				      1ULL, 5, "me"),
				 ESTALE);
		assert_int_equal(call(c, P9_TGETATTR, "wd", fid, 0ULL), ESTALE);
		assert_int_equal(call(c, P9_TGETATTR, "wd", 10 + fid, 0ULL),
				 ESTALE);
		assert_int_equal(call(c, P9_TLOPEN, "ww", fid, 0), ESTALE);
	}
	check_content(c, 5, 0, "5\n");
	restore(c, NULL);
	check_content(c, 5, 0, "5\n");
	assert_int_equal(call(c, P9_TREAD, "wdw", 4, 0ULL, 9), ESTALE);
	for (uint32_t fid = 1; fid <= 5; fid++)
		assert_int_equal(call(c, P9_TCLUNK, "w", fid), 0);
}

/* Reads on where it was, whatever has come and gone meanwhile. */
static void keeps_places_in_directories(void **state)
{
	struct client *c = *state;
	char seen[40] = { 0 };
	uint64_t offset = 0;

	host_do(c,
		"mkdir d && cd d && for i in 0 1 2 3; do for k in 0 1 2 3 4 5 "
		"6 7 8 9; do >$i$k; done; done");
	assert_int_equal(open_fid(c, 1, "d", O_RDONLY), 0);
	for (;;) {
		uint32_t size;

		assert_int_equal(call(c, P9_TREADDIR, "wdw", 1, offset, 200),
				 0);
		size = get32(c);
		if (!size)
			break;
		for (const uint8_t *end = c->at + size; c->at < end;) {
			uint16_t len;

			c->at += 13;
			offset = get64(c);
			(void)get8(c);
			len = get16(c);
			if (len == 2 && c->at[0] != '.')
				seen[(c->at[0] - '0') * 10 + c->at[1] - '0']++;
			c->at += len;
		}
		restore(c, NULL);
	}
	for (unsigned int i = 0; i < sizeof(seen); i++)
		assert_int_equal(seen[i], 1);
}

static void keeps_attributes(void **state)
{
	struct client *c = *state;
	char val[16];

	host_write(c, "f", "");
	if (setxattr(host(c, "f"), "user.a", "1234", 4, 0))
		skip(); /* no such attributes here */
	assert_int_equal(walk(c, 1, "f"), 0);
	assert_int_equal(call(c, P9_TXATTRWALK, "wws", 1, 2, "user.a"), 0);
	assert_int_equal(call(c, P9_TXATTRCREATE, "wsdw", 1, "user.b", 3ULL, 0),
			 0);
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 1, 0ULL, 2, 2, "xy"), 0);
	restore(c, NULL);
	assert_int_equal(getxattr(host(c, "f"), "user.b", val, 16), -1);
	check_content(c, 2, 0, "1234");
	assert_int_equal(call(c, P9_TWRITE, "wdwD", 1, 2ULL, 1, 1, "z"), 0);
	assert_int_equal(call(c, P9_TCLUNK, "w", 1), 0);
	assert_int_equal(getxattr(host(c, "f"), "user.b", val, 16), 3);
	assert_memory_equal(val, "xyz", 3);
}

static int do_lock(struct client *c, uint32_t fid, int type, uint64_t start,
		   uint64_t len, uint32_t owner)
{
	int err = call(c, P9_TLOCK, "wbwddws", fid, type, 0, start, len, owner,
		       "me");

	return err ? -err : get8(c);
}

static bool is_free(struct client *c, uint64_t start)
{
	const int fd = open(host(c, "f"), O_RDWR);
	struct flock lock = { .l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = start,
			      .l_len = 1 };

	assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
	close(fd);
	return lock.l_type == F_UNLCK;
}

static void takes_locks_again(void **state)
{
	struct client *c = *state;
	struct flock other = { .l_type = F_WRLCK,
			       .l_whence = SEEK_SET,
			       .l_start = 200,
			       .l_len = 1 };
	struct stash stash = { 0 };
	int fd;

	host_write(c, "f", "0123456789");
	assert_int_equal(open_fid(c, 1, "f", O_RDWR), 0);
	assert_int_equal(open_fid(c, 2, "f", O_RDWR), 0);
	assert_int_equal(open_fid(c, 3, "f", O_RDWR), 0);
	assert_int_equal(do_lock(c, 1, 1, 0, 10, 5), 0);
	assert_int_equal(do_lock(c, 2, 0, 100, 10, 6), 0);
	assert_int_equal(do_lock(c, 3, 0, 105, 10, 7), 0);
	assert_int_equal(do_lock(c, 2, 1, 200, 0, 6), 0);
	restore(c, NULL);
	assert_false(is_free(c, 0));
	assert_true(is_free(c, 10));
	assert_int_equal(do_lock(c, 2, 0, 0, 1, 6), 1);
	assert_int_equal(do_lock(c, 1, 2, 0, 10, 5), 0);
	assert_true(is_free(c, 0));
	/* Somebody else is there first: the lock is gone, and its fid. */
	save(c, &stash);
	renew(c);
	fd = open(host(c, "f"), O_RDWR);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &other), 0);
	assert_int_equal(try_restore(c, &stash), 0);
	stash_free(&stash);
	assert_int_equal(call(c, P9_TREAD, "wdw", 2, 0ULL, 1), EIO);
	check_content(c, 1, 0, "0123456789");
	check_content(c, 3, 0, "0123456789");
	close(fd);
	assert_true(is_free(c, 100));
	assert_false(is_free(c, 112));
	assert_int_equal(call(c, P9_TCLUNK, "w", 3), 0);
	assert_true(is_free(c, 112));
}

static void is_for_one_directory(void **state)
{
	struct client *c = *state;
	struct stash stash = { 0 };

	save(c, &stash);
	p9_release(c->p9);
	p9_share_close(&c->share);
	host_do(c, "cd .. && mv share other && mkdir share");
	assert_int_equal(p9_share_open(&c->share, c->dir), 0);
	memset(c->p9, 0, sizeof(*c->p9));
	assert_int_equal(p9_init(c->p9, &c->share), 0);
	assert_int_equal(try_restore(c, &stash), -ESTALE);
	stash_free(&stash);
}

/* Whoever made the file: nothing outside is opened, nothing is opened that waits,
 * and what is read only stays so. */
static void does_not_get_out(void **state)
{
	struct client *c = *state;
	struct stash stash = { 0 };
	static const char *const paths[] = { "../f", "/tmp/f", "a/../f",
					     "link/f", "fifo/x" };
	uint8_t *at;

	host_do(c, "mkdir d && ln -s .. link && mkfifo fifo && echo out >../f "
		   "&& echo 1 >d/long");
	assert_int_equal(open_fid(c, 1, "d/long", O_RDWR), 0);
	save(c, &stash);
	at = memmem(stash.data, stash.len, "d/long", 6);
	assert_non_null(at);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		memset(at, 0, 6);
		memcpy(at, paths[i], strlen(paths[i]));
		renew(c);
		assert_int_equal(try_restore(c, &stash), 0);
		assert_int_equal(call(c, P9_TREAD, "wdw", 1, 0ULL, 9), ESTALE);
	}
	memcpy(at, "d/long", 6);
	renew(c);
	c->share.ro = true;
	assert_int_equal(try_restore(c, &stash), 0);
	assert_int_equal(call(c, P9_TREAD, "wdw", 1, 0ULL, 9), EROFS);
	stash_free(&stash);
}

static void survives_damage(void **state)
{
	static const uint8_t wrong[] = { 0x01, 0x80, 0xff };
	struct client *c = *state;
	struct stash good = { 0 };

	host_do(c, "mkdir d && echo 1 >d/f");
	assert_int_equal(open_fid(c, 1, "d/f", O_RDWR), 0);
	assert_int_equal(open_fid(c, 2, "d", O_RDONLY), 0);
	assert_int_equal(walk(c, 3, "d/f"), 0);
	assert_int_equal(call(c, P9_TXATTRCREATE, "wsdw", 3, "user.b", 3ULL, 0),
			 0);
	assert_int_equal(do_lock(c, 1, 1, 0, 10, 5), 0);
	save(c, &good);
	for (size_t i = 0; i < good.len * sizeof(wrong); i++) {
		uint8_t *bytes = malloc(good.len);
		struct stash bad = { .data = bytes, .len = good.len };

		memcpy(bytes, good.data, good.len);
		bytes[i / sizeof(wrong)] ^= wrong[i % sizeof(wrong)];
		renew(c);
		if (!try_restore(c, &bad)) {
			for (uint32_t fid = 1; fid <= 3; fid++) {
				call(c, P9_TREAD, "wdw", fid, 0ULL, 9);
				call(c, P9_TREADDIR, "wdw", fid, 0ULL, 900);
				call(c, P9_TCLUNK, "w", fid);
			}
		}
		bad.len = i / sizeof(wrong);
		renew(c);
		assert_true(try_restore(c, &bad) || !stash_is_done(&bad));
		free(bytes);
	}
	stash_free(&good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keeps_fids),	    CASE(keeps_sessions),
		CASE(loses_what_has_gone),  CASE(keeps_places_in_directories),
		CASE(keeps_attributes),	    CASE(takes_locks_again),
		CASE(is_for_one_directory), CASE(does_not_get_out),
		CASE(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
