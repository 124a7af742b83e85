/* objects: virtio/p9/server.o virtio/p9/share.o virtio/p9/wire.o virtio/p9/fids.o */
/* objects: virtio/p9/nodes.o virtio/p9/paths.o virtio/p9/reserve.o virtio/p9/walk.o */
/* objects: virtio/p9/files.o virtio/p9/directories.o virtio/p9/entries.o */
/* objects: virtio/p9/moves.o virtio/p9/attributes.o virtio/p9/owner.o */
/* objects: virtio/p9/xattrs.o virtio/p9/locks.o virtio/p9/lock_table.o */
/* objects: util/reach.o */
/*
 * What a guest tries to get out of its directory, while a process of the host moves
 * things below it; owners in attributes; and locks, as other processes see them.
 */
#include "p9_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/xattr.h>

/* Beside the share, where nobody may come. */
#define SECRET "../secret"

static ino_t outside(struct client *c)
{
	struct stat stat;

	host_do(c, "mkdir -p ../out && echo secret >" SECRET
		   " && echo secret >../out/secret");
	assert_int_equal(lstat(host(c, ".."), &stat), 0);
	return stat.st_ino;
}

static void test_dots(void **state)
{
	struct client *c = *state;
	struct stat stat;
	const ino_t above = outside(c);

	host_do(c, "mkdir -p a/b");
	assert_int_equal(lstat(c->dir, &stat), 0);
	assert_int_equal(walk(c, 1, "../../.."), 0); /* the root, still */
	c->at += 3 * 13 - 8;
	assert_int_equal(get64(c), stat.st_ino);
	assert_int_equal(walk(c, 1, "../secret"), ENOENT);
	assert_int_equal(walk(c, 1, "a/b/../../../secret"), ENOENT);
	assert_int_equal(walk(c, 1, "a/b/.."), 0);
	assert_int_equal(call(c, P9_TWALK, "wwhs", ROOT, 2, 1, "a/../.."),
			 EINVAL);
	assert_int_equal(call(c, P9_TWALK, "wwhs", ROOT, 2, 1, SECRET), EINVAL);
	assert_int_equal(call(c, P9_TUNLINKAT, "wsw", ROOT, SECRET, 0), EINVAL);
	assert_int_equal(call(c, P9_TRENAMEAT, "wsws", ROOT, "a", ROOT, "../a"),
			 EINVAL);
	assert_int_equal(call(c, P9_TLCREATE, "wswww", ROOT, "../n", O_RDWR,
			      0600, 0),
			 EINVAL);
	/* a directory that the host has moved out has no way back to above it */
	assert_int_equal(walk(c, 1, "a/b"), 0);
	host_do(c, "mv a/b ../out");
	assert_int_equal(call(c, P9_TWALK, "wwhs", 1, 2, 1, ".."), ENOENT);
	/* nor does a listing of the root tell of it */
	assert_int_equal(open_fid(c, 1, "", O_RDONLY), 0);
	assert_int_equal(call(c, P9_TREADDIR, "wdw", 1, 0ULL, 4096), 0);
	assert_null(memmem(c->reply, c->got, &above, sizeof(above)));
}

