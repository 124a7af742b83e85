/* host-objects: tools/initcpio/verify.o tools/initcpio/verdict.o tools/initcpio/verify_init.o */
/* host-objects: tools/initcpio/index.o tools/initcpio/newc.o */
/* host-objects: tools/initcpio/parts.o tools/initcpio/unpack.o */
/* host-objects: tools/initcpio/unpack_gzip.o tools/initcpio/unpack_lzo.o */
/* host-objects: tools/initcpio/extent.o tools/initcpio/show.o */
/* host-objects: tools/initcpio/tree.o tools/initcpio/buf.o */
/* host-objects: tools/initcpio/report.o tools/initcpio/squeeze.o */
/* host-objects: tools/initcpio/frames.o tools/initcpio/load.o */
/*
 * Archives of several parts, each packed or not: what Linux 6.1 makes of them
 * (its unpack_to_rootfs()), and what an archive may cost us.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/lzo_sample.h"
#include "tests/unit/newc_made.h"
#include "tools/initcpio/index.h"
#include "tools/initcpio/load.h"
#include "tools/initcpio/show.h"
#include "tools/initcpio/squeeze.h"

static const struct file first[] = { BOOTABLE };
static const struct file early[] = {
	{ "kernel", S_IFDIR | 0755, 1, 2, NULL, 0, 0 },
	{ "kernel/x86.bin", S_IFREG | 0644, 2, 1, "microcode", 0, 0 },
};
static const struct file late[] = {
	{ "bin/more", S_IFREG | 0755, 1, 1, "#!/init", 0, 0 },
};

/*
 * A recipe: E early, B bootable, L late; the same in lower case packed with
 * the row's method; 0 four zero bytes; z one; 5 zeros up to a multiple of 512;
 * a zeros up to a multiple of 4; u the same and one zero more; x a byte of
 * junk; c a cut in what is there, in the middle of its last 64 bytes.
 */
static void cook(struct buf *out, const char *recipe, const char *method)
{
	static const char zeros[512];

	for (; *recipe; recipe++) {
		struct buf plain = { 0 };
		size_t n;

		switch (*recipe) {
		case 'E':
		case 'e':
			plain = build(early, ROWS(early));
			break;
		case 'B':
		case 'b':
			plain = build(first, ROWS(first));
			break;
		case 'L':
		case 'l':
			plain = build(late, ROWS(late));
			break;
		case '0':
			assert_int_equal(buf_add(out, zeros, 4), 0);
			break;
		case 'x':
			assert_int_equal(buf_add(out, "x", 1), 0);
			break;
		case 'c':
			out->len -= 32;
			break;
		default:
			n = *recipe == 'z' ? 1 : *recipe == '5' ? 512 : 4;
			n = n == 1 ? 1 : -out->len & (n - 1);
			n += *recipe == 'u';
			assert_int_equal(buf_add(out, zeros, n), 0);
		}
		if (*recipe >= 'A' && *recipe <= 'Z')
			assert_int_equal(buf_add(out, plain.data, plain.len),
					 0);
		else if (plain.len)
			assert_int_equal(squeeze(compressor_find(method),
						 &plain, out),
					 0);
		buf_free(&plain);
	}
}

static const struct {
	const char *recipe;
	const char *says; /* NULL: good */
} rows[] = {
	{ "B", NULL },
	{ "b", NULL },
	{ "E5b", NULL },
	{ "Eb", NULL },
	{ "EB", NULL },
	{ "E5B5L", NULL },
	{ "b0aL", NULL },
	{ "b0l", NULL },
	{ "E5b0l0l", NULL },
	{ "0b", NULL },
	{ "zzzzB", NULL },
	{ "e0b", NULL },
	{ "b00", NULL },
	{ "B5", NULL },
	{ "E5b0aL5l", NULL },
	/* Linux: "invalid magic at start of compressed archive" */
	{ "b0uL", "an archive should begin at a multiple of 4" },
	{ "zB", "at byte 1: an archive should begin at a multiple of 4" },
	{ "b0x", "nothing packed in a way that Linux unpacks" },
	{ "xB", "at byte 0: no newc header" },
	/* "broken padding" */
	{ "Bzb", "should begin at a multiple of 4" },
	{ "BzL", "should begin at a multiple of 4" },
	{ "Bzzzzx", "nothing packed in a way" },
	/* what is missing or cut */
	{ "E", "/init: the first program is not in the archive" },
	{ "E5", "/init: the first program is not in the archive" },
	{ "E5Bc", "truncated: " },
	{ "E5bc", "at byte 512: " },
	{ "b0aLc", "truncated: " },
	{ "B5c", NULL }, /* only zeros are cut */
};

