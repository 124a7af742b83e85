/* host-objects: tools/initcpio/verify.o tools/initcpio/verdict.o tools/initcpio/verify_init.o */
/* host-objects: tools/initcpio/index.o tools/initcpio/newc.o */
/* host-objects: tools/initcpio/parts.o tools/initcpio/unpack.o */
/* host-objects: tools/initcpio/unpack_gzip.o tools/initcpio/unpack_lzo.o */
/* host-objects: tools/initcpio/extent.o */
/* host-objects: tools/initcpio/tree.o tools/initcpio/buf.o */
/* host-objects: tools/initcpio/report.o tools/initcpio/show.o */
/*
 * What `verify` and `ls` say about archives that are written here byte by
 * byte: one good one, and one for each way in which Linux would lose a file.
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

#include "tests/unit/newc_made.h"
#include "tools/initcpio/show.h"

#define N64  "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define N256 N64 N64 N64 N64

static unsigned int lines(const char *text)
{
	unsigned int n = 0;

	while ((text = strchr(text, '\n'))) {
		n++;
		text++;
	}
	return n;
}

/* --- Good ones ------------------------------------------------------------ */

static void test_good(void **state)
{
	static const struct file files[] = {
		BOOTABLE,
		{ "dev", S_IFDIR | 0755, 5, 2, NULL, 0, 0 },
		{ "./dev/c", S_IFCHR | 0600, 6, 1, NULL, 4095, 1048575 },
		{ "/dev//p", S_IFIFO | 0600, 7, 1, NULL, 0, 0 },
		{ "a", S_IFREG | 0644, 8, 2, NULL, 0, 0 },
		{ "b", S_IFREG | 0644, 8, 2, "text", 0, 0 },
		{ "usr", S_IFLNK | 0777, 9, 1, ".", 0, 0 },
		{ "usr/c", S_IFREG | 0644, 10, 1, "x", 0, 0 },
		{ "alone", S_IFREG | 0644, 11, 3, "x", 0, 0 },
		/* the kernel's own archive has this directory */
		{ "root/x", S_IFREG | 0644, 12, 1, "x", 0, 0 },
	};
	struct buf bytes = build(files, ROWS(files));
	static const char zeros[512];

	(void)state;
	if (verify_exactly(bytes.data, bytes.len))
		fail_msg("said: %s", said);
	assert_string_equal(said, "");
	add(&bytes, zeros, sizeof(zeros));
	assert_int_equal(verify_exactly(bytes.data, bytes.len), 0);
	buf_free(&bytes);
}

/* A second archive may follow, and may say a name again. */
static void test_two_segments(void **state)
{
	static const struct file first[] = { BOOTABLE };
	static const struct file second[] = {
		{ "init", S_IFREG | 0755, 1, 1, "#!/init\n", 0, 0 },
	};
	struct buf bytes = build(first, ROWS(first));
	struct buf more = build(second, ROWS(second));

	(void)state;
	add(&bytes, more.data, more.len);
	assert_int_equal(verify_exactly(bytes.data, bytes.len), 0);
	buf_free(&bytes);
	buf_free(&more);
}

/* --- One fault each ------------------------------------------------------- */

static const struct {
	struct file file;
	const char *says;
} faults[] = {
	{ { "x/y", S_IFREG | 0644, 9, 1, "x", 0, 0 },
	  "/x/y (at byte 508): its directory is not in the archive" },
	{ { "init/y", S_IFREG | 0644, 9, 1, "x", 0, 0 },
	  "what holds it is no directory" },
	{ { "init", S_IFREG | 0755, 9, 1, script, 0, 0 },
	  "/init (at byte 508): the name is in the archive already" },
	{ { "./init", S_IFREG | 0755, 9, 1, script, 0, 0 },
	  "/init (at byte 508): the name is in the archive already" },
	{ { "bin/../x", S_IFREG | 0644, 9, 1, "x", 0, 0 },
	  "bin/../x (at byte 508): a name must not contain `..`" },
	{ { N256, S_IFREG | 0644, 9, 1, "x", 0, 0 }, "longer than 255 bytes" },
	{ { "x", 0644, 9, 1, NULL, 0, 0 }, "mode 644 is no kind of file" },
	{ { "x", S_IFREG | 0x10000, 9, 1, "x", 0, 0 }, "has unknown bits" },
	{ { "x", S_IFDIR | 0755, 9, 2, "x", 0, 0 }, "has contents" },
	{ { "x", S_IFLNK | 0777, 9, 1, NULL, 0, 0 }, "target has 1 to 4095" },
	{ { "x", S_IFCHR | 0600, 9, 1, NULL, 4096, 0 }, "device 4096,0 is" },
	{ { "x", S_IFBLK | 0600, 9, 1, NULL, 1, 1 << 20 }, "device 1,1048576" },
	{ { "x", S_IFREG | 0644, 4, 1, "x", 0, 0 },
	  "has the inode number 4 of /init but is no hard link" },
	{ { "x\033[2J", 0, 9, 1, NULL, 0, 0 }, "/x\\033[2J (at byte 508)" },
};