static void test_links(void **state)
{
	struct client *c = *state;

	(void)outside(c);
	host_do(c, "ln -s ../secret f; ln -s / d; ln -s $PWD/../out o; "
		   "ln -s /proc/self/root p");
	assert_int_equal(open_fid(c, 1, "f", O_RDONLY), ELOOP);
	assert_int_equal(open_fid(c, 1, "f", O_RDWR | O_TRUNC), ELOOP);
	assert_int_equal(walk(c, 1, "d/etc"), ENOENT); /* one step of two */
	assert_int_equal(walk(c, 1, "o/secret"), ENOENT);
	assert_int_equal(walk(c, 1, "p"), 0);
	assert_int_equal(call(c, P9_TWALK, "wwhs", 1, 2, 1, "etc"), ENOTDIR);
	assert_int_equal(call(c, P9_TMKDIR, "wsww", 1, "n", 0755, 0), ENOTDIR);
	assert_int_equal(call(c, P9_TUNLINKAT, "wsw", 1, "secret", 0), ENOTDIR);
	assert_int_equal(walk(c, 1, "f"), 0);
	assert_int_equal(call(c, P9_TSETATTR, "wwwwwddddd", 1, 0x8, 0, 0, 0,
			      0ULL, 0ULL, 0ULL, 0ULL, 0ULL),
			 EINVAL);
	(void)call(c, P9_TSETATTR, "wwwwwddddd", 1, 0x1, 0, 0, 0, 0ULL, 0ULL,
		   0ULL, 0ULL, 0ULL);
	assert_int_equal(walk(c, 1, ""), 0);
	assert_int_equal(call(c, P9_TLCREATE, "wswww", 1, "f", O_RDWR | O_TRUNC,
			      0600, 0),
			 ELOOP);
	host_do(c, "test `cat ../secret` = secret && test -r ../secret");
	assert_int_equal(call(c, P9_TATTACH, "wwssw", 9, NOFID, "", "o", 0),
			 0); /* the link itself */
	assert_int_equal(call(c, P9_TATTACH, "wwssw", 8, NOFID, "", "o/secret",
			      0),
			 ELOOP);
}

static atomic_bool racing;

/* Puts a directory, and a link out of the share, in turn in the same place. */
static void *swap(void *arg)
{
	const struct client *c = arg;
	char dir[512], link[512], place[512];

	snprintf(dir, sizeof(dir), "%s/dir", c->dir);
	snprintf(link, sizeof(link), "%s/link", c->dir);
	snprintf(place, sizeof(place), "%s/place", c->dir);
	while (racing) {
		if (rename(dir, place) || rename(place, dir) ||
		    rename(link, place) || rename(place, link))
			break;
	}
	return NULL;
}

static void test_race(void **state)
{
	struct client *c = *state;
	pthread_t thread;

	(void)outside(c);
	host_do(c, "mkdir dir && echo inside >dir/secret && ln -s ../out link");
	racing = true;
	assert_int_equal(pthread_create(&thread, NULL, swap, c), 0);
	for (int i = 0; i < 4000; i++) {
		if (walk(c, 1, "place/secret") ||
		    call(c, P9_TLOPEN, "ww", 1, O_RDONLY) ||
		    call(c, P9_TREAD, "wdw", 1, 0ULL, 6))
			continue;
		assert_memory_equal(c->reply + 11, "inside", 6);
	}
	racing = false;
	pthread_join(thread, NULL);
	host_do(c, "test -L link && test `cat ../out/secret` = secret");
}

static void check_owner(struct client *c, uint32_t fid, uint32_t mode,
			uint32_t uid, uint32_t gid)
{
	assert_int_equal(call(c, P9_TGETATTR, "wd", fid, 0x7ffULL), 0);
	c->at += 8 + 13;
	assert_int_equal(get32(c), mode);
	assert_int_equal(get32(c), uid);
	assert_int_equal(get32(c), gid);
}

