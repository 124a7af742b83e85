/* host-objects: tools/initcpio/create.o tools/initcpio/list.o */
/* host-objects: tools/initcpio/words.o tools/initcpio/folder.o */
/* host-objects: tools/initcpio/tree.o tools/initcpio/pack.o */
/* host-objects: tools/initcpio/squeeze.o tools/initcpio/frames.o */
/* host-objects: tools/initcpio/load.o tools/initcpio/output.o */
/* host-objects: tools/initcpio/depfile.o tools/initcpio/buf.o */
/* host-objects: tools/initcpio/report.o tools/initcpio/index.o */
/* host-objects: tools/initcpio/newc.o tools/initcpio/parts.o */
/* host-objects: tools/initcpio/unpack.o tools/initcpio/unpack_gzip.o */
/* host-objects: tools/initcpio/unpack_lzo.o tools/initcpio/extent.o */
/*
 * From lists and folders to an archive on the disk and back: what is in it,
 * that it is the same wherever it is made, and that a mistake leaves nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "catch.h"
#include "tools/initcpio/create.h"
#include "tools/initcpio/index.h"
#include "tools/initcpio/load.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const char base_list[] = "dir / 0755 0 0\n"
				"dir /d 0750 1 2\n"
				"file /d/f data 0644 3 4 /l1 /d/l2\n"
				"slink /s d/f 0777 0 0\n"
				"nod /c 0600 0 0 c 5 1\n"
				"nod /b 0660 0 6 b 254 70000\n"
				"pipe /p 0600 0 0\n"
				"file /empty empty 0755 0 0\n"
				"sock /k 0600 0 0\n";

/* --- A folder of its own for each test ----------------------------------- */

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
}

static int enter(void **state)
{
	char path[] = "/tmp/test_initcpio.XXXXXX";

	if (!mkdtemp(path) || chdir(path))
		return -1;
	*state = strdup(path);
	put("data", "The contents of a file.\n");
	put("empty", "");
	put("list", base_list);
	return 0;
}

static int leave(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
	free(*state);
	return chdir("/") || system(command);
}

/* --- Helpers -------------------------------------------------------------- */

/* create_archive() of the inputs, messages kept off the terminal. */
static int make(const char *compressor, const char *output, const char *first,
		const char *second)
{
	char *inputs[] = { (char *)first, (char *)second };
	struct request r = {
		.compressor = compressor_find(compressor),
		.output = output,
		.inputs = inputs,
		.count = second ? 2 : 1,
		.mtime = 1,
	};
	int err;

	catch_begin();
	err = create_archive(&r);
	catch_end();
	return err;
}

static struct buf load(const char *path)
{
	struct buf bytes = { 0 };
	char chunk[4096];
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		assert_int_equal(buf_add(&bytes, chunk, n), 0);
	fclose(file);
	return bytes;
}

static void assert_same_files(const char *a, const char *b)
{
	struct buf left = load(a), right = load(b);

	assert_int_equal(left.len, right.len);
	assert_memory_equal(left.data, right.data, left.len);
	buf_free(&left);
	buf_free(&right);
}

/* Files in the current folder whose names begin with prefix. */
static unsigned int count_files(const char *prefix)
{
	DIR *dir = opendir(".");
	struct dirent *d;
	unsigned int n = 0;

	assert_non_null(dir);
	while ((d = readdir(dir)))
		n += !strncmp(d->d_name, prefix, strlen(prefix));
	closedir(dir);
	return n;
}

static const struct newc_entry *entry(const struct index *index,
				      const char *name)
{
	const struct item *item = index_find(index, name);

	if (!item)
		fail_msg("%s is not in the archive", name);
	return &item->e;
}

/* --- The archive ---------------------------------------------------------- */

