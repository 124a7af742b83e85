/*
 * A strict reader of newc archives; see newc.h.
 *
 * Layout: a header of 110 ASCII bytes (magic "070701", then 13 numbers of
 * eight hex digits), the name with its NUL, zeros up to a multiple of 4, the
 * body, zeros up to a multiple of 4; 070702 has a sum of the body's bytes in its
 * last number. More zeros may stand between entries. From Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst, and
 * init/initramfs.c for what it takes beyond that.
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

__attribute__((format(printf, 3, 4))) static int bad(struct newc *r, size_t pos,
						     const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, args);
	va_end(args);
	r->pos = pos;
	return -EINVAL;
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
	const char *p = r->header + MAGIC_BYTES + field * FIELD_BYTES;

	*out = 0;
	for (int i = 0; i < FIELD_BYTES; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return bad(r, r->e.offset,
				   "header field %s is not eight hex digits",
				   field_names[field]);
		*out = *out << 4 | digit;
	}
	return 0;
}

static int check_magic(struct newc *r)
{
	if (!memcmp(r->header, "070701", MAGIC_BYTES) ||
	    !memcmp(r->header, "070702", MAGIC_BYTES))
		return 0;
	if (!memcmp(r->header, "070707", MAGIC_BYTES))
		return bad(r, r->e.offset,
			   "the old cpio format (070707); Linux takes newc "
			   "(070701) only");
	return bad(r, r->e.offset, "no newc header (070701) here");
}

/* The header is there: its numbers, and how long the name is. */
static int read_header(struct newc *r)
{
	size_t offset = r->e.offset;
	uint32_t f[FIELDS];
	int err = check_magic(r);

	for (int i = 0; !err && i < FIELDS; i++)
		err = read_field(r, i, &f[i]);
	if (err)
		return err;
	r->e = (struct newc_entry){
		.offset = offset,
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
		.check = f[F_CHECK],
		.checked = r->header[MAGIC_BYTES - 1] == '2',
		.segment = r->segment,
		.name = r->name,
		.head = r->head,
		.padded = true,
	};
	if (!f[F_NAMESIZE] || f[F_NAMESIZE] > NEWC_NAME_MAX)
		return bad(r, offset,
			   "a name of %u bytes; Linux takes 1 to %d, the NUL "
			   "included",
			   f[F_NAMESIZE], NEWC_NAME_MAX);
	r->state = NEWC_NAME;
	r->left = f[F_NAMESIZE];
	r->have = 0;
	return 0;
}

/* Zeros may stand before a header, which begins at a multiple of 4. */
static ssize_t take_gap(struct newc *r, const unsigned char *p, size_t n)
{
	size_t zeros = 0;

	if (n && !*p && r->empty && r->at_once)
		return bad(r, r->pos, "no newc header (070701) here");
	while (zeros < n && !p[zeros])
		zeros++;
	r->pos += zeros;
	if (zeros == n)
		return zeros;
	if (r->pos & 3)
		return bad(r, r->pos,
			   "what stands here should begin at a multiple of 4 "
			   "bytes");
	if (p[zeros] == '0') {
		r->state = NEWC_HEADER;
		r->e.offset = r->pos;
		r->have = 0;
		r->segment += r->trailed;
		r->trailed = false;
		r->empty = false;
	}
	return zeros;
}

static ssize_t take_header(struct newc *r, const unsigned char *p, size_t n)
{
	size_t room = NEWC_HEADER_BYTES - r->have;
	int err = 0;

	n = n < room ? n : room;
	memcpy(r->header + r->have, p, n);
	r->have += n;
	r->pos += n;
	if (r->have == NEWC_HEADER_BYTES)
		err = read_header(r);
	return err ? err : (ssize_t)n;
}

/* The padding after the name or body, up to a multiple of 4. */
static size_t take_padding(struct newc *r, const unsigned char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && r->pos & 3; i++, r->pos++)
		if (p[i])
			r->e.padded = false;
	return i;
}

