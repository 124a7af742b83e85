/* objects: boot/gunzip.o boot/select.o boot/kind.o boot/kind_look.o */
/* objects: core/feature.o util/log.o util/sink.o */
/*
 * Images inside gzip: whatever zlib makes comes back, and of what was damaged
 * or cut nothing does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "boot/gunzip.h"
#include "boot/select.h"

#define FILE_MAX   (6u << 20)
#define GZIP_FLAGS (MAX_WBITS + 16) /* zlib.h: "a simple gzip header" */

static const struct loader nobody = { .name = "nobody" };
LOADER(nobody);

static uint8_t plain[FILE_MAX], packed[FILE_MAX];

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

/* gunzip_image() of a file with the first @size bytes of @packed. */
static int unpack(struct image *image, size_t size, const char *const *without)
{
	char path[] = "/tmp/gunzip-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, packed, size), size);
	close(fd);
	err = image_open(image, path);
	unlink(path);
	assert_int_equal(err, 0);
	return gunzip_image(image, without);
}

static void must_be(size_t packed_size, size_t size)
{
	struct image image;

	assert_int_equal(unpack(&image, packed_size, NULL), 0);
	assert_true(image.unpacked);
	assert_int_equal(image.size, size);
	assert_memory_equal(image.data, plain, size);
	assert_int_equal(image_check(&image), 0);
	image_close(&image);
	image_close(&image);
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
		struct image image;

		assert_int_equal(unpack(&image, size, NULL), -ENOEXEC);
		image_close(&image);
	}
}

/* The second member is of the same bytes: plain[] begins anew. */
static void members(void **state)
{
	struct image image;
	size_t first = pack(7000, 0, 6, NULL);
	size_t size = pack(100, first, 6, NULL);

	(void)state;
	assert_int_equal(unpack(&image, size, NULL), 0);
	assert_int_equal(image.size, 7100);
	assert_memory_equal(image.data, plain, 7000);
	assert_memory_equal(image.data + 7000, plain, 100);
	image_close(&image);
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
		struct image image;
		int err;

		packed[bit / 8] ^= 1 << bit % 8;
		err = unpack(&image, size, NULL);
		packed[bit / 8] ^= 1 << bit % 8;
		assert_true(err == 0 || err == -ENOEXEC);
		if (!err && image.unpacked)
			assert_memory_equal(image.data, plain, 600);
		found += err != 0;
		image_close(&image);
	}
	assert_true(found > 8 * (size - 10) * 9 / 10);
}

static void left_alone(void **state)
{
	static const char *const without[] = { "gzip", NULL };
	struct image image;
	size_t size = pack(600, 0, 9, NULL);

	(void)state;
	assert_int_equal(unpack(&image, size, without), 0);
	assert_int_equal(image.size, size);
	assert_false(image.unpacked);
	image_close(&image);
	assert_int_equal(unpack(&image, 17, NULL), 0); /* too short for one */
	assert_int_equal(image.size, 17);
	image_close(&image);
	size = pack(0, 0, 9, NULL);
	assert_int_equal(unpack(&image, size, NULL), -ENOEXEC); /* nothing */
	image_close(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),      cmocka_unit_test(headers),
		cmocka_unit_test(members),    cmocka_unit_test(damage),
		cmocka_unit_test(left_alone),
	};

	fill_plain();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