static void test_what_is_in_it(void **state)
{
	struct index index;
	struct buf bytes;

	(void)state;
	assert_int_equal(make("none", "out", "list", NULL), 0);
	bytes = load("out");
	assert_int_equal(index_read(&index, bytes.data, bytes.len, 0), 0);
	assert_int_equal(index.count, 11);
	assert_string_equal(index.items[0]->e.name, ".");
	assert_int_equal(entry(&index, "d")->mode, S_IFDIR | 0750);
	assert_int_equal(entry(&index, "d")->uid, 1);
	assert_int_equal(entry(&index, "d")->gid, 2);
	assert_int_equal(entry(&index, "s")->mode, S_IFLNK | 0777);
	assert_int_equal(entry(&index, "s")->size, 3);
	assert_memory_equal(entry(&index, "s")->head, "d/f", 3);
	assert_int_equal(entry(&index, "p")->mode, S_IFIFO | 0600);
	assert_int_equal(entry(&index, "k")->mode, S_IFSOCK | 0600);
	assert_int_equal(entry(&index, "empty")->size, 0);
	for (size_t i = 0; i < index.count; i++) {
		assert_int_equal(index.items[i]->e.mtime, 1);
		assert_int_equal(index.items[i]->e.dev_major, 0);
		assert_int_equal(index.items[i]->e.dev_minor, 0);
		assert_true(index.items[i]->e.padded);
	}
	index_free(&index);
	buf_free(&bytes);
}

static void test_device_nodes(void **state)
{
	struct index index;
	struct buf bytes;

	(void)state;
	assert_int_equal(make("none", "out", "list", NULL), 0);
	bytes = load("out");
	assert_int_equal(index_read(&index, bytes.data, bytes.len, 0), 0);
	assert_int_equal(entry(&index, "c")->mode, S_IFCHR | 0600);
	assert_int_equal(entry(&index, "c")->rdev_major, 5);
	assert_int_equal(entry(&index, "c")->rdev_minor, 1);
	assert_int_equal(entry(&index, "b")->mode, S_IFBLK | 0660);
	assert_int_equal(entry(&index, "b")->rdev_major, 254);
	assert_int_equal(entry(&index, "b")->rdev_minor, 70000);
	index_free(&index);
	buf_free(&bytes);
}

/* One inode number, three links, one body; every other node is alone. */
static void test_hard_links(void **state)
{
	static const char *const names[] = { "d/f", "l1", "d/l2" };
	const struct newc_entry *e;
	struct index index;
	struct buf bytes;

	(void)state;
	assert_int_equal(make("none", "out", "list", NULL), 0);
	bytes = load("out");
	assert_int_equal(index_read(&index, bytes.data, bytes.len, 0), 0);
	for (size_t i = 0; i < ROWS(names); i++) {
		e = entry(&index, names[i]);
		assert_int_equal(e->links, 3);
		assert_int_equal(e->ino, entry(&index, "d/f")->ino);
		assert_int_equal(e->size, i == 2 ? 24 : 0);
	}
	assert_memory_equal(e->head, "The contents of a file.\n", 24);
	for (size_t i = 0; i < index.count; i++) {
		const struct item *item = index.items[i];

		assert_int_equal(item->first->names,
				 item->first->e.links == 3 ? 3 : 1);
	}
	index_free(&index);
	buf_free(&bytes);
}

static void test_same_in_two_folders(void **state)
{
	static const char *const compressors[] = { "none", "gzip", "bzip2",
						   "lzma", "xz",   "lz4",
						   "zstd" };

	(void)state;
	assert_int_equal(mkdir("other", 0700), 0);
	assert_int_equal(system("cp list data empty other"), 0);
	for (size_t i = 0; i < ROWS(compressors); i++) {
		assert_int_equal(make(compressors[i], "out", "list", NULL), 0);
		assert_int_equal(chdir("other"), 0);
		assert_int_equal(utimensat(AT_FDCWD, "data", NULL, 0), 0);
		umask(077);
		assert_int_equal(make(compressors[i], "out", "list", NULL), 0);
		umask(022);
		assert_int_equal(chdir(".."), 0);
		assert_same_files("out", "other/out");
	}
}

