/*
 * The compressors an initramfs can be packed with; see squeeze.h.
 *
 * libarchive does the work. Where it was built without a compressor it runs
 * the program of that name, so the program is looked for first: a child that
 * cannot start gives no reason.
 */
#include "squeeze.h"
#include "frames.h"
#include "report.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct compressor {
	const char *name;
	const char *program; /* what libarchive runs in its place */
	int (*add_filter)(struct archive *archive);
	const char *options;
	/* Makes a frame for Linux of what the filter wrote; may be NULL. */
	int (*reframe)(const struct buf *packed, const struct buf *plain,
		       struct buf *out);
};

/*
 * Level 6 of XZ and LZMA: from 7 on only the dictionary grows, up to 64 MiB
 * that Linux would have to find in the guest's RAM to unpack it.
 */
static const struct compressor compressors[] = {
	{ .name = "none" },
	{ "gzip", "gzip", archive_write_add_filter_gzip,
	  "gzip:!timestamp,gzip:compression-level=9", NULL },
	{ "bzip2", "bzip2", archive_write_add_filter_bzip2,
	  "bzip2:compression-level=9", NULL },
	{ "lzma", "lzma", archive_write_add_filter_lzma,
	  "lzma:compression-level=6", NULL },
	{ "xz", "xz", archive_write_add_filter_xz, "xz:compression-level=6",
	  xz_to_crc32 },
	{ "lzo", "lzop", archive_write_add_filter_lzop,
	  "lzop:compression-level=9", lzo_without_time },
	{ "lz4", "lz4", archive_write_add_filter_lz4,
	  "lz4:compression-level=9,lz4:!stream-checksum", lz4_to_legacy },
	{ "zstd", "zstd", archive_write_add_filter_zstd,
	  "zstd:compression-level=19", NULL },
};

#define COMPRESSORS (sizeof(compressors) / sizeof(compressors[0]))

const char *compressor_names(void)
{
	return "none, gzip, bzip2, lzma, xz, lzo, lz4, zstd";
}

const struct compressor *compressor_find(const char *name)
{
	for (size_t i = 0; i < COMPRESSORS; i++)
		if (!strcmp(compressors[i].name, name))
			return &compressors[i];
	report_bad("-z %s: no such compressor; there are %s", name,
		   compressor_names());
	return NULL;
}

static int in_path(const char *program)
{
	const char *p = getenv("PATH");
	char path[4096];

	for (; p && *p; p += strcspn(p, ":"), p += *p == ':') {
		size_t n = strcspn(p, ":");

		if (n + 1 + strlen(program) >= sizeof(path))
			continue;
		memcpy(path, p, n);
		path[n] = '/';
		memcpy(path + n + 1, program, strlen(program) + 1);
		if (!access(path, X_OK))
			return 1;
	}
	return 0;
}

static int no_program(const char *program)
{
	return report_failed("%s: this libarchive needs the program `%s`, "
			     "which is not installed; install it, or choose "
			     "another compressor",
			     program, program);
}

static la_ssize_t take_bytes(struct archive *archive, void *data,
			     const void *bytes, size_t n)
{
	struct buf *out = data;
	int err = buf_add(out, bytes, n);

	if (err) {
		archive_set_error(archive, -err, "%s", strerror(-err));
		return -1;
	}
	return n;
}

static int failed(const struct compressor *c, struct archive *archive)
{
	const char *why = archive_error_string(archive);

	return report_failed("%s: %s", c->name, why ? why : "failed");
}

static int write_all(const struct compressor *c, struct archive *archive,
		     struct archive_entry *entry, const struct buf *in)
{
	archive_entry_set_pathname(entry, "initramfs");
	archive_entry_set_filetype(entry, AE_IFREG);
	if (archive_write_header(archive, entry) != ARCHIVE_OK)
		return failed(c, archive);
	if (archive_write_data(archive, in->data, in->len) !=
	    (la_ssize_t)in->len)
		return failed(c, archive);
	if (archive_write_close(archive) != ARCHIVE_OK)
		return failed(c, archive);
	return 0;
}

static int add_filter(const struct compressor *c, struct archive *archive)
{
	int result = c->add_filter(archive);

	if (result == ARCHIVE_WARN) /* it will run the program */
		return in_path(c->program) ? 0 : no_program(c->program);
	return result == ARCHIVE_OK ? 0 : failed(c, archive);
}

static int run_filter(const struct compressor *c, const struct buf *in,
		      struct buf *out)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	int err;

	err = archive && entry ? add_filter(c, archive) : report_memory();
	if (!err) {
		archive_write_set_format_raw(archive);
		archive_write_set_bytes_in_last_block(archive, 1);
		if (archive_write_set_options(archive, c->options) !=
			    ARCHIVE_OK ||
		    archive_write_open(archive, out, NULL, take_bytes, NULL) !=
			    ARCHIVE_OK)
			err = failed(c, archive);
	}
	if (!err)
		err = write_all(c, archive, entry, in);
	archive_entry_free(entry);
	archive_write_free(archive);
	return err;
}

int squeeze(const struct compressor *compressor, const struct buf *in,
	    struct buf *out)
{
	struct buf packed = { 0 };
	int err;

	if (!compressor->add_filter)
		return buf_add(out, in->data, in->len) ? report_memory() : 0;
	if (!compressor->reframe)
		return run_filter(compressor, in, out);
	err = run_filter(compressor, in, &packed);
	if (!err) {
		err = compressor->reframe(&packed, in, out);
		if (err == -ENOMEM)
			report_memory();
		else if (err)
			report_failed("%s: this libarchive writes a frame that "
				      "cannot be turned into one for Linux; "
				      "choose another compressor",
				      compressor->name);
	}
	buf_free(&packed);
	return err == -EINVAL ? -EIO : err;
}
