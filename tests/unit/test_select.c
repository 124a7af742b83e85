/* objects: core/feature.o boot/select.o boot/kind.o boot/kind_look.o util/log.o util/sink.o */
/* objects: util/bus_error.o */
/*
 * An image that becomes shorter while it is read: no signal, zeroes, and a word
 * about it afterwards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot/select.h"

#define PAGE  4096
#define PAGES 5

static const struct loader nobody = { .name = "nobody" };
LOADER(nobody);

static char paths[2][32];

/* A file of ones. */
static void make(struct image *image, unsigned int number)
{
	static uint8_t ones[PAGES * PAGE];
	int fd;

	memset(ones, 1, sizeof(ones));
	snprintf(paths[number], sizeof(paths[number]), "/tmp/select-XXXXXX");
	fd = mkstemp(paths[number]);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, ones, sizeof(ones)), sizeof(ones));
	close(fd);
	assert_int_equal(image_open(image, paths[number]), 0);
	assert_int_equal(image->size, sizeof(ones));
}

static void end(struct image *image, unsigned int number)
{
	image_close(image);
	image_close(image);
	unlink(paths[number]);
}

/* Not read by the compiler's leave: each byte is looked at. */
static size_t sum(const struct image *image)
{
	size_t count = 0;

	for (size_t i = 0; i < image->size; i++)
		count += image->data[i];
	return count;
}

static void a_whole_file(void **state)
{
	struct image image;

	(void)state;
	make(&image, 0);
	assert_int_equal(sum(&image), PAGES * PAGE);
	assert_int_equal(image_check(&image), 0);
	end(&image, 0);
}

static void one_that_is_cut(void **state)
{
	struct image image, other;

	(void)state;
	make(&image, 0);
	make(&other, 1);
	assert_int_equal(truncate(paths[1], PAGE + 1), 0);
	assert_int_equal(sum(&other), PAGE + 1);
	assert_int_equal(sum(&image), PAGES * PAGE);
	assert_int_equal(image_check(&image), 0);
	assert_int_equal(image_check(&other), -EIO);
	end(&image, 0);
	end(&other, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_file),
		cmocka_unit_test(one_that_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