static void test_faults(void **state)
{
	static const struct file first[] = { BOOTABLE };

	(void)state;
	for (size_t i = 0; i < ROWS(faults); i++) {
		struct buf bytes = build(first, ROWS(first));

		bytes.len -= 124; /* the trailer */
		add_file(&bytes, &faults[i].file);
		add_trailer(&bytes);
		if (verify_exactly(bytes.data, bytes.len) != -EINVAL)
			fail_msg("faults[%zu]: called good", i);
		if (!strstr(said, faults[i].says) || lines(said) != 1)
			fail_msg("faults[%zu]: said: %s", i, said);
		buf_free(&bytes);
	}
}

static const struct {
	struct file files[3];
	const char *says;
} groups[] = {
	{ { { "a", S_IFREG | 0644, 9, 2, NULL, 0, 0 },
	    { "b", S_IFREG | 0644, 9, 2, NULL, 0, 0 },
	    { "c", S_IFREG | 0644, 9, 2, "x", 0, 0 } },
	  "one of 3 hard links of /a, which says it has 2" },
	{ { { "a", S_IFREG | 0644, 9, 3, NULL, 0, 0 },
	    { "b", S_IFREG | 0644, 9, 3, "x", 0, 0 },
	    { "c", S_IFREG | 0644, 9, 3, "y", 0, 0 } },
	  "overwrites the contents of its hard link /b" },
	{ { { "a", S_IFREG | 0644, 9, 2, "x", 0, 0 },
	    { "b", S_IFCHR | 0644, 9, 2, NULL, 1, 1 },
	    { "c", S_IFREG | 0644, 8, 1, "y", 0, 0 } },
	  "has the inode number 9 of /a but is no hard link of it" },
	{ { { "d/a", S_IFREG | 0644, 9, 1, "x", 0, 0 },
	    { "d", S_IFDIR | 0755, 10, 2, NULL, 0, 0 },
	    { "d/b", S_IFREG | 0644, 8, 1, "y", 0, 0 } },
	  "/d/a (at byte 508): it comes before its directory" },
};

static void test_groups(void **state)
{
	static const struct file first[] = { BOOTABLE };

	(void)state;
	for (size_t i = 0; i < ROWS(groups); i++) {
		struct buf bytes = build(first, ROWS(first));

		bytes.len -= 124;
		for (size_t k = 0; k < 3; k++)
			add_file(&bytes, &groups[i].files[k]);
		add_trailer(&bytes);
		assert_int_equal(verify_exactly(bytes.data, bytes.len),
				 -EINVAL);
		if (!strstr(said, groups[i].says))
			fail_msg("groups[%zu]: said: %s", i, said);
		buf_free(&bytes);
	}
}

static const char elf32[] = "\177ELF\1\1\1 and so on, to 64 bytes and beyond: "
			    "not for this machine........";

static const struct {
	struct file file; /* stands alone in the archive */
	const char *says;
} inits[] = {
	{ { "other", S_IFREG | 0755, 1, 1, "#!/other", 0, 0 },
	  "/init: the first program is not in the archive" },
	{ { "init", S_IFREG | 0644, 1, 1, "#!/init", 0, 0 },
	  "is not executable; its mode should be 0755" },
	{ { "init", S_IFDIR | 0755, 1, 1, NULL, 0, 0 }, "is no file" },
	{ { "init", S_IFREG | 0755, 1, 1, NULL, 0, 0 }, "is empty" },
	{ { "init", S_IFLNK | 0777, 1, 1, "init", 0, 0 }, "leads nowhere" },
	{ { "init", S_IFLNK | 0777, 1, 1, "/x/../../y", 0, 0 },
	  "leads nowhere" },
	{ { "init", S_IFREG | 0755, 1, 1, "#!/bin/sh\n", 0, 0 },
	  "/bin/sh: the interpreter of /init is not in the archive" },
	{ { "init", S_IFREG | 0755, 1, 1, "#!\n", 0, 0 }, "the interpreter" },
	{ { "init", S_IFREG | 0755, 1, 1, "echo\n", 0, 0 },
	  "neither an ELF program nor a script" },
	{ { "init", S_IFREG | 0755, 1, 1, elf32, 0, 0 },
	  "/init is no program for x86-64" },
	{ { "init", S_IFREG | 0755, 1, 1, "\177ELF", 0, 0 }, "neither an ELF" },
	{ { "init", S_IFREG | 0755, 1, 1, "\177ELF\2", 0, 0 }, "truncated" },
};

static void test_init(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS(inits); i++) {
		struct buf bytes = build(&inits[i].file, 1);

		assert_int_equal(verify_exactly(bytes.data, bytes.len),
				 -EINVAL);
		if (!strstr(said, inits[i].says) || lines(said) != 1)
			fail_msg("inits[%zu]: said: %s", i, said);
		buf_free(&bytes);
	}
}

/* --- Malformed ------------------------------------------------------------ */