static void test_compressors_round_trip(void **state)
{
	static const char *const compressors[] = { "gzip", "bzip2", "lzma",
						   "xz",   "lz4",   "zstd" };
	struct index plain, packed;
	struct buf bytes, raw = { 0 };

	(void)state;
	assert_int_equal(make("none", "plain", "list", NULL), 0);
	bytes = load("plain");
	assert_int_equal(index_read(&plain, bytes.data, bytes.len, 0), 0);
	for (size_t i = 0; i < ROWS(compressors); i++) {
		assert_int_equal(make(compressors[i], "out", "list", NULL), 0);
		assert_int_equal(load_file("out", &raw), 0);
		assert_int_equal(index_read(&packed, raw.data, raw.len, 0), 0);
		assert_int_equal(packed.count, plain.count);
		assert_int_equal(packed.unpacked, bytes.len);
		assert_int_equal(packed.nr_parts, 1);
		assert_string_equal(packed.parts[0].method, compressors[i]);
		assert_null(packed.parts[0].fault);
		assert_true(raw.len < bytes.len);
		index_free(&packed);
		buf_free(&raw);
	}
	index_free(&plain);
	buf_free(&bytes);
}

/* What Linux looks at: the LZ4 legacy magic, an XZ stream with CRC32. */
static void test_frames_for_linux(void **state)
{
	struct buf bytes;

	(void)state;
	assert_int_equal(make("lz4", "out", "list", NULL), 0);
	bytes = load("out");
	assert_memory_equal(bytes.data, "\x02\x21\x4c\x18", 4);
	buf_free(&bytes);
	assert_int_equal(make("xz", "out", "list", NULL), 0);
	bytes = load("out");
	assert_memory_equal(bytes.data,
			    "\xfd"
			    "7zXZ\0\0\1",
			    8);
	buf_free(&bytes);
	assert_int_equal(make("gzip", "out", "list", NULL), 0);
	bytes = load("out");
	assert_memory_equal(bytes.data, "\x1f\x8b\x08\0\0\0\0\0", 8);
	buf_free(&bytes);
}

/* --- The overlay ---------------------------------------------------------- */

static void test_overlay(void **state)
{
	struct index index;
	struct buf bytes;

	(void)state;
	assert_int_equal(mkdir("over", 0700), 0);
	assert_int_equal(mkdir("over/d", 0700), 0);
	assert_int_equal(mkdir("over/new", 0700), 0);
	put("over/d/f", "replaced");
	put("over/new/.x y", "");
	put("over/.gitkeep", "");
	assert_int_equal(chmod("over/new/.x y", 0700), 0);
	assert_int_equal(symlink("../d/f", "over/new/s"), 0);
	assert_int_equal(make("none", "out", "list", "over"), 0);
	bytes = load("out");
	assert_int_equal(index_read(&index, bytes.data, bytes.len, 0), 0);
	assert_int_equal(index.count, 14);
	assert_int_equal(entry(&index, "d")->mode, S_IFDIR | 0750);
	assert_int_equal(entry(&index, "d/f")->mode, S_IFREG | 0644);
	assert_int_equal(entry(&index, "d/f")->links, 1);
	assert_memory_equal(entry(&index, "d/f")->head, "replaced", 8);
	assert_int_equal(entry(&index, "l1")->links, 2);
	assert_int_equal(entry(&index, "d/l2")->size, 24);
	assert_int_equal(entry(&index, "new")->mode, S_IFDIR | 0755);
	assert_int_equal(entry(&index, "new/.x y")->mode, S_IFREG | 0755);
	assert_int_equal(entry(&index, "new/s")->mode, S_IFLNK | 0777);
	assert_int_equal(entry(&index, "new/s")->size, 6);
	assert_memory_equal(entry(&index, "new/s")->head, "../d/f", 6);
	index_free(&index);
	buf_free(&bytes);
}

/* In the order of the bytes, whatever order the folder or locale has. */
static void test_overlay_order(void **state)
{
	static const char names[] = "zaYmB_1xQ-c";
	char path[] = "over/?";
	struct index index;
	struct buf bytes;

	(void)state;
	assert_int_equal(mkdir("over", 0700), 0);
	for (const char *p = names; *p; p++) {
		path[5] = *p;
		put(path, "");
	}
	assert_int_equal(make("none", "out", "over", NULL), 0);
	bytes = load("out");
	assert_int_equal(index_read(&index, bytes.data, bytes.len, 0), 0);
	assert_int_equal(index.count, strlen(names));
	for (size_t i = 1; i < index.count; i++)
		assert_true(strcmp(index.items[i - 1]->name,
				   index.items[i]->name) < 0);
	index_free(&index);
	buf_free(&bytes);
}

