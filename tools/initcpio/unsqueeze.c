/*
 * Unpacks what an initramfs was packed with; see squeeze.h.
 *
 * The bytes may come from anywhere: their number is limited on both sides,
 * and only the formats that Linux knows are tried.
 */
#include "report.h"
#include "squeeze.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COPY_BYTES 65536

static const unsigned char lzop_magic[4] = { 0x89, 'L', 'Z', 'O' };

static int too_big(const char *name, size_t limit)
{
	return report_bad("%s: more than %zu MiB; this is no initramfs", name,
			  limit >> 20);
}

static int read_bytes(const char *path, FILE *file, struct buf *raw)
{
	unsigned char bytes[COPY_BYTES];
	size_t n;

	if (!raw->limit)
		raw->limit = ARCHIVE_MAX_BYTES;
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
		int err = buf_add(raw, bytes, n);

		if (err == -EFBIG)
			return too_big(path, raw->limit);
		if (err)
			return report_memory();
	}
	if (ferror(file))
		return report_bad("%s: %s", path, strerror(errno));
	return 0;
}

static struct archive *open_reader(const struct buf *raw)
{
	struct archive *archive = archive_read_new();

	if (!archive)
		return NULL;
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_bzip2(archive);
	archive_read_support_filter_lzma(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_lz4(archive);
	archive_read_support_filter_zstd(archive);
	/* Without liblzo this runs lzop, so only what begins like its own. */
	if (raw->len > 4 && !memcmp(raw->data, lzop_magic, 4))
		archive_read_support_filter_lzop(archive);
	archive_read_support_format_raw(archive);
	return archive;
}

static int damaged(const char *name, struct archive *archive)
{
	const char *why = archive_error_string(archive);

	return report_bad("%s: cannot be unpacked: %s", name,
			  why ? why : "damaged");
}

static int copy_out(const char *name, struct archive *archive, struct buf *out)
{
	const void *bytes;
	size_t n;
	la_int64_t offset;
	int result;

	while ((result = archive_read_data_block(archive, &bytes, &n,
						 &offset)) == ARCHIVE_OK) {
		int err = buf_add(out, bytes, n);

		if (err == -EFBIG)
			return too_big(name, out->limit);
		if (err)
			return report_memory();
	}
	return result == ARCHIVE_EOF ? 0 : damaged(name, archive);
}

static int read_archive(const char *name, struct archive *archive,
			const struct buf *raw, struct buf *out)
{
	struct archive_entry *entry;

	if (archive_read_open_memory(archive, raw->data, raw->len) !=
	    ARCHIVE_OK)
		return damaged(name, archive);
	if (archive_read_next_header(archive, &entry) != ARCHIVE_OK)
		return damaged(name, archive);
	/* The last filter is the file itself. */
	if (archive_filter_count(archive) != 2)
		return report_bad("%s: neither a cpio archive nor packed in a "
				  "way that Linux unpacks",
				  name);
	return copy_out(name, archive, out);
}

int unsqueeze(const char *name, const struct buf *raw, struct buf *out)
{
	struct archive *archive;
	int err;

	if (!out->limit)
		out->limit = ARCHIVE_MAX_BYTES;
	if (!raw->len)
		return report_bad("%s: the file is empty", name);
	if (raw->data[0] == '0') /* as Linux tells raw from packed */
		return buf_add(out, raw->data, raw->len) ? report_memory() : 0;
	archive = open_reader(raw);
	if (!archive)
		return report_memory();
	err = read_archive(name, archive, raw, out);
	archive_read_free(archive);
	return err;
}

int unsqueeze_file(const char *path, struct buf *raw, struct buf *out)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	int err;

	if (!file)
		return report_bad("%s: %s; name an initramfs", path,
				  strerror(errno));
	if (!fstat(fileno(file), &st) && S_ISDIR(st.st_mode))
		err = report_bad("%s: is a directory; name an initramfs", path);
	else
		err = read_bytes(path, file, raw);
	fclose(file);
	return err ? err : unsqueeze(path, raw, out);
}