static void test_mapped(void **state)
{
	struct client *c = *state;
	struct stat stat;
	uint32_t val;

	if (!p9_share_maps(&c->share))
		skip(); /* no such attributes here */
	c->share.mapped = true;
	assert_int_equal(create(c, 1, "", "f", 04000), 0);
	check_owner(c, 1, S_IFREG | 04000, USER, USER);
	assert_int_equal(lstat(host(c, "f"), &stat), 0);
	assert_int_equal(stat.st_mode, S_IFREG | 0600);
	assert_int_equal(stat.st_uid, getuid());
	assert_int_equal(getxattr(host(c, "f"), "user.virtfs.mode", &val, 4),
			 4);
	assert_int_equal(val, S_IFREG | 04000);
	assert_int_equal(call(c, P9_TSETATTR, "wwwwwddddd", 1, 0x7, 01751, 7, 8,
			      0ULL, 0ULL, 0ULL, 0ULL, 0ULL),
			 0);
	check_owner(c, 1, S_IFREG | 01751, 7, 8);
	assert_int_equal(lstat(host(c, "f"), &stat), 0);
	assert_int_equal(stat.st_mode, S_IFREG | 0751);
	assert_int_equal(getxattr(host(c, "f"), "user.virtfs.uid", &val, 4), 4);
	assert_int_equal(val, 7);
	assert_int_equal(call(c, P9_TMKNOD, "wswwww", ROOT, "null",
			      S_IFCHR | 0666, 1, 3, 0),
			 0);
	assert_int_equal(walk(c, 1, "null"), 0);
	check_owner(c, 1, S_IFCHR | 0666, USER, 0);
	c->at += 8;
	assert_int_equal(get64(c), 0x103);
	assert_int_equal(lstat(host(c, "null"), &stat), 0);
	assert_true(S_ISREG(stat.st_mode));
	assert_int_equal(call(c, P9_TSYMLINK, "wssw", ROOT, "l", "x", 0), 0);
	assert_int_equal(walk(c, 1, "l"), 0);
	assert_int_equal(call(c, P9_TSETATTR, "wwwwwddddd", 1, 0x6, 0, 7, 8,
			      0ULL, 0ULL, 0ULL, 0ULL, 0ULL),
			 0);
	/* ours are not the guest's */
	assert_int_equal(walk(c, 1, "f"), 0);
	assert_int_equal(call(c, P9_TXATTRWALK, "wws", 1, 2, "user.virtfs.uid"),
			 ENODATA);
	assert_int_equal(call(c, P9_TXATTRCREATE, "wsdw", 1, "user.virtfs.uid",
			      4ULL, 0),
			 EPERM);
	assert_int_equal(call(c, P9_TXATTRWALK, "wws", 1, 2, ""), 0);
	assert_int_equal(call(c, P9_TREAD, "wdw", 2, 0ULL, 1000), 0);
	assert_null(memmem(c->reply, c->got, "virtfs", 6));
}

/* A link as QEMU leaves it, and a file that lies about what it is. */
static void test_mapped_foreign(void **state)
{
	struct client *c = *state;
	uint32_t mode = S_IFLNK | 0777;

	if (!p9_share_maps(&c->share))
		skip();
	c->share.mapped = true;
	host_write(c, "l", "/some/where");
	host_write(c, "f", "text");
	host_do(c, "mkdir d");
	assert_int_equal(
		setxattr(host(c, "l"), "user.virtfs.mode", &mode, 4, 0), 0);
	assert_int_equal(walk(c, 1, "l"), 0);
	assert_int_equal(get8(c), P9_QID_LINK);
	assert_int_equal(call(c, P9_TREADLINK, "w", 1), 0);
	assert_int_equal(get16(c), 11);
	assert_memory_equal(c->at, "/some/where", 11);
	mode = S_IFDIR | 0755;
	assert_int_equal(
		setxattr(host(c, "f"), "user.virtfs.mode", &mode, 4, 0), 0);
	mode = S_IFREG | 0755;
	assert_int_equal(
		setxattr(host(c, "d"), "user.virtfs.mode", &mode, 4, 0), 0);
	assert_int_equal(open_fid(c, 1, "f", O_RDONLY), 0);
	check_owner(c, 1, S_IFREG | 0755, getuid(), getgid());
	assert_int_equal(open_fid(c, 1, "d", O_RDONLY), 0);
	check_owner(c, 1, S_IFDIR | 0755, getuid(), getgid());
}

/* Whether another process could lock these bytes of "f" for writing. */
static bool host_may(struct client *c, off_t start, off_t len)
{
	const int fd = open(host(c, "f"), O_RDWR);
	struct flock lock = { .l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = start,
			      .l_len = len };

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_OFD_GETLK, &lock), 0);
	close(fd);
	return lock.l_type == F_UNLCK;
}

/* Locks as process @pid of the guest: 0 read, 1 write, 2 not. The status. */
static int do_lock(struct client *c, uint32_t fid, int type, uint64_t start,
		   uint64_t len, uint32_t pid)
{
	const int err = call(c, P9_TLOCK, "wbwddws", fid, type, 1, start, len,
			     pid, "guest");

	return err ? -err : get8(c);
}