static const struct {
	size_t at; /* byte to overwrite */
	const char *with;
	const char *says;
} damages[] = {
	{ 0, "0", NULL }, /* what is there already: still good */
	{ 0, "1", "at byte 0: no newc header" },
	{ 5, "7", "at byte 0: the old cpio format" },
	{ 5, "2", NULL }, /* with checksums; a directory has none */
	{ 6, "x", "header field ino is not eight hex digits" },
	{ 54, "-", "header field filesize is not eight hex digits" },
	{ 101, "0", "a name of 0 bytes" },
	{ 94, "00001001", "a name of 4097 bytes" },
	{ 94, "ffffffff", "a name of 4294967295 bytes" },
	{ 94, "00000003", "does not end in its only NUL byte" },
	{ 94, "00000005", "does not end in its only NUL byte" },
	{ 94, "00000fff", "truncated: the name needs 4095 bytes" },
	{ 54, "fffffffc", "truncated: bin has 4294967292 bytes" },
	{ 61, "4", "at byte 120: no newc header" },
};

static void test_damage(void **state)
{
	static const struct file files[] = { BOOTABLE };
	struct buf bytes = build(files, ROWS(files));

	(void)state;
	for (size_t i = 0; i < ROWS(damages); i++) {
		unsigned char kept[8];
		size_t n = strlen(damages[i].with);
		int err;

		memcpy(kept, bytes.data + damages[i].at, n);
		memcpy(bytes.data + damages[i].at, damages[i].with, n);
		err = verify_exactly(bytes.data, bytes.len);
		assert_int_equal(err, damages[i].says ? -EINVAL : 0);
		if (err && !strstr(said, damages[i].says))
			fail_msg("damages[%zu]: said: %s", i, said);
		memcpy(bytes.data + damages[i].at, kept, n);
	}
	buf_free(&bytes);
}

static void test_padding(void **state)
{
	static const struct file files[] = { BOOTABLE };
	struct buf bytes = build(files, ROWS(files));

	(void)state;
	bytes.data[bytes.len - 124 - 1] = 'x'; /* behind the script */
	assert_int_equal(verify_exactly(bytes.data, bytes.len), -EINVAL);
	assert_non_null(strstr(said, "/init (at byte 376): padded with other"));
	buf_free(&bytes);
}

static void test_every_prefix(void **state)
{
	static const struct file files[] = {
		BOOTABLE,
		{ "a", S_IFREG | 0644, 8, 2, NULL, 0, 0 },
		{ "b", S_IFREG | 0644, 8, 2, "text", 0, 0 },
	};
	struct buf bytes = build(files, ROWS(files));

	(void)state;
	for (size_t n = 0; n < bytes.len; n++) {
		assert_int_equal(verify_exactly(bytes.data, n), -EINVAL);
		if (!strstr(said, n ? "truncated" : "empty"))
			fail_msg("%zu bytes: said: %s", n, said);
	}
	buf_free(&bytes);
}

static void test_after_the_trailer(void **state)
{
	static const struct file files[] = { BOOTABLE };
	struct buf bytes = build(files, ROWS(files));

	(void)state;
	add(&bytes, "\037\213\010", 3);
	assert_int_equal(verify_exactly(bytes.data, bytes.len), -EINVAL);
	assert_non_null(strstr(said, "at byte 632"));
	buf_free(&bytes);
}

static void test_many_faults(void **state)
{
	static const struct file file = { "x", 0, 9, 2, NULL, 0, 0 };
	struct buf bytes = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		add_file(&bytes, &file);
	add_trailer(&bytes);
	assert_int_equal(verify_exactly(bytes.data, bytes.len), -EINVAL);
	assert_int_equal(lines(said), 21);
	assert_non_null(strstr(said, "faults more\n"));
	buf_free(&bytes);
}

/* --- ls ------------------------------------------------------------------- */

static void test_ls(void **state)
{
	static const struct file files[] = {
		{ ".", S_IFDIR | 01777, 1, 2, NULL, 0, 0 },
		{ "a\n", S_IFREG | 04755, 2, 2, NULL, 0, 0 },
		{ "b", S_IFREG | 04755, 2, 2, "four", 0, 0 },
		{ "l", S_IFLNK | 0777, 3, 1, "a/\033b", 0, 0 },
		{ "c", S_IFCHR | 02604, 4, 1, NULL, 5, 1 },
	};
	static const char wanted[] =
		"drwxrwxrwt  2     0     0         0 /\n"
		"-rwsr-xr-x  2     0     0         4 /a\\012\n"
		"-rwsr-xr-x  2     0     0         4 /b link to /a\\012\n"
		"lrwxrwxrwx  1     0     0         4 /l -> a/\\033b\n"
		"crw---Sr--  1     0     0    5,   1 /c\n";
	struct buf bytes = build(files, ROWS(files));

	(void)state;
	check_listing(&bytes, wanted);
	buf_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_two_segments),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_init),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_after_the_trailer),
		cmocka_unit_test(test_many_faults),
		cmocka_unit_test(test_ls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
