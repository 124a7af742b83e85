/* objects: boot/paged.o boot/paged_large.o boot/paged_small.o core/memory.o core/memory_seen.o */
/* objects: x86/cpustate.o core/feature.o util/log.o util/sink.o */
/*
 * Page tables for 1K OS, walked as the CPU does: RAM at 0 and at 0x80000000,
 * of 4 MiB pages and of 4 KiB pages, and nothing that the OS takes for free
 * under its own tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "boot/paged.h"
#include "boot_args.h"
#include "memory_seen.h"

#define MIB	  (1ULL << 20)
#define PAGE_SIZE 4096u
#define LARGE	  (1u << 7)
#define CR4_PSE	  (1u << 4)
#define RIGHTS	  (PAGED_PRESENT | PAGED_WRITABLE)
#define NOWHERE	  (~0ULL)

TABLE_DECLARE(loader, loader);

static const char *const without_other[] = { "large", "irq4", NULL };
static const char *const without_large[] = { "large-pages", NULL };

static const uint8_t code[] = { 0xfa, 0xf4 }; /* no header */
static const struct image image = { .path = "code",
				    .data = code,
				    .size = sizeof(code) };

static struct memory mem;
static struct cpu_state cpu;

static int load(uint64_t size, const char *const *without)
{
	const struct boot_args args = { .without = without };
	const struct loader *const *row;

	assert_int_equal(mem_init(&mem, size), 0);
	cpu = (struct cpu_state){ 0 };
	TABLE_FOREACH(loader, row)
		return (*row)->load(&image, &args, &mem, &cpu);
	return -ENOENT;
}

static uint32_t entry(gpa_t table, unsigned int index)
{
	uint32_t value;

	assert_int_equal(mem_read(&mem, table + index * sizeof(value), &value,
				  sizeof(value)),
			 0);
	return value;
}

/* Where @address leads, by the rules that CR4 sets, or NOWHERE. */
static uint64_t walk(uint32_t address)
{
	uint32_t value = entry(cpu.cr3, address / PAGED_SPAN);

	if (!value)
		return NOWHERE;
	assert_int_equal(value & RIGHTS, RIGHTS);
	if (value & LARGE && cpu.cr4 & CR4_PSE)
		return (value & -PAGED_SPAN) | (address & (PAGED_SPAN - 1));
	assert_int_equal(value & LARGE, 0);
	value = entry(value & -PAGE_SIZE, address / PAGE_SIZE % PAGED_ENTRIES);
	if (!value)
		return NOWHERE;
	assert_int_equal(value & (PAGE_SIZE - 1), RIGHTS);
	return (value & -PAGE_SIZE) | (address & (PAGE_SIZE - 1));
}

/* The first @shown bytes are mapped twice, page by page, and no others. */
static void check_walks(uint64_t shown)
{
	for (uint64_t at = 0; at < OS1K_BASE; at += PAGE_SIZE) {
		uint32_t last = at + PAGE_SIZE - 1;
		uint64_t want = at < shown ? last : NOWHERE;

		if (walk(last) != want || walk(OS1K_BASE + last) != want)
			fail_msg("%x leads to %llx", last,
				 (unsigned long long)walk(last));
	}
}

/* No table lies in what the OS may use, nor outside of RAM. */
static void check_tables(uint64_t shown)
{
	unsigned int nr = shown / PAGED_SPAN;
	gpa_t first = entry(cpu.cr3, 0) & -PAGE_SIZE;

	assert_true(first >= shown);
	assert_int_equal(first + nr * PAGE_SIZE, mem.low_size);
	for (unsigned int i = 0; i < nr; i++)
		assert_int_equal(entry(cpu.cr3, i) & -PAGE_SIZE,
				 first + i * PAGE_SIZE);
}

/* RAM in MiB, and how much of it the directory shows, by either kind. */
static const struct {
	unsigned int ram, large, small;
} sizes[] = {
	{ 4, 4, 0 },	      { 5, 4, 4 },	    { 8, 8, 4 },
	{ 9, 8, 8 },	      { 64, 64, 60 },	    { 65, 64, 64 },
	{ 1024, 1024, 1020 }, { 2048, 2048, 2044 }, { 2049, 2048, 2044 },
	{ 2050, 2048, 2048 }, { 3072, 2048, 2048 }, { 4096, 2048, 2048 },
};

#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void test_large(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_SIZES; i++) {
		assert_int_equal(load(sizes[i].ram * MIB, without_other), 0);
		assert_int_equal(cpu.cr4, CR4_PSE);
		check_walks(sizes[i].large * MIB);
		mem_free(&mem);
	}
}

static void test_small(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_SIZES; i++) {
		int err = load(sizes[i].ram * MIB, without_large);

		assert_int_equal(err, sizes[i].small ? 0 : -E2BIG);
		if (sizes[i].small) {
			assert_int_equal(cpu.cr4, 0);
			check_walks(sizes[i].small * MIB);
			check_tables(sizes[i].small * MIB);
		}
		mem_free(&mem);
	}
}

/* One page more than what is mapped is just enough for its table. */
static void test_least(void **state)
{
	(void)state;
	assert_int_equal(load(4 * MIB + PAGE_SIZE, without_large), 0);
	check_walks(4 * MIB);
	check_tables(4 * MIB);
	mem_free(&mem);
	assert_int_equal(load(64 * MIB + 15 * PAGE_SIZE, without_large), 0);
	check_tables(60 * MIB);
	mem_free(&mem);
	assert_int_equal(load(64 * MIB + 16 * PAGE_SIZE, without_large), 0);
	check_tables(64 * MIB);
	mem_free(&mem);
}

/* But for CR4 and where RAM ends, a guest starts the same. */
static void test_same_start(void **state)
{
	struct cpu_state large;
	uint8_t byte;

	(void)state;
	assert_int_equal(load(64 * MIB, NULL), 0);
	large = cpu;
	mem_free(&mem);
	assert_int_equal(load(64 * MIB, without_large), 0);
	assert_int_equal(mem_read(&mem, OS1K_LOAD_GPA, &byte, 1), 0);
	assert_int_equal(byte, code[0]);
	mem_free(&mem);
	assert_int_equal(large.cr4, CR4_PSE);
	large.cr4 = 0;
	assert_memory_equal(&large, &cpu, sizeof(cpu));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_same_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
