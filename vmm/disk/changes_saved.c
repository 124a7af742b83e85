/* The changes to a disk as part of a snapshot: runs of clusters, each with its
 * bytes, or all of zeroes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk/changes.h"
#include "util/stash.h"

#define ROOM_MAX (256ULL << 20) /* bytes of all that a snapshot takes */
#define RUN_MAX	 256		/* clusters at once */

struct run {
	uint64_t first;
	uint32_t count; /* 0: no more follow */
	uint32_t empty; /* zeroes, which are not there */
};

static uint64_t nr_clusters(const struct changes *c)
{
	return (c->size + CLUSTER - 1) / CLUSTER;
}

/* The last one may end before. */
static size_t bytes_of(const struct changes *c, const struct run *run)
{
	const uint64_t rest = c->size - run->first * CLUSTER;
	const uint64_t all = (uint64_t)run->count * CLUSTER;

	return all < rest ? all : rest;
}

static bool is_empty(const uint8_t *bytes, size_t len)
{
	return !*bytes && !memcmp(bytes, bytes + 1, len - 1);
}

static int put_run(struct changes *c, struct run *run, uint8_t *bytes,
		   struct stash *out)
{
	const struct iovec iov = { bytes, bytes_of(c, run) };
	int err =
		file_read(&c->file, &iov, 1, c->data_at + run->first * CLUSTER);

	if (err)
		return err;
	run->empty = is_empty(bytes, iov.iov_len);
	STASH_PUT(out, *run);
	if (!run->empty)
		stash_put(out, bytes, iov.iov_len);
	return out->len > ROOM_MAX ? -EFBIG : 0;
}

int changes_put(struct changes *c, struct stash *out)
{
	const uint64_t end = nr_clusters(c);
	uint8_t *bytes = malloc(RUN_MAX * CLUSTER);
	const struct run last = { .count = 0 };
	int err = bytes ? 0 : -ENOMEM;
	uint64_t count;

	for (uint64_t at = 0; at < end && !err; at += count) {
		bool here;

		count = bits_run(&c->here, at, end - at, &here);
		if (!here)
			continue;
		count = count < RUN_MAX ? count : RUN_MAX;
		err = put_run(c, &(struct run){ .first = at, .count = count },
			      bytes, out);
	}
	STASH_PUT(out, last);
	free(bytes);
	return err;
}

/* -EINVAL: that cannot be one. */
static int get_run(struct changes *c, const struct run *run, struct stash *in)
{
	const uint64_t end = nr_clusters(c);
	struct iovec iov = { .iov_len = 0 };
	int err = 0;

	if (run->count > RUN_MAX || run->empty > 1 || run->first >= end ||
	    run->count > end - run->first)
		return -EINVAL;
	if (!run->empty) {
		iov.iov_len = bytes_of(c, run);
		iov.iov_base = (void *)stash_take(in, iov.iov_len);
		if (!iov.iov_base)
			return -EINVAL;
		err = file_write(&c->file, &iov, 1,
				 c->data_at + run->first * CLUSTER);
	}
	if (!err)
		changes_add(c, run->first, run->count);
	return err;
}

int changes_get(struct changes *c, struct stash *in)
{
	int err = 0;

	while (!err) {
		struct run run;

		STASH_GET(in, run);
		if (in->bad)
			return -EINVAL;
		if (!run.count)
			return 0;
		err = get_run(c, &run, in);
	}
	return err;
}