static void test_overlay_with_a_pipe(void **state)
{
	(void)state;
	assert_int_equal(mkdir("over", 0700), 0);
	assert_int_equal(mkfifo("over/fifo", 0600), 0);
	assert_int_equal(make("none", "out", "list", "over"), -EINVAL);
	assert_int_equal(count_files("out"), 0);
}

/* --- Mistakes ------------------------------------------------------------- */

static void test_error_leaves_nothing(void **state)
{
	static const char *const lists[] = {
		"dir /a 0755 0 0\ndir /a 0755 0 0\n",
		"file /f missing 0644 0 0\n",
		"dir /x/y 0755 0 0\n",
		"nonsense\n",
	};

	(void)state;
	for (size_t i = 0; i < ROWS(lists); i++) {
		put("bad", lists[i]);
		assert_int_equal(make("gzip", "out", "list", "bad"), -EINVAL);
		assert_int_equal(count_files("out"), 0);
	}
	assert_int_equal(make("none", "out", "missing", NULL), -EINVAL);
	assert_int_equal(make("none", "none/out", "list", NULL), -EIO);
	assert_int_equal(make("none", "/dev/null", "list", NULL), -EINVAL);
	assert_int_equal(count_files("out"), 0);
}

static void test_error_keeps_the_old_output(void **state)
{
	struct buf bytes;

	(void)state;
	put("out", "old");
	put("bad", "nonsense\n");
	assert_int_equal(make("none", "out", "bad", NULL), -EINVAL);
	bytes = load("out");
	assert_int_equal(bytes.len, 3);
	buf_free(&bytes);
	assert_int_equal(count_files("out"), 1);
}

/* lzop is a program that libarchive runs: missing, it must not be half run. */
static void test_missing_program(void **state)
{
	const char *path = getenv("PATH");
	char *before = strdup(path ? path : "");
	int err;

	(void)state;
	setenv("PATH", "/nowhere", 1);
	err = make("lzo", "out", "list", NULL);
	setenv("PATH", before, 1);
	free(before);
	assert_true(err == 0 || err == -EIO); /* 0: built into libarchive */
	assert_int_equal(count_files("out"), err == 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* A limit on the size of files ends the write, by signal or by error. */
static void test_write_that_fails(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct rlimit limit = { 100, 100 };

		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(make("none", "out", "list", NULL) == 0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status));
	assert_int_equal(count_files("out"), 0);
}

/* --- For make ------------------------------------------------------------- */

static void test_depfile(void **state)
{
	static const char wanted[] = "out: li\\ st\nout: da$$ta\n"
				     "li\\ st:\nda$$ta:\n";
	char *inputs[] = { "li st" };
	struct request r = {
		.compressor = compressor_find("none"),
		.output = "out",
		.depfile = "out.d",
		.inputs = inputs,
		.count = 1,
	};
	struct buf bytes;

	(void)state;
	put("da$ta", "x");
	put("li st", "file /f da$ta 0644 0 0\n");
	assert_int_equal(create_archive(&r), 0);
	bytes = load("out.d");
	assert_int_equal(bytes.len, strlen(wanted));
	assert_memory_equal(bytes.data, wanted, bytes.len);
	buf_free(&bytes);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_in_it),
		TEST(test_device_nodes),
		TEST(test_hard_links),
		TEST(test_same_in_two_folders),
		TEST(test_compressors_round_trip),
		TEST(test_frames_for_linux),
		TEST(test_overlay),
		TEST(test_overlay_order),
		TEST(test_overlay_with_a_pipe),
		TEST(test_error_leaves_nothing),
		TEST(test_error_keeps_the_old_output),
		TEST(test_missing_program),
		TEST(test_write_that_fails),
		TEST(test_depfile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
