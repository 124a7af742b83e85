/*
 * Archives written byte by byte, and what `verify` says about them, for the
 * tests of initcpio.
 */
#ifndef MKVM_NEWC_MADE_H
#define MKVM_NEWC_MADE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catch.h"
#include "tools/initcpio/buf.h"
#include "tools/initcpio/show.h"
#include "tools/initcpio/verify.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

struct file {
	const char *name;
	uint32_t mode, ino, links;
	const char *body; /* NULL: none */
	uint32_t dev_major, dev_minor;
};

static const char script[] = "#! /bin/sh -e\n";

/* What every archive below begins with: enough for /init to start. */
#define BOOTABLE                                                          \
	{ "bin", S_IFDIR | 0755, 1, 2, NULL, 0, 0 },                      \
		{ "bin/busybox", S_IFREG | 0755, 2, 1, "#!/init", 0, 0 }, \
		{ "bin/sh", S_IFLNK | 0777, 3, 1, "busybox", 0, 0 },      \
	{                                                                 \
		"init", S_IFREG | 0755, 4, 1, script, 0, 0                \
	}

/* --- Building archives ---------------------------------------------------- */

static void add(struct buf *out, const void *bytes, size_t n)
{
	static const char zeros[4];

	assert_int_equal(buf_add(out, bytes, n), 0);
	assert_int_equal(buf_add(out, zeros, -out->len & 3), 0);
}

static void add_file(struct buf *out, const struct file *f)
{
	char head[111];
	unsigned int size = f->body ? strlen(f->body) : 0;
	unsigned int name_bytes = strlen(f->name) + 1;

	snprintf(head, sizeof(head),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		 f->ino, f->mode, 0, 0, f->links, 0, size, 0, 0, f->dev_major,
		 f->dev_minor, name_bytes, 0);
	assert_int_equal(buf_add(out, head, 110), 0);
	add(out, f->name, name_bytes);
	if (f->body)
		add(out, f->body, size);
}

static void add_trailer(struct buf *out)
{
	const struct file trailer = { "TRAILER!!!", 0, 0, 1, NULL, 0, 0 };

	add_file(out, &trailer);
}

static struct buf build(const struct file *files, size_t count)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < count; i++)
		add_file(&out, &files[i]);
	add_trailer(&out);
	return out;
}

/* --- Catching what is printed --------------------------------------------- */

static const char *said;

static int catch_verify(const void *data, size_t len)
{
	FILE *nowhere = fopen("/dev/null", "w");
	int err;

	assert_non_null(nowhere);
	catch_begin();
	err = verify_archive(nowhere, "a.cpio", data, len, 0);
	said = catch_end();
	fclose(nowhere);
	return err;
}

/* What `ls` prints of an archive is @wanted. */
static inline void check_listing(const struct buf *archive, const char *wanted)
{
	FILE *out = tmpfile();
	char listed[4096];
	size_t n;

	assert_non_null(out);
	assert_int_equal(
		show_archive(out, "a.cpio", archive->data, archive->len, 0), 0);
	rewind(out);
	n = fread(listed, 1, sizeof(listed) - 1, out);
	listed[n] = '\0';
	assert_string_equal(listed, wanted);
	fclose(out);
}

/* The archive from a buffer of its own, so that ASan sees each byte beyond. */
static int verify_exactly(const void *data, size_t len)
{
	void *copy = malloc(len ? len : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, data, len);
	err = catch_verify(copy, len);
	free(copy);
	return err;
}

#endif
