/*
 * Walks the parts of an initramfs as unpack_to_rootfs() of Linux 6.1 does
 * (init/initramfs.c); the entries go to the index.
 *
 * A part that is not packed begins at a multiple of 4 and goes on, zeros
 * between its entries, until something else than a header follows, which again
 * must stand at a multiple of 4. A packed part is one stream of one method;
 * what it unpacks to is counted from 0 and has to be archive to its end. Zeros
 * may stand between parts. The first fault ends it all: Linux says a word in
 * its log then and goes on with what it has.
 */
#include "index.h"
#include "unpack.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 3, 4))) static int
bad(struct index *index, size_t offset, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(index->bad_why, sizeof(index->bad_why), fmt, args);
	va_end(args);
	index->bad_at = offset;
	index->bad_in_part = false;
	return -EINVAL;
}

/* What the reader of the entries says. */
static int bad_entry(struct index *index)
{
	bad(index, index->reader.pos, "%s", index->reader.why);
	index->bad_in_part = true;
	return -EINVAL;
}

static int add_part(struct index *index, const struct part *part)
{
	size_t bytes = (index->nr_parts + 1) * sizeof(*part);
	struct part *parts = realloc(index->parts, bytes);

	if (!parts)
		return -ENOMEM;
	index->parts = parts;
	parts[index->nr_parts++] = *part;
	return 0;
}

/* The end of a part, after the last of its bytes or an error. */
static int end_part(struct index *index, int err)
{
	if (!err && newc_end(&index->reader))
		err = bad_entry(index);
	return err;
}

static int read_plain(struct index *index, const unsigned char *data,
		      size_t len, size_t *pos)
{
	const struct part part = { .offset = *pos };
	int err = add_part(index, &part);
	ssize_t n;

	if (err)
		return err;
	newc_begin(&index->reader, *pos, false);
	n = newc_feed(&index->reader, data + *pos, len - *pos);
	if (n < 0)
		return n == -EINVAL ? bad_entry(index) : n;
	*pos += n;
	index->unpacked += n;
	return end_part(index, 0);
}

static int take_unpacked(void *data, const void *bytes, size_t n)
{
	struct index *index = data;
	ssize_t taken;

	if (index->unpacked > index->limit ||
	    n > index->limit - index->unpacked)
		return -EFBIG;
	index->unpacked += n;
	taken = newc_feed(&index->reader, bytes, n);
	if (taken >= 0 && (size_t)taken < n) {
		snprintf(index->reader.why, sizeof(index->reader.why),
			 "no newc header (070701) here");
		taken = -EINVAL;
	}
	if (taken == -EINVAL)
		return -EILSEQ; /* not the method's fault, then */
	return taken < 0 ? taken : 0;
}

static int too_big(struct index *index, size_t offset)
{
	return bad(index, offset,
		   "unpacks to more than %llu MiB, too much for a file of its "
		   "size; -m MIB allows more",
		   (unsigned long long)index->limit >> 20);
}

static int read_packed(struct index *index, const struct method *method,
		       const unsigned char *data, size_t len, size_t *pos)
{
	struct part part = { .offset = *pos, .method = method->name };
	struct unpack u = {
		.in = data + *pos,
		.len = len - *pos,
		.take = take_unpacked,
		.data = index,
	};
	int err;

	part.fault = method_fault(u.in, u.len);
	err = add_part(index, &part);
	if (err)
		return err;
	newc_begin(&index->reader, 0, index->nr_parts == 1);
	err = method_unpack(method, &u);
	if (err == -EILSEQ)
		return bad_entry(index);
	if (err == -EFBIG)
		return too_big(index, *pos);
	if (err == -EINVAL)
		return bad(index, *pos, "%s: %s", method->name, u.why);
	*pos += u.used;
	return end_part(index, err);
}

static int no_part(struct index *index, const unsigned char *data, size_t len,
		   size_t pos)
{
	const char *fault = method_fault(data + pos, len - pos);

	if (fault)
		return bad(index, pos, "%s", fault);
	if (data[pos] == '0')
		return bad(index, pos,
			   "an archive should begin at a multiple of 4 bytes; "
			   "Linux does not see this one");
	return bad(index, pos,
		   "no newc header (070701) here, and nothing packed in a way "
		   "that Linux unpacks");
}

static int read_parts(struct index *index, const unsigned char *data,
		      size_t len)
{
	size_t pos = 0;
	int err = 0;

	if (!len)
		return bad(index, 0, "the archive is empty");
	while (!err && pos < len) {
		const struct method *method =
			method_find(data + pos, len - pos);

		if (!data[pos])
			pos++;
		else if (data[pos] == '0' && !(pos & 3))
			err = read_plain(index, data, len, &pos);
		else if (method)
			err = read_packed(index, method, data, len, &pos);
		else
			err = no_part(index, data, len, pos);
	}
	return err;
}

int index_read(struct index *index, const void *data, size_t len,
	       uint64_t limit)
{
	int err, tied;

	index_open(index);
	index->limit = limit ? limit :
			       INDEX_UNPACKED_MIN +
				       (uint64_t)len * INDEX_UNPACKED_RATIO;
	err = read_parts(index, data, len);
	tied = index_tie(index);
	return tied ? tied : err;
}