static void test_parts(void **state)
{
	static const char *const methods[] = { "gzip", "bzip2", "lzma",
					       "xz",   "lz4",	"zstd" };

	(void)state;
	for (size_t m = 0; m < ROWS(methods); m++) {
		for (size_t i = 0; i < ROWS(rows); i++) {
			struct buf bytes = { 0 };
			int err;

			cook(&bytes, rows[i].recipe, methods[m]);
			err = verify_exactly(bytes.data, bytes.len);
			if (err != (rows[i].says ? -EINVAL : 0) ||
			    (err && !strstr(said, rows[i].says)))
				fail_msg("%s, %s: %d, said: %s", methods[m],
					 rows[i].recipe, err, said);
			buf_free(&bytes);
		}
	}
}

/* A stream that follows another at once is a part of its own, as in Linux. */
static void test_side_by_side(void **state)
{
	static const struct {
		const char *method;
		int err;
	} methods[] = {
		{ "gzip", 0 }, { "bzip2", 0 },	   { "lzma", 0 },
		{ "xz", 0 },   { "lz4", -EINVAL }, { "zstd", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ROWS(methods); i++) {
		struct buf bytes = { 0 };
		struct index index;

		cook(&bytes, "ebl", methods[i].method);
		assert_int_equal(index_read(&index, bytes.data, bytes.len, 0),
				 0);
		/* a legacy frame goes on in the next one */
		assert_int_equal(index.nr_parts,
				 strcmp(methods[i].method, "lz4") ? 3 : 1);
		assert_non_null(index_find(&index, "init"));
		assert_non_null(index_find(&index, "bin/more"));
		index_free(&index);
		bytes.len = 0;
		cook(&bytes, "baL", methods[i].method);
		assert_int_equal(verify_exactly(bytes.data, bytes.len),
				 methods[i].err);
		buf_free(&bytes);
	}
}

/* An archive that is spread over two streams is none: each is unpacked alone. */
static void test_split_entry(void **state)
{
	static const char *const methods[] = { "gzip", "bzip2", "xz", "zstd" };
	struct buf plain = build(first, ROWS(first));
	struct buf head = { .data = plain.data, .len = 200 };
	struct buf tail = { .data = plain.data + 200, .len = plain.len - 200 };

	(void)state;
	for (size_t i = 0; i < ROWS(methods); i++) {
		const struct compressor *c = compressor_find(methods[i]);
		struct buf bytes = { 0 };

		assert_int_equal(squeeze(c, &head, &bytes), 0);
		assert_int_equal(squeeze(c, &tail, &bytes), 0);
		assert_int_equal(verify_exactly(bytes.data, bytes.len),
				 -EINVAL);
		assert_non_null(strstr(said, "of what is packed at byte 0: "
					     "truncated"));
		buf_free(&bytes);
	}
	buf_free(&plain);
}

/* lzop is not needed to read what it wrote, and no stray byte crashes us. */
static void test_lzo(void **state)
{
	struct buf plain = build(first, ROWS(first));
	unsigned char bytes[sizeof(lzo_sample)];
	unsigned int refused = 0;
	struct index index;

	(void)state;
	assert_int_equal(index_read(&index, lzo_sample, sizeof(lzo_sample), 0),
			 0);
	assert_int_equal(index.unpacked, LZO_SAMPLE_UNPACKED);
	assert_int_equal(index.unpacked, plain.len);
	assert_string_equal(index.parts[0].method, "lzo");
	assert_memory_equal(index_find(&index, "init")->e.head, script,
			    sizeof(script) - 1);
	index_free(&index);
	for (size_t n = 0; n < sizeof(bytes); n++)
		assert_int_equal(verify_exactly(lzo_sample, n), -EINVAL);
	for (size_t at = 38; at < sizeof(bytes); at++) {
		memcpy(bytes, lzo_sample, sizeof(bytes));
		bytes[at] ^= 0x15;
		refused += verify_exactly(bytes, sizeof(bytes)) == -EINVAL;
	}
	/* three changes say the same in another way; so says lzop */
	assert_int_equal(refused, sizeof(bytes) - 38 - 3);
	buf_free(&plain);
}

/* Headers that Linux does not step over, and a checksum it does not look at. */
static void test_gzip_header(void **state)
{
	static const struct {
		unsigned char flags;
		const char *more;
		const char *says;
	} gzips[] = {
		{ 0, "", NULL },
		{ 8, "initrd.img", NULL },
		{ 4, "", "more than a file name in the gzip header" },
		{ 2, "", "more than a file name in the gzip header" },
	};
	struct buf packed = { 0 };

	(void)state;
	cook(&packed, "b", "gzip");
	for (size_t i = 0; i < ROWS(gzips); i++) {
		const char *more = gzips[i].more;
		struct buf bytes = { 0 };

		assert_int_equal(buf_add(&bytes, packed.data, 10), 0);
		bytes.data[3] = gzips[i].flags;
		if (*more)
			assert_int_equal(
				buf_add(&bytes, more, strlen(more) + 1), 0);
		assert_int_equal(
			buf_add(&bytes, packed.data + 10, packed.len - 10), 0);
		assert_int_equal(verify_exactly(bytes.data, bytes.len),
				 gzips[i].says ? -EINVAL : 0);
		if (gzips[i].says)
			assert_non_null(strstr(said, gzips[i].says));
		buf_free(&bytes);
	}
	packed.data[packed.len - 8] ^= 1;
	assert_int_equal(verify_exactly(packed.data, packed.len), -EINVAL);
	assert_non_null(strstr(said, "the checksum is of other contents"));
	buf_free(&packed);
}

/* Format 070702 has a sum of the bytes of each file. */
static void test_sums(void **state)
{
	struct buf bytes = build(&late[0], 1);

	(void)state;
	bytes.data[5] = '2';
	assert_int_equal(verify_exactly(bytes.data, bytes.len), -EINVAL);
	assert_non_null(strstr(said, "the sum of its bytes is 551, and should "
				     "be 0"));
	memcpy(bytes.data + 102, "00000227", 8);
	assert_int_equal(verify_exactly(bytes.data, bytes.len), -EINVAL);
	assert_null(strstr(said, "the sum"));
	buf_free(&bytes);
}

/*
 * What unpacks to much more than it has bytes is given up early: at once when
 * it is no archive, and at the limit when it is a file of zeros.
 */
static void test_bomb(void **state)
{
	static const char zeros[65536];
	struct buf plain = { 0 }, packed = { 0 };
	struct index index;

	(void)state;
	for (int i = 0; i < 20 << 4; i++)
		assert_int_equal(buf_add(&plain, zeros, sizeof(zeros)), 0);
	assert_int_equal(squeeze(compressor_find("bzip2"), &plain, &packed), 0);
	assert_int_equal(index_read(&index, packed.data, packed.len, 0),
			 -EINVAL);
	assert_true(index.unpacked <= 1 << 20);
	index_free(&index);
	packed.len = 0;
	memcpy(plain.data,
	       "07070100000001000081A40000000000000000000000010000000001400000"
	       "000000000000000000000000000000000000000200000000a",
	       111);
	assert_int_equal(squeeze(compressor_find("bzip2"), &plain, &packed), 0);
	assert_true(packed.len < 400);
	assert_int_equal(verify_exactly(packed.data, packed.len), -EINVAL);
	assert_non_null(strstr(said, "unpacks to more than 16 MiB"));
	buf_free(&plain);
	buf_free(&packed);
}

/* A header of LZMA that asks for nearly 2 GiB before it says anything. */
static void test_window(void **state)
{
	static const char head[] = "\x5d\x00\x00\x38\x7a\xff\xff\xff\xff\xff"
				   "\xff\xff\xff\x00\x00\x00\x00\x00";

	(void)state;
	assert_int_equal(verify_exactly(head, sizeof(head)), -EINVAL);
	assert_non_null(strstr(said, "asks for a window of 1955 MiB"));
}

/* What is too large is refused before a byte of it is read. */
static void test_too_large(void **state)
{
	struct buf raw = { 0 };
	char path[64];
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	assert_int_equal(ftruncate(fileno(file), ARCHIVE_MAX_BYTES + 1), 0);
	assert_int_equal(load_file(path, &raw), -EINVAL);
	assert_int_equal(raw.room, 0);
	fclose(file);
}

/* The optional fields of an lzop header reach beyond its least length. */
static void test_short_lzop(void **state)
{
	static const char head[] = "\x89LZO\0\r\n\x1a\n\x10\x02# a list\ndir "
				   "/b@ \xa0\x09@i\x01n";

	(void)state;
	for (size_t n = sizeof(head) - 1; n > 9; n--) {
		assert_int_equal(verify_exactly(head, n), -EINVAL);
		assert_non_null(strstr(said, "lzop header"));
	}
}

static void test_ls(void **state)
{
	static const char wanted[] =
		"part 1 at byte 0: not packed\n"
		"drwxr-xr-x  2     0     0         0 /kernel\n"
		"-rw-r--r--  1     0     0         9 /kernel/x86.bin\n"
		"part 2 at byte 512: zstd\n"
		"-rwxr-xr-x  1     0     0         7 /bin/more\n";
	struct buf bytes = { 0 };

	(void)state;
	cook(&bytes, "E5l", "zstd");
	check_listing(&bytes, wanted);
	buf_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_split_entry),
		cmocka_unit_test(test_lzo),
		cmocka_unit_test(test_gzip_header),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_short_lzop),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_ls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
