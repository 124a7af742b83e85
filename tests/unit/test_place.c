/* objects: boot/place.o boot/room.o boot/memmap.o core/memory.o util/log.o util/sink.o */
/*
 * Where a loader puts modules: free RAM, the lowest there is, and never more
 * than that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "boot/memmap.h"
#include "boot/place.h"
#include "boot_args.h"

#define MIB  (1ULL << 20)
#define PAGE 4096
#define RAM  (4 * MIB)

static struct memory mem;
static struct place place;

static const struct room_taken taken[] = {
	{ 0x400, 0x500, "the first" },
	{ 0xa0000, MIB, "the second" },
	{ 0 },
};

static int make(void **state)
{
	(void)state;
	place_init(&place, &mem, taken);
	return mem_init(&mem, RAM);
}

static int drop(void **state)
{
	(void)state;
	mem_free(&mem);
	return 0;
}

static void the_lowest_that_is_free(void **state)
{
	(void)state;
	assert_int_equal(place_find(&place, 0x100, 0x300, 1), 0x100);
	assert_int_equal(place_find(&place, 0x100, 1, 1), 0x500);
	assert_int_equal(place_find(&place, 0x100, 1, PAGE), PAGE);
	assert_int_equal(place_find(&place, 0x100, PAGE, PAGE), 2 * PAGE);
	/* None of this lies in the way of the last KiB in front of a range. */
	assert_int_equal(place_find(&place, 0x9fc00, 0x400, 16), 0x9fc00);
	assert_int_equal(place_find(&place, 0x9fc00, 0x401, 16), MIB);
	assert_int_equal(place_find(&place, MIB, 1, 16), MIB + 0x410);
}

static void up_to_the_end_of_ram(void **state)
{
	(void)state;
	assert_int_equal(place_find(&place, MIB, 3 * MIB + 1, 1), 0);
	assert_int_equal(place_find(&place, MIB, UINT64_MAX, 1), 0);
	assert_int_equal(place_find(&place, RAM, 1, 1), 0);
	assert_int_equal(place_find(&place, RAM - 1, 1, 2), 0);
	assert_int_equal(place_find(&place, MIB, 0, 1), 0);
	assert_int_equal(place_find(&place, MIB, 3 * MIB, PAGE), MIB);
	assert_int_equal(place_find(&place, MIB, 1, 1), 0);
}

static void no_more_ranges_than_there_is_room_for(void **state)
{
	(void)state;
	for (gpa_t at = 2 * MIB; place.nr < PLACE_MAX; at += 2)
		assert_true(place_take(&place, at, at + 1, "a byte"));
	assert_false(place_take(&place, 3 * MIB, 3 * MIB + 1, "a byte"));
	assert_int_equal(place_find(&place, MIB, PAGE, 1), 0);
}

static void a_module_that_fits(void **state)
{
	const struct module module = {
		.image = { .path = "m", .data = (void *)"abc", .size = 3 }
	};
	gpa_t start;

	(void)state;
	assert_int_equal(place_module(&place, MIB + 1, &module, &start), 0);
	assert_int_equal(start, MIB + PAGE);
	assert_memory_equal(mem_hva(&mem, start, 3), "abc", 3);
	assert_int_equal(place_module(&place, MIB + 1, &module, &start), 0);
	assert_int_equal(start, MIB + 2 * PAGE);
}

static void one_that_does_not(void **state)
{
	struct module module = { .image = { .path = "m",
					    .data = (void *)"abc",
					    .size = 3 * MIB + 1 } };
	gpa_t start;

	(void)state;
	assert_int_equal(place_module(&place, MIB, &module, &start), -E2BIG);
	module.image.size = SIZE_MAX;
	assert_int_equal(place_module(&place, MIB, &module, &start), -E2BIG);
}

static void the_memory_map(void **state)
{
	struct memory shape = { .size = 5 * MEM_4G,
				.low_size = MEM_HOLE_START };
	struct memmap_entry map[MEMMAP_MAX];

	(void)state;
	assert_int_equal(memmap_fill(&shape, map), 4);
	assert_int_equal(map[0].start, 0);
	for (unsigned int i = 1; i < 4; i++)
		assert_true(map[i].start >= map[i - 1].start + map[i - 1].size);
	assert_int_equal(map[3].start + map[3].size,
			 MEM_4G + shape.size - shape.low_size);
	shape.size = shape.low_size = RAM;
	assert_int_equal(memmap_fill(&shape, map), 3);
	assert_int_equal(map[2].start + map[2].size, RAM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_lowest_that_is_free, make,
						drop),
		cmocka_unit_test_setup_teardown(up_to_the_end_of_ram, make,
						drop),
		cmocka_unit_test_setup_teardown(
			no_more_ranges_than_there_is_room_for, make, drop),
		cmocka_unit_test_setup_teardown(a_module_that_fits, make, drop),
		cmocka_unit_test_setup_teardown(one_that_does_not, make, drop),
		cmocka_unit_test(the_memory_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
