/* objects: util/png.o */
/* Pictures as PNG, read by a decoder of this file's own: zlib unpacks. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "util/picture.h"
#include "util/png.h"

static uint8_t *file;
static size_t file_len, file_limit;

static bool put(void *arg, const void *data, size_t len)
{
	(void)arg;
	if (file_len + len > file_limit)
		return false;
	file = realloc(file, file_len + len);
	memcpy(file + file_len, data, len);
	file_len += len;
	return true;
}

static uint32_t word(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

/* The next chunk at *@at, whose sum is right; its length. */
static uint32_t chunk(const uint8_t **at, const char *type,
		      const uint8_t **data)
{
	uint32_t len = word(*at);

	assert_memory_equal(*at + 4, type, 4);
	assert_int_equal(crc32(0, *at + 4, len + 4), word(*at + 8 + len));
	*data = *at + 8;
	*at += 12 + len;
	return len;
}

static unsigned int sample(const uint8_t *row, unsigned int x,
			   unsigned int depth)
{
	unsigned int bit = x * depth;

	return row[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1);
}

/* What is in the file is @picture, with @depth bits a pixel; 24: no palette. */
static void check_file(const struct picture *picture, unsigned int depth)
{
	const uint8_t *at = file, *head, *palette = NULL, *data;
	size_t row = 1 + (picture->width * depth + 7) / 8;
	uLongf len = row * picture->height;
	uint8_t *raw = malloc(len);
	uint32_t nr = 0, packed;

	assert_memory_equal(at, "\x89PNG\r\n\x1a\n", 8);
	at += 8;
	assert_int_equal(chunk(&at, "IHDR", &head), 13);
	assert_int_equal(word(head), picture->width);
	assert_int_equal(word(head + 4), picture->height);
	assert_int_equal(head[8], depth == 24 ? 8 : depth);
	assert_int_equal(head[9], depth == 24 ? 2 : 3);
	assert_memory_equal(head + 10, "\0\0\0", 3);
	assert_int_equal(chunk(&at, "tEXt", &data), 16);
	assert_memory_equal(data, "Software\0kvm-vmm", 16);
	if (depth < 24)
		nr = chunk(&at, "PLTE", &palette);
	packed = chunk(&at, "IDAT", &data);
	assert_int_equal(uncompress(raw, &len, data, packed), Z_OK);
	assert_int_equal(len, row * picture->height);
	assert_int_equal(chunk(&at, "IEND", &data), 0);
	assert_ptr_equal(at, file + file_len);
	for (unsigned int y = 0; y < picture->height; y++) {
		const uint8_t *line = raw + y * row;

		assert_int_equal(*line++, 0); /* no filter */
		for (unsigned int x = 0; x < picture->width; x++) {
			const uint32_t want =
				picture->pixels[y * picture->width + x];
			const uint8_t *rgb = line + 3 * x;

			if (depth < 24) {
				unsigned int i = sample(line, x, depth);

				assert_true(3 * i < nr);
				rgb = palette + 3 * i;
			}
			assert_int_equal(rgb[0] << 16 | rgb[1] << 8 | rgb[2],
					 want & 0xffffff);
		}
	}
	free(raw);
}

static void make(struct picture *picture, unsigned int width,
		 unsigned int height, unsigned int nr_colours)
{
	picture->width = width;
	picture->height = height;
	picture->pixels = malloc((size_t)width * height * 4);
	for (unsigned int i = 0; i < width * height; i++)
		picture->pixels[i] = 0xab000000 | (i % nr_colours) * 0x010307;
	file_len = 0;
	file_limit = SIZE_MAX;
}

static void test_depths(void **state)
{
	static const struct {
		unsigned int width, height, colours, depth;
	} cases[] = {
		{ 1, 1, 1, 1 },	       { 9, 3, 2, 1 },
		{ 9, 3, 3, 2 },	       { 9, 3, 4, 2 },
		{ 7, 3, 5, 4 },	       { 720, 400, 16, 4 },
		{ 320, 200, 17, 8 },   { 320, 200, 256, 8 },
		{ 320, 200, 257, 24 }, { 1920, 1200, 999, 24 },
		{ 1920, 1, 999, 24 },  { 1, 1200, 256, 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct picture picture;

		make(&picture, cases[i].width, cases[i].height,
		     cases[i].colours);
		assert_true(png_write(&picture, put, NULL));
		check_file(&picture, cases[i].depth);
		free(picture.pixels);
	}
}

/* Whoever takes no more is not given more. */
static void test_full(void **state)
{
	struct picture picture;
	size_t whole;

	(void)state;
	make(&picture, 5, 4, 3);
	assert_true(png_write(&picture, put, NULL));
	whole = file_len;
	for (size_t limit = 0; limit < whole; limit++) {
		file_len = 0;
		file_limit = limit;
		assert_false(png_write(&picture, put, NULL));
		assert_true(file_len <= limit);
	}
	free(picture.pixels);
}

static void test_fd(void **state)
{
	char name[] = "/tmp/test_png.XXXXXX";
	int fd = mkstemp(name), full = open("/dev/full", O_WRONLY);
	struct picture picture;
	uint8_t *read_back;

	(void)state;
	unlink(name);
	make(&picture, 300, 200, 300);
	assert_true(png_write(&picture, put, NULL));
	assert_int_equal(png_write_fd(&picture, fd), 0);
	read_back = malloc(file_len + 1);
	assert_int_equal(pread(fd, read_back, file_len + 1, 0), file_len);
	assert_memory_equal(read_back, file, file_len);
	assert_int_equal(png_write_fd(&picture, full), -ENOSPC);
	free(read_back);
	free(picture.pixels);
	close(fd);
	close(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depths),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_fd),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(file);
	return failed;
}
