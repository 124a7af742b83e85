/* host-objects: tools/initcpio/squeeze.o tools/initcpio/unpack.o */
/* host-objects: tools/initcpio/unpack_gzip.o tools/initcpio/unpack_lzo.o */
/* host-objects: tools/initcpio/extent.o */
/* host-objects: tools/initcpio/frames.o tools/initcpio/buf.o */
/* host-objects: tools/initcpio/report.o */
/*
 * Packing and unpacking of bytes that are hard on a compressor, or on the one
 * who unpacks them; and what Linux cannot unpack although others can.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/initcpio/squeeze.h"
#include "tools/initcpio/unpack.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

static const char *const compressors[] = { "gzip", "bzip2", "lzma",
					   "xz",   "lz4",   "zstd" };

static struct buf noise(size_t bytes)
{
	struct buf out = { 0 };
	uint32_t x = 1;

	for (size_t i = 0; i < bytes; i += 4) {
		x = x * 1664525 + 1013904223;
		assert_int_equal(buf_add_le32(&out, x ^ x >> 13), 0);
	}
	return out;
}

static int collect(void *data, const void *bytes, size_t n)
{
	return buf_add(data, bytes, n);
}

/* Unpacks one stream; *used gets its bytes. */
static int unpack(const struct buf *packed, struct buf *out, size_t *used)
{
	struct unpack u = {
		.in = packed->data,
		.len = packed->len,
		.take = collect,
		.data = out,
	};
	const struct method *method = method_find(packed->data, packed->len);
	int err = method ? method_unpack(method, &u) : -EINVAL;

	*used = u.used;
	return err;
}

static void round_trip(const char *compressor, const struct buf *plain)
{
	struct buf packed = { 0 }, back = { 0 };
	size_t used;

	assert_int_equal(squeeze(compressor_find(compressor), plain, &packed),
			 0);
	assert_int_equal(unpack(&packed, &back, &used), 0);
	assert_int_equal(used, packed.len);
	assert_int_equal(back.len, plain->len);
	assert_memory_equal(back.data, plain->data, plain->len);
	buf_free(&packed);
	buf_free(&back);
}

/* Bytes that cannot be packed: LZ4 keeps them as they are, block by block. */
static void test_noise(void **state)
{
	struct buf little = noise(100000), much = noise(5 << 20);

	(void)state;
	for (size_t i = 0; i < ROWS(compressors); i++)
		round_trip(compressors[i], &little);
	round_trip("lz4", &much); /* two blocks */
	buf_free(&little);
	buf_free(&much);
}

/* Damage, in every third byte to save time, must end in an error or in other bytes, never in a crash. */
static void test_damage(void **state)
{
	static const char text[] = "the same words, the same words, the same "
				   "words, and then others";
	struct buf plain = { 0 }, packed = { 0 }, back = { 0 };
	size_t used;

	(void)state;
	assert_int_equal(buf_add(&plain, text, sizeof(text)), 0);
	for (size_t i = 0; i < ROWS(compressors); i++) {
		assert_int_equal(squeeze(compressor_find(compressors[i]),
					 &plain, &packed),
				 0);
		for (size_t at = 0; at < packed.len; at += 3) {
			packed.data[at] ^= 0x55;
			unpack(&packed, &back, &used);
			assert_true(back.len < 1 << 20);
			packed.data[at] ^= 0x55;
			buf_free(&back);
		}
		buf_free(&packed);
	}
	buf_free(&plain);
}

static void test_frames(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *says;
	} rows[] = {
		{ "\x04\x22\x4d\x18....", 8, "legacy" },
		{ "\x02\x21\x4c\x18....", 8, NULL },
		{ "\xfd"
		  "7zXZ\0\0\4....",
		  12, "CRC32" },
		{ "\xfd"
		  "7zXZ\0\0\1....",
		  12, NULL },
		{ "\xfd"
		  "7zXZ\0\0\4",
		  8, NULL },
		{ "", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		const char *fault = method_fault(
			(const unsigned char *)rows[i].bytes, rows[i].n);

		if (!rows[i].says != !fault ||
		    (fault && !strstr(fault, rows[i].says)))
			fail_msg("rows[%zu]: %s", i, fault ? fault : "good");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
