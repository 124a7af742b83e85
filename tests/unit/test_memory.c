/* objects: core/memory.o core/memory_seen.o core/discard.o */
/*
 * Guest RAM: a table of runs of bytes and whether they are RAM, for a guest
 * below the hole and for one that reaches above 4 GiB.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "core/discard.h"
#include "memory.h"
#include "memory_seen.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

struct run {
	gpa_t gpa;
	size_t len;
	bool ram;
};

static void check_runs(uint64_t size, const struct run *runs, size_t count)
{
	struct memory mem;

	assert_int_equal(mem_init(&mem, size), 0);
	for (size_t i = 0; i < count; i++) {
		bool ram = mem_hva(&mem, runs[i].gpa, runs[i].len) != NULL;

		if (ram != runs[i].ram)
			fail_msg("0x%llx bytes at 0x%llx",
				 (unsigned long long)runs[i].len,
				 (unsigned long long)runs[i].gpa);
	}
	mem_free(&mem);
}

static void below_the_hole(void **state)
{
	static const struct run runs[] = {
		{ 0, 1, true },
		{ 0, 16 * MIB, true },
		{ 0, 16 * MIB + 1, false },
		{ 1, 16 * MIB, false },
		{ 16 * MIB - 1, 1, true },
		{ 16 * MIB - 1, 2, false },
		{ 16 * MIB, 1, false },
		{ 16 * MIB - 8, SIZE_MAX, false },
		{ MEM_HOLE_START, 1, false },
		{ MEM_4G, 1, false },
		{ UINT64_MAX, 1, false },
		{ UINT64_MAX, SIZE_MAX, false },
		{ 8, UINT64_MAX - 4, false },
	};

	(void)state;
	check_runs(16 * MIB, runs, sizeof(runs) / sizeof(runs[0]));
}

static void around_the_hole(void **state)
{
	static const struct run runs[] = {
		{ 0, MEM_HOLE_START, true },
		{ 0, MEM_HOLE_START + 1, false },
		{ MEM_HOLE_START - 1, 1, true },
		{ MEM_HOLE_START - 1, 2, false },
		{ MEM_HOLE_START, 1, false },
		{ MEM_4G - 1, 1, false },
		{ MEM_4G - 1, 2, false },
		{ MEM_4G, 2 * GIB, true },
		{ MEM_4G, 2 * GIB + 1, false },
		{ MEM_4G + 2 * GIB - 1, 1, true },
		{ MEM_4G + 2 * GIB - 1, 2, false },
		{ MEM_4G + 2 * GIB, 1, false },
		{ UINT64_MAX, 2, false },
	};

	(void)state;
	check_runs(5 * GIB, runs, sizeof(runs) / sizeof(runs[0]));
}

static void sizes_that_are_none(void **state)
{
	static const uint64_t sizes[] = { 0,	       1,
					  MEM_MIN - 1, MEM_MIN + 1,
					  MEM_MAX + 1, MEM_MAX + 4096,
					  UINT64_MAX };
	struct memory mem;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(mem_init(&mem, sizes[i]), -EINVAL);
}

static void copies_whole_or_not_at_all(void **state)
{
	const uint64_t want = 0x1122334455667788;
	uint64_t have = 0;
	struct memory mem;

	(void)state;
	assert_int_equal(mem_init(&mem, MEM_MIN), 0);
	assert_int_equal(mem_write(&mem, MEM_MIN - 8, &want, 8), 0);
	assert_int_equal(mem_read(&mem, MEM_MIN - 8, &have, 8), 0);
	assert_int_equal(have, want);
	have = 0;
	assert_int_equal(mem_write(&mem, MEM_MIN - 4, &have, 8), -EFAULT);
	assert_int_equal(mem_read(&mem, MEM_MIN - 4, &have, 8), -EFAULT);
	assert_int_equal(have, 0);
	assert_int_equal(mem_read(&mem, MEM_MIN - 8, &have, 8), 0);
	assert_int_equal(have, want);
	mem_free(&mem);
}

static void is_zero_at_first(void **state)
{
	struct memory mem;
	const uint8_t *bytes;

	(void)state;
	assert_int_equal(mem_init(&mem, MEM_MIN), 0);
	bytes = mem_hva(&mem, 0, MEM_MIN);
	for (size_t i = 0; i < MEM_MIN; i++)
		assert_int_equal(bytes[i], 0);
	mem_free(&mem);
}

/* Offset and length of what goes, and of the whole pages in it. */
static void gives_whole_pages_back(void **state)
{
	static const struct {
		size_t at, len, gone, gone_len;
	} rows[] = {
		{ 0x3000, 0x2000, 0x3000, 0x2000 },
		{ 0x3001, 0x2000, 0x4000, 0x1000 },
		{ 0x3001, 0x0fff, 0x4000, 0 },
		{ 0x3001, 0x1ffe, 0x4000, 0 },
		{ 0x3000, 0x0fff, 0x3000, 0 },
		{ 0x3000, 0, 0x3000, 0 },
		{ 0x3fff, 1, 0x4000, 0 },
		{ MEM_MIN - 0x1000, 0x1000, MEM_MIN - 0x1000, 0x1000 },
		{ MEM_MIN - 0x1000, 0x1001, 0, 0 },
		{ MEM_MIN, 0x1000, 0, 0 },
		{ -(size_t)0x1000, 0x2000, 0, 0 },
		{ 0x3000, SIZE_MAX, 0, 0 },
	};
	struct memory mem;

	(void)state;
	assert_int_equal(mem_init(&mem, MEM_MIN), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(mem.base, 7, MEM_MIN);
		assert_int_equal(mem_discard(&mem, mem.base + rows[i].at,
					     rows[i].len),
				 rows[i].gone_len);
		for (size_t at = 0; at < MEM_MIN; at++)
			assert_int_equal(
				mem.base[at],
				at - rows[i].gone < rows[i].gone_len ? 0 : 7);
	}
	mem_free(&mem);
}

