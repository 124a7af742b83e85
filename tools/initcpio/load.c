/*
 * Reads the file of an archive; see load.h.
 */
#include "load.h"
#include "report.h"
#include "squeeze.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COPY_BYTES 65536

static int too_big(const char *name, size_t limit)
{
	return report_bad("%s: more than %zu MiB; this is no initramfs", name,
			  limit >> 20);
}

static int read_bytes(const char *path, FILE *file, struct buf *raw)
{
	unsigned char bytes[COPY_BYTES];
	size_t n;

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

/* What can be told without reading it. */
static int check_file(const char *path, FILE *file, const struct buf *raw)
{
	struct stat st;

	if (fstat(fileno(file), &st) < 0)
		return report_failed("%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return report_bad("%s: is a directory; name an initramfs",
				  path);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > raw->limit)
		return too_big(path, raw->limit);
	return 0;
}

int load_file(const char *path, struct buf *raw)
{
	FILE *file = fopen(path, "re");
	int err;

	if (!file)
		return report_bad("%s: %s; name an initramfs", path,
				  strerror(errno));
	if (!raw->limit)
		raw->limit = ARCHIVE_MAX_BYTES;
	err = check_file(path, file, raw);
	if (!err)
		err = read_bytes(path, file, raw);
	fclose(file);
	return err;
}