static ssize_t take_name(struct newc *r, const unsigned char *p, size_t n)
{
	n = n < r->left ? n : r->left;
	memcpy(r->name + r->have, p, n);
	r->have += n;
	r->left -= n;
	r->pos += n;
	if (r->left)
		return n;
	if (memchr(r->name, '\0', r->have) != r->name + r->have - 1)
		return bad(r, r->e.offset,
			   "the name does not end in its only NUL byte");
	r->state = NEWC_BODY;
	r->left = r->e.size;
	return n;
}

static ssize_t take_body(struct newc *r, const unsigned char *p, size_t n)
{
	size_t room = NEWC_HEAD_MAX - r->e.head_bytes, keep;

	if (r->left == r->e.size && r->pos & 3)
		return take_padding(r, p, n);
	n = n < r->left ? n : r->left;
	keep = n < room ? n : room;
	memcpy(r->head + r->e.head_bytes, p, keep);
	r->e.head_bytes += keep;
	for (size_t i = 0; r->e.checked && i < n; i++)
		r->e.sum += p[i];
	r->left -= n;
	r->pos += n;
	if (!r->left)
		r->state = NEWC_END;
	return n;
}

static ssize_t take_end(struct newc *r, const unsigned char *p, size_t n)
{
	size_t padding = take_padding(r, p, n);
	int err = 0;

	if (r->pos & 3)
		return padding;
	r->state = NEWC_GAP;
	if (!strcmp(r->name, TREE_TRAILER))
		r->trailed = true;
	else
		err = r->take(r->data, &r->e);
	return err ? err : (ssize_t)padding;
}

static ssize_t (*const takers[])(struct newc *r, const unsigned char *p,
				 size_t n) = {
	[NEWC_GAP] = take_gap,	 [NEWC_HEADER] = take_header,
	[NEWC_NAME] = take_name, [NEWC_BODY] = take_body,
	[NEWC_END] = take_end,
};

void newc_open(struct newc *r, newc_take *take, void *data)
{
	memset(r, 0, sizeof(*r));
	r->take = take;
	r->data = data;
}

void newc_begin(struct newc *r, size_t offset, bool at_once)
{
	r->at_once = at_once;
	r->pos = offset;
	r->state = NEWC_GAP;
	r->empty = true;
}

ssize_t newc_feed(struct newc *r, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t used = 0;

	/* An entry without contents ends without another byte. */
	while (used < n || r->state == NEWC_BODY || r->state == NEWC_END) {
		int before = r->state;
		ssize_t taken = takers[before](r, p + used, n - used);

		if (taken < 0)
			return taken;
		used += taken;
		if (!taken && before == (int)r->state)
			break; /* other bytes follow, or there are none */
	}
	return used;
}

int newc_end(struct newc *r)
{
	const struct newc_entry *e = &r->e;

	switch (r->state) {
	case NEWC_GAP:
		break;
	case NEWC_HEADER:
		return bad(r, e->offset, "truncated: %zu of %d header bytes",
			   r->have, NEWC_HEADER_BYTES);
	case NEWC_NAME:
		return bad(r, e->offset,
			   "truncated: the name needs %zu bytes, %zu are left",
			   e->name_bytes, r->have);
	case NEWC_BODY:
		if (r->pos & 3 && r->left == e->size)
			return bad(r, e->offset,
				   "truncated: %.60s ends in the padding",
				   e->name);
		return bad(r, e->offset,
			   "truncated: %.60s has %u bytes, %zu are left",
			   e->name, e->size, e->size - r->left);
	case NEWC_END:
		return bad(r, e->offset, "truncated: %.60s ends in the padding",
			   e->name);
	}
	if (r->empty)
		return bad(r, r->pos, "there is no archive in it");
	if (!r->trailed)
		return bad(r, r->pos, "truncated: there is no %s entry",
			   TREE_TRAILER);
	return 0;
}