static void test_locks(void **state)
{
	struct client *c = *state;
	struct flock host_lock = { .l_type = F_WRLCK,
				   .l_start = 100,
				   .l_len = 10 };
	int fd;

	host_write(c, "f", "0123456789");
	assert_int_equal(open_fid(c, 1, "f", O_RDWR), 0);
	assert_int_equal(open_fid(c, 2, "f", O_RDONLY), 0);
	assert_int_equal(do_lock(c, 1, 1, 0, 10, 5), 0);
	assert_false(host_may(c, 9, 1));
	assert_true(host_may(c, 10, 1));
	assert_int_equal(do_lock(c, 2, 0, 0, 1, 6), 1);	 /* another process */
	assert_int_equal(do_lock(c, 2, 0, 0, 10, 5), 0); /* its own again */
	assert_int_equal(do_lock(c, 2, 0, 0, 10, 6), 0); /* both read */
	assert_int_equal(do_lock(c, 1, 2, 2, 3, 5), 0);
	assert_false(host_may(c, 3, 1)); /* the other reads there still */
	assert_int_equal(do_lock(c, 1, 2, 0, 0, 6), 0);
	assert_true(host_may(c, 2, 3));
	assert_false(host_may(c, 1, 1));
	assert_false(host_may(c, 5, 1));
	assert_int_equal(do_lock(c, 1, 2, 0, 0, 5), 0);
	assert_true(host_may(c, 0, 0));
	/* what the host holds */
	fd = open(host(c, "f"), O_RDWR);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &host_lock), 0);
	assert_int_equal(do_lock(c, 1, 0, 109, 1, 5), 1);
	assert_int_equal(do_lock(c, 1, 0, 110, 0, 5), 0);
	assert_int_equal(
		call(c, P9_TGETLOCK, "wbddws", 1, 1, 0ULL, 0ULL, 6, "g"), 0);
	assert_int_equal(get8(c), 0); /* the guest's reader */
	assert_int_equal(get64(c), 110);
	assert_int_equal(
		call(c, P9_TGETLOCK, "wbddws", 1, 0, 0ULL, 0ULL, 5, "g"), 0);
	assert_int_equal(get8(c), 1);
	assert_int_equal(get64(c), 100);
	assert_int_equal(get64(c), 10);
	/* as Linux asks: whatever there is */
	assert_int_equal(
		call(c, P9_TGETLOCK, "wbddws", 1, 2, 0ULL, 0ULL, 5, "g"), 0);
	assert_int_equal(get8(c), 1);
	close(fd);
	/* with the fid they go */
	assert_int_equal(do_lock(c, 1, 1, 0, 0, 5), 0);
	assert_int_equal(call(c, P9_TCLUNK, "w", 1), 0);
	assert_true(host_may(c, 0, 0));
	assert_int_equal(do_lock(c, 2, 3, 0, 0, 5), -EINVAL);
	assert_int_equal(do_lock(c, 2, 0, 1ULL << 63, 0, 5), -EINVAL);
	assert_int_equal(do_lock(c, 2, 0, 1, INT64_MAX, 5), 0);
	assert_int_equal(do_lock(c, 2, 0, 2, INT64_MAX, 5), -EINVAL);
	assert_int_equal(do_lock(c, ROOT, 0, 0, 0, 5), -EBADF);
	assert_int_equal(do_lock(c, 2, 0, 0, 0, 5), 0);
	begin(c);
	assert_true(host_may(c, 0, 0));
}

/* A guest that locks every second byte runs out of locks, and gets them back. */
static void test_many_locks(void **state)
{
	struct client *c = *state;
	int nr = 0;

	host_write(c, "f", "");
	assert_int_equal(open_fid(c, 1, "f", O_RDWR), 0);
	while (nr < 100000 && !do_lock(c, 1, 1, 2 * nr, 1, 5))
		nr++;
	assert_true(nr > 1000 && nr < 100000);
	assert_int_equal(do_lock(c, 1, 1, 2 * nr, 1, 5), -ENOLCK);
	assert_int_equal(do_lock(c, 1, 2, 0, 0, 5), 0);
	assert_int_equal(do_lock(c, 1, 1, 0, 0, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_dots),	   CASE(test_links),
		CASE(test_race),	   CASE(test_mapped),
		CASE(test_mapped_foreign), CASE(test_locks),
		CASE(test_many_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
