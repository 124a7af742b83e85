/* host-objects: tools/initcpio/list.o tools/initcpio/words.o */
/* host-objects: tools/initcpio/tree.o tools/initcpio/buf.o */
/* host-objects: tools/initcpio/report.o */
/*
 * The lines of a file list: what each good one puts into the tree, and the
 * message that each bad one gets.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "catch.h"
#include "tools/initcpio/list.h"
#include "tools/initcpio/words.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))
#define N50	    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define N250	    N50 N50 N50 N50 N50
#define A100                                                 \
	"a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/" \
	"a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"
#define A1000 A100 A100 A100 A100 A100 A100 A100 A100 A100 A100

static const char *message; /* what the last call printed on stderr */

/* Runs list_line() and keeps what it prints. */
static int quiet_line(struct tree *tree, unsigned int line, unsigned int rank,
		      const char *text)
{
	struct origin at = { "test.list", line, rank };
	int err;

	catch_begin();
	err = list_line(tree, &at, text);
	message = catch_end();
	return err;
}

static const struct {
	const char *line;
	const char *name; /* of the entry that comes of it; NULL is none */
	mode_t mode;
	uint32_t uid, gid;
	const char *source;
	uint32_t dev_major, dev_minor;
} good[] = {
	{ "dir /bin 0755 0 0", "bin", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir bin 755 0 0", "bin", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ " \tdir\t/bin/ 0 1 2 ", "bin", S_IFDIR, 1, 2, NULL, 0, 0 },
	{ "dir //./bin/. 7777 0 0", "bin", S_IFDIR | 07777, 0, 0, NULL, 0, 0 },
	{ "dir / 0755 0 0", ".", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir \"a b\" 0755 0 0", "a b", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir a\\ b 0755 0 0", "a b", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir a\"#\"b 0755 0 0", "a#b", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir a#b 0755 0 0", "a#b", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir a 0755 0 0 # text", "a", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir \\\"a\\\\ 0755 0 0", "\"a\\", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir x${VAR}y 0755 0 0", "xv wy", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir \"${VAR}\" 0755 0 0", "v w", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir \\${VAR} 0755 0 0", "${VAR}", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir $VAR 0755 0 0", "$VAR", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir a${EMPTY} 0755 0 0", "a", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir a 0755 4294967294 0", "a", S_IFDIR | 0755, UINT32_MAX - 1, 0,
	  NULL, 0, 0 },
	{ "dir ..a 0755 0 0", "..a", S_IFDIR | 0755, 0, 0, NULL, 0, 0 },
	{ "dir " N250 "nnnnn 0755 0 0", N250 "nnnnn", S_IFDIR | 0755, 0, 0,
	  NULL, 0, 0 },
	{ "slink /sh busybox 0777 0 0", "sh", S_IFLNK | 0777, 0, 0, "busybox",
	  0, 0 },
	{ "slink /sh ../a//b/ 0777 0 0", "sh", S_IFLNK | 0777, 0, 0, "../a//b/",
	  0, 0 },
	{ "nod /console 0600 0 5 c 5 1", "console", S_IFCHR | 0600, 0, 5, NULL,
	  5, 1 },
	{ "nod vda 0660 0 0 b 4095 1048575", "vda", S_IFBLK | 0660, 0, 0, NULL,
	  4095, 1048575 },
	{ "pipe p 0600 0 0", "p", S_IFIFO | 0600, 0, 0, NULL, 0, 0 },
	{ "sock s 0600 0 0", "s", S_IFSOCK | 0600, 0, 0, NULL, 0, 0 },
	{ "file f /dev/../etc/passwd 0644 0 0", "f", S_IFREG | 0644, 0, 0,
	  "/dev/../etc/passwd", 0, 0 },
	{ "", NULL, 0, 0, 0, NULL, 0, 0 },
	{ " \t ", NULL, 0, 0, 0, NULL, 0, 0 },
	{ "# dir a", NULL, 0, 0, 0, NULL, 0, 0 },
	{ "  #", NULL, 0, 0, 0, NULL, 0, 0 },
};

static void check_entry(size_t row, const struct tree *tree)
{
	struct tree_entry *e;

	if (!good[row].name) {
		assert_int_equal(tree->count, 0);
		return;
	}
	assert_int_equal(tree->count, 1);
	e = tree_find(tree, good[row].name);
	if (!e)
		fail_msg("good[%zu]: no entry %s", row, good[row].name);
	assert_int_equal(e->node->mode, good[row].mode);
	assert_int_equal(e->node->uid, good[row].uid);
	assert_int_equal(e->node->gid, good[row].gid);
	assert_int_equal(e->node->dev_major, good[row].dev_major);
	assert_int_equal(e->node->dev_minor, good[row].dev_minor);
	if (good[row].source)
		assert_string_equal(e->node->source, good[row].source);
}

static void test_good_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(good); i++) {
		struct tree tree = { 0 };

		if (quiet_line(&tree, 1, 0, good[i].line))
			fail_msg("good[%zu]: %s", i, message);
		assert_string_equal(message, "");
		check_entry(i, &tree);
		tree_free(&tree);
	}
}

