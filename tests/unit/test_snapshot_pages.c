/* objects: util/pageset.o util/checksum.o */
/* Sets of pages, and the sum that shows damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/checksum.h"
#include "util/pageset.h"

#define PAGES 200 /* the last word is not full */

static void expect(const struct pageset *set, size_t first, size_t want_first,
		   size_t want_nr)
{
	size_t nr;

	assert_true(pageset_next(set, &first, &nr));
	assert_int_equal(first, want_first);
	assert_int_equal(nr, want_nr);
}

static void stretches(void **state)
{
	struct pageset set;
	size_t first = 0, nr;

	(void)state;
	assert_int_equal(pageset_init(&set, PAGES), 0);
	assert_false(pageset_next(&set, &first, &nr));
	pageset_add(&set, 60, 10); /* across a word */
	pageset_add(&set, 127, 1);
	pageset_add(&set, 128, 64);  /* a whole word */
	pageset_add(&set, 195, 100); /* and what there is not */
	expect(&set, 0, 60, 10);
	expect(&set, 65, 65, 5);
	expect(&set, 70, 127, 65);
	expect(&set, 192, 195, 5);
	first = PAGES;
	assert_false(pageset_next(&set, &first, &nr));
	assert_int_equal(pageset_count(&set), 3);
	assert_true(pageset_has(&set, 69) && !pageset_has(&set, 70));
	pageset_free(&set);
}

static void joined(void **state)
{
	struct pageset set;

	(void)state;
	assert_int_equal(pageset_init(&set, PAGES), 0);
	pageset_add(&set, 10, 1);
	pageset_add(&set, 13, 1);
	pageset_add(&set, 17, 1);
	pageset_join(&set, 2);
	assert_int_equal(pageset_count(&set), 2);
	expect(&set, 0, 10, 4);
	pageset_join(&set, 3);
	expect(&set, 0, 10, 8);
	pageset_clear(&set);
	assert_int_equal(pageset_count(&set), 0);
	pageset_free(&set);
}

/* Each bit counts, and so do the length, the order and what came before. */
static void sums_differ(void **state)
{
	uint8_t bytes[77];
	uint64_t sum;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	sum = checksum(0, bytes, sizeof(bytes));
	assert_int_equal(sum, checksum(0, bytes, sizeof(bytes)));
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		assert_int_not_equal(sum, checksum(0, bytes, sizeof(bytes)));
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	for (size_t len = 0; len < sizeof(bytes); len++)
		assert_int_not_equal(sum, checksum(0, bytes, len));
	assert_int_not_equal(sum, checksum(1, bytes, sizeof(bytes)));
	bytes[0] = 8, bytes[8] = 0; /* words that have changed places */
	sum = checksum(0, bytes, 16);
	bytes[0] = 0, bytes[8] = 8;
	assert_int_not_equal(sum, checksum(0, bytes, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stretches),
		cmocka_unit_test(joined),
		cmocka_unit_test(sums_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