/* RAM that comes from a snapshot: what is given back is zeroes, and not what was
 * saved; the file has nothing of it. */
static void gives_pages_of_a_file_back(void **state)
{
	FILE *file = tmpfile();
	uint8_t page[0x1000];
	struct memory mem;

	(void)state;
	assert_non_null(file);
	memset(page, 5, sizeof(page));
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(fwrite(page, sizeof(page), 1, file), 1);
	assert_int_equal(fflush(file), 0);
	assert_int_equal(mem_init(&mem, MEM_MIN), 0);
	assert_ptr_equal(mmap(mem.base + 0x2000, 0x4000, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_FIXED, fileno(file), 0),
			 mem.base + 0x2000);
	mem.file = "snapshot";
	mem.base[0x3000] = 6;
	assert_int_equal(mem_discard(&mem, mem.base + 0x1000, 0x3000), 0x3000);
	for (size_t at = 0x1000; at < 0x4000; at++)
		assert_int_equal(mem.base[at], 0);
	assert_int_equal(mem.base[0x4000], 5);
	memset(mem.base + 0x3000, 7, 0x2000);
	assert_int_equal(fseek(file, 0x1000, SEEK_SET), 0);
	assert_int_equal(fread(page, sizeof(page), 1, file), 1);
	for (size_t at = 0; at < sizeof(page); at++)
		assert_int_equal(page[at], 5);
	fclose(file);
	mem_free(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(below_the_hole),
		cmocka_unit_test(around_the_hole),
		cmocka_unit_test(sizes_that_are_none),
		cmocka_unit_test(copies_whole_or_not_at_all),
		cmocka_unit_test(is_zero_at_first),
		cmocka_unit_test(gives_whole_pages_back),
		cmocka_unit_test(gives_pages_of_a_file_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