static const struct {
	const char *line;
	const char *says; /* a part of the message */
} bad[] = {
	{ "dirr /a 0755 0 0", "`dirr` is no kind of entry" },
	{ "dir /a 0755 0", "4 words; it takes `dir NAME MODE UID GID`" },
	{ "dir /a 0755 0 0 0", "6 words" },
	{ "dir", "1 words" },
	{ "file /a /etc/passwd 0644 0", "5 words" },
	{ "slink /a b 0777 0 0 x", "7 words" },
	{ "nod /a 0600 0 0 c 5", "7 words" },
	{ "dir /a 0855 0 0", "mode `0855` is not octal" },
	{ "dir /a 10000 0 0", "mode `10000` is not octal" },
	{ "dir /a 777777777777777777777777 0 0", "is not octal" },
	{ "dir /a -1 0 0", "mode `-1` is not octal" },
	{ "dir /a rwx 0 0", "mode `rwx` is not octal" },
	{ "dir /a \"\" 0 0", "mode `` is not octal" },
	{ "dir /a 0755 root 0", "uid `root` is not a number" },
	{ "dir /a 0755 4294967296 0", "uid `4294967296` is not a number" },
	{ "dir /a 0755 0 -1", "gid `-1` is not a number" },
	{ "dir /a 0755 0 0x1", "gid `0x1` is not a number" },
	{ "nod /a 0600 0 0 d 5 1", "device type `d` is neither c" },
	{ "nod /a 0600 0 0 cc 5 1", "device type `cc` is neither c" },
	{ "nod /a 0600 0 0 c 4096 1", "major number `4096` is not" },
	{ "nod /a 0600 0 0 c 5 1048576", "minor number `1048576` is not" },
	{ "dir ../a 0755 0 0", "must not contain `..`" },
	{ "dir /a/../b 0755 0 0", "must not contain `..`" },
	{ "dir /a/.. 0755 0 0", "must not contain `..`" },
	{ "dir \"\" 0755 0 0", "the name is empty" },
	{ "dir ${EMPTY} 0755 0 0", "the name is empty" },
	{ "dir " N250 "nnnnnn 0755 0 0", "longer than 255 bytes" },
	{ "dir " A1000 A1000 A1000 A1000 A100 " 0755 0 0",
	  "longer than 4095 bytes" },
	{ "dir TRAILER!!! 0755 0 0", "ends a cpio archive" },
	{ "slink /TRAILER!!! x 0777 0 0", "ends a cpio archive" },
	{ "pipe / 0600 0 0", "/ can only be a directory" },
	{ "dir /a/b 0755 0 0", "parent directory /a is not in the archive yet; "
			       "add `dir /a 0755 0 0` above" },
	{ "slink /a \"\" 0777 0 0", "a symlink's target has 1 to 4095 bytes" },
	{ "file /a /nowhere/x 0644 0 0",
	  "source /nowhere/x: No such file or directory; check the path" },
	{ "file /a /etc 0644 0 0", "is not a regular file" },
	{ "file /a /dev/null 0644 0 0", "is not a regular file" },
	{ "file /a /etc/ 0644 0 0", "empty or that of a directory" },
	{ "file /a \"\" 0644 0 0", "empty or that of a directory" },
	{ "file /a /etc/passwd 0644 0 0 /b /b", "in this list already" },
	{ "dir \"a 0755 0 0", "has no \" that closes it" },
	{ "dir 'a b' 0755 0 0", "quote with \", not with '" },
	{ "dir a\\n 0755 0 0", "`\\n` means nothing" },
	{ "dir a 0755 0 0 \\", "ends in a backslash" },
	{ "dir ${UNSET_HERE} 0755 0 0", "${UNSET_HERE} is not set" },
	{ "dir ${} 0755 0 0", "${} is no name of a variable" },
	{ "dir ${1} 0755 0 0", "${1} is no name of a variable" },
	{ "dir ${VAR 0755 0 0", "`${` without a name and `}`" },
	{ "dir ${a-b} 0755 0 0", "`${` without a name and `}`" },
	{ "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a "
	  "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a",
	  "more than 64 words" },
};

