/* host-objects: backends/gunzip.o */
/*
 * Images inside gzip: whatever zlib makes comes back, and of what was damaged
 * or cut nothing does.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "abi/gunzip.h"
#include "backends/gunzip.h"

#define FILE_MAX   (6u << 20)
#define GZIP_FLAGS (MAX_WBITS + 16) /* zlib.h: "a simple gzip header" */

static uint8_t plain[FILE_MAX], packed[FILE_MAX], unpacked[FILE_MAX];

/* Bytes that deflate to little, but not to nothing. */
static void fill_plain(void)
{
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = i * (i >> 7) >> 3;
}

/* One member from @plain on, at @packed + @at; returns where it ends. */
static size_t pack(size_t size, size_t at, int level, gz_header *header)
{
	z_stream z = { .next_in = plain,
		       .avail_in = size,
		       .next_out = packed + at,
		       .avail_out = sizeof(packed) - at };

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, GZIP_FLAGS, 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	if (header)
		deflateSetHeader(&z, header);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return at + z.total_out;
}

/* Status of unpacking the first @size bytes of @packed; what came out is at the
 * beginning of @unpacked, and its size in *@got. */
static int unpack(size_t size, size_t *got)
{
	int in = memfd_create("in", 0), out = memfd_create("out", 0), status;

	assert_true(in >= 0 && out >= 0);
	assert_int_equal(pwrite(in, packed, size, 0), size);
	status = gunzip_fds(in, out);
	*got = pread(out, unpacked, sizeof(unpacked), 0);
	close(in);
	close(out);
	return status;
}

static void must_be(size_t packed_size, size_t size)
{
	size_t got;

	assert_int_equal(unpack(packed_size, &got), GUNZIP_OK);
	assert_int_equal(got, size);
	assert_memory_equal(unpacked, plain, size);
}

static void sizes(void **state)
{
	static const size_t all[] = {
		1,     100,	      32767,   32768,	      32769,
		65537, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 5 << 20
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (int level = 0; level < 10; level += 3)
			must_be(pack(all[i], 0, level, NULL), all[i]);
}

static void headers(void **state)
{
	uint8_t extra[300] = { 1, 2, 3 };
	gz_header header = { .text = 1 };

	(void)state;
	must_be(pack(500, 0, 9, &header), 500);
	header.hcrc = 1;
	must_be(pack(500, 0, 9, &header), 500);
	header.name = (Bytef *)"vmlinux";
	must_be(pack(500, 0, 9, &header), 500);
	header.comment = (Bytef *)"a kernel";
	header.extra = extra;
	header.extra_len = sizeof(extra);
	must_be(pack(500, 0, 9, &header), 500);
	for (size_t size = pack(500, 0, 9, &header) - 1; size > 20; size--) {
		size_t got;

		assert_int_equal(unpack(size, &got), GUNZIP_TRUNCATED);
	}
}

/* The second member is of the same bytes: plain[] begins anew. */
static void members(void **state)
{
	size_t got, first = pack(7000, 0, 6, NULL);
	size_t size = pack(100, first, 6, NULL);

	(void)state;
	assert_int_equal(unpack(size, &got), GUNZIP_OK);
	assert_int_equal(got, 7100);
	assert_memory_equal(unpacked, plain, 7000);
	assert_memory_equal(unpacked + 7000, plain, 100);
	memset(packed + first, 0, 512);
	must_be(first + 512, 7000);
	memset(packed + first, 'x', 512);
	must_be(first + 512, 7000);
}

/* The host's bytes are never the guest's: a flipped bit is found, or it was in
 * what does not count, such as the time. */
static void damage(void **state)
{
	size_t size = pack(600, 0, 9, NULL);
	unsigned int found = 0;

	(void)state;
	for (size_t bit = 0; bit < 8 * size; bit++) {
		size_t got;
		int status;

		packed[bit / 8] ^= 1 << bit % 8;
		status = unpack(size, &got);
		packed[bit / 8] ^= 1 << bit % 8;
		assert_in_range(status, GUNZIP_OK, GUNZIP_EMPTY);
		if (!status) {
			assert_int_equal(got, 600);
			assert_memory_equal(unpacked, plain, 600);
		}
		found += status != 0;
	}
	assert_true(found > 8 * (size - 10) * 9 / 10);
}

static void nothing(void **state)
{
	size_t got;

	(void)state;
	assert_int_equal(unpack(0, &got), GUNZIP_EMPTY);
	assert_int_equal(unpack(pack(0, 0, 9, NULL), &got), GUNZIP_EMPTY);
	assert_int_equal(gunzip_fds(-1, -1), GUNZIP_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),   cmocka_unit_test(headers),
		cmocka_unit_test(members), cmocka_unit_test(damage),
		cmocka_unit_test(nothing),
	};

	fill_plain();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
