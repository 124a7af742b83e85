/*
 * A strict reader of newc archives; see newc.h.
 *
 * Layout: a header of 110 ASCII bytes (magic "070701", then 13 numbers of
 * eight hex digits), the name with its NUL, zeros up to a multiple of 4, the
 * body, zeros up to a multiple of 4. From Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#include "newc.h"
#include "tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAGIC_BYTES 6
#define FIELDS	    13
#define FIELD_BYTES 8

enum field {
	F_INO,
	F_MODE,
	F_UID,
	F_GID,
	F_NLINK,
	F_MTIME,
	F_FILESIZE,
	F_DEVMAJOR,
	F_DEVMINOR,
	F_RDEVMAJOR,
	F_RDEVMINOR,
	F_NAMESIZE,
	F_CHECK,
};

static const char *const field_names[FIELDS] = {
	"ino",	     "mode",	 "uid",	     "gid",	 "nlink",
	"mtime",     "filesize", "devmajor", "devminor", "rdevmajor",
	"rdevminor", "namesize", "check",
};

__attribute__((format(printf, 2, 3))) static int bad(struct newc *r,
						     const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, args);
	va_end(args);
	return -EINVAL;
}

static size_t padding(size_t offset)
{
	return -offset & 3;
}

static int hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int read_field(struct newc *r, enum field field, uint32_t *out)
{
	const unsigned char *p =
		r->data + r->pos + MAGIC_BYTES + field * FIELD_BYTES;

	*out = 0;
	for (int i = 0; i < FIELD_BYTES; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return bad(r, "header field %s is not eight hex digits",
				   field_names[field]);
		*out = *out << 4 | digit;
	}
	return 0;
}

static int check_magic(struct newc *r)
{
	const unsigned char *p = r->data + r->pos;

	if (r->len - r->pos < NEWC_HEADER_BYTES)
		return bad(r, "truncated: %zu of %d header bytes",
			   r->len - r->pos, NEWC_HEADER_BYTES);
	if (!memcmp(p, "070701", MAGIC_BYTES))
		return 0;
	if (!memcmp(p, "070707", MAGIC_BYTES))
		return bad(r, "the old cpio format (070707); Linux takes newc "
			      "(070701) only");
	if (!memcmp(p, "070702", MAGIC_BYTES))
		return bad(r, "cpio with checksums (070702); older kernels "
			      "refuse it, use newc (070701)");
	return bad(r, "no newc header (070701) here");
}

static int read_header(struct newc *r, struct newc_entry *e)
{
	uint32_t f[FIELDS];
	int err = check_magic(r);

	for (int i = 0; !err && i < FIELDS; i++)
		err = read_field(r, i, &f[i]);
	if (err)
		return err;
	*e = (struct newc_entry){
		.offset = r->pos,
		.ino = f[F_INO],
		.mode = f[F_MODE],
		.uid = f[F_UID],
		.gid = f[F_GID],
		.links = f[F_NLINK],
		.mtime = f[F_MTIME],
		.size = f[F_FILESIZE],
		.dev_major = f[F_DEVMAJOR],
		.dev_minor = f[F_DEVMINOR],
		.rdev_major = f[F_RDEVMAJOR],
		.rdev_minor = f[F_RDEVMINOR],
		.name_bytes = f[F_NAMESIZE],
		.segment = r->segment,
	};
	return 0;
}

/* The name after the header; *end is the offset behind it. */
static int read_name(struct newc *r, struct newc_entry *e, size_t *end)
{
	size_t start = r->pos + NEWC_HEADER_BYTES;

	if (!e->name_bytes || e->name_bytes > NEWC_NAME_MAX)
		return bad(r,
			   "a name of %zu bytes; Linux takes 1 to %d, the "
			   "NUL included",
			   e->name_bytes, NEWC_NAME_MAX);
	if (e->name_bytes > r->len - start)
		return bad(r,
			   "truncated: the name needs %zu bytes, %zu are "
			   "left",
			   e->name_bytes, r->len - start);
	e->name = (const char *)r->data + start;
	if (memchr(e->name, '\0', e->name_bytes) != e->name + e->name_bytes - 1)
		return bad(r, "the name does not end in its only NUL byte");
	*end = start + e->name_bytes;
	return 0;
}

/* Steps over zeros up to a multiple of 4; -EINVAL past the end. */
static int skip_padding(struct newc *r, struct newc_entry *e, size_t *end)
{
	size_t n = padding(*end);

	if (n > r->len - *end)
		return bad(r, "truncated: %.60s ends in the padding", e->name);
	for (size_t i = 0; i < n; i++)
		if (r->data[*end + i])
			e->padded = false;
	*end += n;
	return 0;
}

static int read_entry(struct newc *r, struct newc_entry *e)
{
	size_t end = 0;
	int err = read_header(r, e);

	if (!err)
		err = read_name(r, e, &end);
	if (err)
		return err;
	e->padded = true;
	e->trailer = !strcmp(e->name, TREE_TRAILER);
	err = skip_padding(r, e, &end);
	if (err)
		return err;
	if (e->size > r->len - end)
		return bad(r, "truncated: %.60s has %u bytes, %zu are left",
			   e->name, e->size, r->len - end);
	e->body = r->data + end;
	end += e->size;
	err = skip_padding(r, e, &end);
	if (!err)
		r->pos = end;
	return err;
}

void newc_open(struct newc *r, const void *data, size_t len)
{
	*r = (struct newc){ .data = data, .len = len };
}

int newc_next(struct newc *r, struct newc_entry *e)
{
	size_t start = r->pos;
	int err;

	if (r->trailed) {
		while (r->pos < r->len && !r->data[r->pos])
			r->pos++;
		if (r->pos == r->len)
			return 0;
		if (r->pos & 3)
			return bad(r, "bytes after the trailer that are no "
				      "archive");
		r->segment++;
	}
	if (r->pos == r->len)
		return start ? bad(r, "truncated: there is no %s entry",
				   TREE_TRAILER) :
			       bad(r, "the archive is empty");
	err = read_entry(r, e);
	if (err)
		return err;
	r->trailed = e->trailer;
	return 1;
}