static void test_bad_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(bad); i++) {
		struct tree tree = { 0 };
		int err = quiet_line(&tree, 7, 0, bad[i].line);

		if (err != -EINVAL)
			fail_msg("bad[%zu]: %.60s gave %d", i, bad[i].line,
				 err);
		if (strncmp(message, "test.list:7: ", 13) ||
		    !strstr(message, bad[i].says))
			fail_msg("bad[%zu]: said: %s", i, message);
		if (strchr(message, '\n') != message + strlen(message) - 1)
			fail_msg("bad[%zu]: not one line: %s", i, message);
		tree_free(&tree);
	}
}

static void test_duplicate_in_one_list(void **state)
{
	struct tree tree = { 0 };

	(void)state;
	assert_int_equal(quiet_line(&tree, 3, 0, "dir /a 0755 0 0"), 0);
	assert_int_equal(quiet_line(&tree, 9, 0, "pipe a 0600 0 0"), -EINVAL);
	assert_string_equal(message, "test.list:9: /a is in this list already, "
				     "in line 3; remove one of the two\n");
	tree_free(&tree);
}

static void test_later_list_replaces(void **state)
{
	struct tree tree = { 0 };

	(void)state;
	assert_int_equal(quiet_line(&tree, 1, 0, "dir /a 0755 0 0"), 0);
	assert_int_equal(quiet_line(&tree, 2, 0,
				    "file /a/f /etc/passwd 0644 0 0 /g"),
			 0);
	assert_int_equal(quiet_line(&tree, 1, 1, "slink /a/f g 0777 0 0"), 0);
	assert_int_equal(tree.count, 3);
	assert_true(S_ISLNK(tree_find(&tree, "a/f")->node->mode));
	assert_int_equal(tree_find(&tree, "g")->node->links, 1);
	assert_int_equal(quiet_line(&tree, 2, 1, "dir /a 0700 0 0"), 0);
	assert_int_equal(tree_find(&tree, "a")->node->mode, S_IFDIR | 0700);
	tree_free(&tree);
}

static void test_full_directory_stays(void **state)
{
	struct tree tree = { 0 };

	(void)state;
	assert_int_equal(quiet_line(&tree, 1, 0, "dir /a 0755 0 0"), 0);
	assert_int_equal(quiet_line(&tree, 2, 0, "dir /a/b 0755 0 0"), 0);
	assert_int_equal(quiet_line(&tree, 1, 1, "pipe /a 0600 0 0"), -EINVAL);
	assert_non_null(strstr(message, "/a is a directory with files in it"));
	tree_free(&tree);
}

static void test_parent_that_holds_nothing(void **state)
{
	struct tree tree = { 0 };

	(void)state;
	assert_int_equal(quiet_line(&tree, 1, 0, "slink /l b 0777 0 0"), 0);
	assert_int_equal(quiet_line(&tree, 2, 0, "dir /l/x 0755 0 0"), -EINVAL);
	assert_non_null(strstr(message, "it is not a directory"));
	tree_free(&tree);
}

/* list_read() of these bytes. */
static int read_bytes(const char *bytes, size_t n)
{
	char path[] = "/tmp/test_initcpio_list.XXXXXX";
	struct tree tree = { 0 };
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
	catch_begin();
	err = list_read(&tree, path, 0);
	catch_end();
	unlink(path);
	tree_free(&tree);
	return err;
}

static void test_whole_lists(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		int err;
	} rows[] = {
		{ "", 0, 0 },
		{ "dir a 0755 0 0", 14, 0 },
		{ "dir a 0755 0 0\n\ndir b 0755 0 0\n", 31, 0 },
		{ "dir a 0755 0 0\r\n", 16, -EINVAL },
		{ "dir a 0755 0 0\n\0\n", 17, -EINVAL },
		{ "\x7f"
		  "ELF\2\1\1\0\0\0",
		  10, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++)
		if (read_bytes(rows[i].bytes, rows[i].n) != rows[i].err)
			fail_msg("rows[%zu]", i);
}

static void test_long_line(void **state)
{
	size_t n = WORDS_LINE_MAX + 100;
	char *line = malloc(n);

	(void)state;
	assert_non_null(line);
	memset(line, 'a', n);
	assert_int_equal(read_bytes(line, n), -EINVAL);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_lines),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_duplicate_in_one_list),
		cmocka_unit_test(test_later_list_replaces),
		cmocka_unit_test(test_full_directory_stays),
		cmocka_unit_test(test_parent_that_holds_nothing),
		cmocka_unit_test(test_whole_lists),
		cmocka_unit_test(test_long_line),
	};

	setenv("VAR", "v w", 1);
	setenv("EMPTY", "", 1);
	unsetenv("UNSET_HERE");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
