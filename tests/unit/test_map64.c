/* objects: boot/map64.o core/memory.o core/memory_seen.o */
/*
 * Page tables for long mode, walked as the CPU does: each address of the low
 * 4 GiB means itself, and ring 3 sees the pages it was given and no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "boot/map64.h"
#include "memory_seen.h"

#define RAM	 (1ULL << 20)
#define ROOT	 0x1000
#define PAGE	 MAP64_LARGE_PAGE
#define PRESENT	 (1u << 0)
#define WRITABLE (1u << 1)
#define USER	 (1u << 2)
#define LARGE	 (1u << 7)
#define ADDRESS	 0x000ffffffffff000ULL

static struct memory mem;

static int make_tables(void **state)
{
	(void)state;
	return mem_init(&mem, RAM) || map64_identity(&mem, ROOT);
}

static int drop_tables(void **state)
{
	(void)state;
	mem_free(&mem);
	return 0;
}

/* The entry of @table for @address, whose level begins at bit @shift. */
static uint64_t entry(uint64_t table, uint64_t address, unsigned int shift)
{
	uint64_t value;

	assert_int_equal(
		mem_read(&mem, (table & ADDRESS) + (address >> shift & 511) * 8,
			 &value, sizeof(value)),
		0);
	return value;
}

/* The entry that maps @address, its flags joined with those above; or 0. */
static uint64_t walk(uint64_t address)
{
	uint64_t flags = PRESENT | WRITABLE | USER, at = ROOT;

	for (unsigned int shift = 39; shift >= 21; shift -= 9) {
		at = entry(at, address, shift);
		if (!(at & PRESENT))
			return 0;
		flags &= at;
	}
	assert_true(at & LARGE);
	return (at & ADDRESS) | flags;
}

static void maps_4_gib_to_themselves(void **state)
{
	(void)state;
	for (uint64_t at = 0; at < MEM_4G; at += PAGE)
		assert_int_equal(walk(at), at | PRESENT | WRITABLE);
	assert_int_equal(walk(MEM_4G), 0);
	assert_int_equal(walk(1ULL << 39), 0);
	assert_int_equal(walk(0xffff800000000000), 0);
}

static void stays_within_its_size(void **state)
{
	const uint8_t *bytes = mem_hva(&mem, 0, RAM);

	(void)state;
	for (size_t at = 0; at < ROOT; at++)
		assert_int_equal(bytes[at], 0);
	for (size_t at = ROOT + MAP64_SIZE; at < RAM; at++)
		assert_int_equal(bytes[at], 0);
}

/* Which bytes are opened, and the first and last page that must be. */
static void opens_pages(void **state)
{
	static const struct {
		gpa_t start, end, first, last;
	} rows[] = {
		{ PAGE, PAGE + 1, PAGE, PAGE },
		{ PAGE, 2 * PAGE, PAGE, PAGE },
		{ PAGE, 2 * PAGE + 1, PAGE, 2 * PAGE },
		{ 2 * PAGE - 1, 2 * PAGE + 1, PAGE, 2 * PAGE },
		{ 3 * PAGE + 5, 600 * PAGE, 3 * PAGE, 599 * PAGE },
		{ MEM_4G - 1, MEM_4G, MEM_4G - PAGE, MEM_4G - PAGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(map64_identity(&mem, ROOT), 0);
		assert_int_equal(map64_allow_user(&mem, ROOT, rows[i].start,
						  rows[i].end),
				 0);
		for (uint64_t at = 0; at < MEM_4G; at += PAGE) {
			bool open = at >= rows[i].first && at <= rows[i].last;

			assert_int_equal(!!(walk(at) & USER), open);
		}
	}
}

static void refuses_what_does_not_fit(void **state)
{
	(void)state;
	assert_int_equal(map64_identity(&mem, RAM - MAP64_SIZE), 0);
	assert_int_equal(map64_identity(&mem, RAM - MAP64_SIZE + 0x1000),
			 -EFAULT);
	assert_int_equal(map64_identity(&mem, RAM), -EFAULT);
	assert_int_equal(map64_allow_user(&mem, ROOT, MEM_4G, MEM_4G + 1),
			 -EFAULT);
	assert_int_equal(map64_allow_user(&mem, RAM, 0, 1), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(maps_4_gib_to_themselves,
						make_tables, drop_tables),
		cmocka_unit_test_setup_teardown(stays_within_its_size,
						make_tables, drop_tables),
		cmocka_unit_test_setup_teardown(opens_pages, make_tables,
						drop_tables),
		cmocka_unit_test_setup_teardown(refuses_what_does_not_fit,
						make_tables, drop_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
