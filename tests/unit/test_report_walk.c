/* objects: probes/report/walk.o x86/walk.o x86/walk_words.o core/memory.o core/memory_seen.o util/text.o */
/*
 * Page walks through tables made up here: every mode of paging, large pages,
 * missing entries, tables outside RAM, tables that point at themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "probes/report/report.h"
#include "x86/bits.h"
#include "x86/walk_words.h"

#define MIB (1ULL << 20)

#define LONG 0x500 /* EFER.LME, LMA */
#define NXE  0x800
#define NX   (1ULL << 63)

static struct memory mem;

static int setup(void **state)
{
	(void)state;
	return mem_init(&mem, 8 * MIB);
}

static int teardown(void **state)
{
	(void)state;
	mem_free(&mem);
	return 0;
}

static void put32(gpa_t table, unsigned int index, uint32_t entry)
{
	assert_int_equal(mem_write(&mem, table + index * 4, &entry, 4), 0);
}

static void put64(gpa_t table, unsigned int index, uint64_t entry)
{
	assert_int_equal(mem_write(&mem, table + index * 8, &entry, 8), 0);
}

static struct walk walk(uint64_t cr3, uint64_t cr4, uint64_t efer, uint64_t gva)
{
	struct kvm_sregs sregs = {
		.cr0 = CR0_PG, .cr3 = cr3, .cr4 = cr4, .efer = efer
	};
	struct walk walk;

	report_walk(&walk, &mem, &sregs, gva);
	return walk;
}

static void expect_text(const struct walk *walk, const char *want)
{
	char buf[1024];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	walk_add(&text, walk, "    ");
	assert_string_equal(buf, want);
}

static void without_paging_all_is_mapped(void **state)
{
	struct kvm_sregs sregs = { 0 };
	struct walk w;

	(void)state;
	report_walk(&w, &mem, &sregs, 0x12345678);
	assert_int_equal(w.end, WALK_MAPPED);
	assert_int_equal(w.gpa, 0x12345678);
	assert_int_equal(w.nr_steps, 0);
	expect_text(&w, "");
}

static void two_levels(void **state)
{
	struct walk w;

	(void)state;
	put32(0x1000, 512, 0x2007);
	put32(0x2000, 3, 0x5001);
	w = walk(0x1018, 0, 0, 0x80003abc);
	assert_int_equal(w.end, WALK_MAPPED);
	assert_int_equal(w.gpa, 0x5abc);
	assert_false(w.writable);
	assert_false(w.user);
	assert_true(w.executable);
	expect_text(&w, "    PDE    512 at 0x1800: 0x2007 P W U\n"
			"    PTE      3 at 0x200c: 0x5001 P -> 0x5abc, 4 KiB "
			"page\n");
	/* The rights of a page are those that every level gives. */
	put32(0x1000, 513, 0x2001);
	put32(0x2000, 5, 0x6007);
	w = walk(0x1000, 0, 0, 0x80405000);
	assert_int_equal(w.gpa, 0x6000);
	assert_false(w.writable || w.user);
	w = walk(0x1000, 0, 0, 0x80004000);
	assert_int_equal(w.end, WALK_ABSENT);
	assert_int_equal(w.nr_steps, 2);
	expect_text(&w, "    PDE    512 at 0x1800: 0x2007 P W U\n"
			"    PTE      4 at 0x2010: 0x0 not present\n");
}

static void large_pages_of_32_bits_reach_40(void **state)
{
	struct walk w;

	(void)state;
	put32(0x1000, 1, 0x00c020e7); /* bits 13-20 are address bits 32-39 */
	w = walk(0x1000, CR4_PSE, 0, 0x00412345);
	assert_int_equal(w.end, WALK_MAPPED);
	assert_int_equal(w.gpa, 0x100c12345);
	assert_int_equal(w.page_size, 4 * MIB);
	expect_text(&w, "    PDE      1 at 0x1004: 0xc020e7 P W U A D PS -> "
			"0x100c12345, 4 MiB page\n");
	/* Without CR4.PSE the same entry is a table. */
	w = walk(0x1000, 0, 0, 0x00412345);
	assert_int_equal(w.nr_steps, 2);
	assert_int_equal(w.end, WALK_NO_TABLE);
}

static void three_levels(void **state)
{
	struct walk w;

	(void)state;
	put64(0x1020, 3, 0x2001); /* has neither W nor U: they count as set */
	put64(0x2000, 1, 0x3007);
	put64(0x3000, 2, NX | 0x6007);
	put64(0x2000, 2, 0x4000e7);
	w = walk(0x1020, CR4_PAE, NXE, 0xc0202123);
	assert_int_equal(w.gpa, 0x6123);
	assert_true(w.writable && w.user);
	assert_false(w.executable);
	w = walk(0x1020, CR4_PAE, 0, 0xc0202123);
	assert_true(w.executable);
	w = walk(0x1020, CR4_PAE, 0, 0xc0400456);
	assert_int_equal(w.gpa, 0x400456);
	assert_int_equal(w.page_size, 2 * MIB);
	w = walk(0x1020, CR4_PAE, 0, 0x456);
	assert_int_equal(w.end, WALK_ABSENT);
	expect_text(&w, "    PDPTE    0 at 0x1020: 0x0 not present\n");
}

static void four_levels(void **state)
{
	struct walk w;

	(void)state;
	put64(0x1000, 511, 0x2003);
	put64(0x2000, 510, 0x3003);
	put64(0x2000, 511, 0x40000083); /* 1 GiB */
	put64(0x3000, 8, 0x4003);
	put64(0x4000, 1, 0x7083); /* bit 7 of a PTE is PAT */
	w = walk(0x1000, CR4_PAE, LONG, 0xffffffff81001010);
	assert_int_equal(w.end, WALK_MAPPED);
	assert_int_equal(w.gpa, 0x7010);
	assert_true(w.writable);
	assert_false(w.user);
	expect_text(&w, "    PML4E  511 at 0x1ff8: 0x2003 P W\n"
			"    PDPTE  510 at 0x2ff0: 0x3003 P W\n"
			"    PDE      8 at 0x3040: 0x4003 P W\n"
			"    PTE      1 at 0x4008: 0x7083 P W PAT -> 0x7010, "
			"4 KiB page\n");
	w = walk(0x1000, CR4_PAE, LONG, 0xffffffffc1234567);
	assert_int_equal(w.gpa, 0x41234567);
	assert_int_equal(w.page_size, 1024 * MIB);
}

static void five_levels(void **state)
{
	struct walk w;

	(void)state;
	put64(0x1000, 0, 0x2003);
	put64(0x2000, 1, 0x3003);
	put64(0x3000, 0, 0x4003);
	put64(0x4000, 0, 0x200083);
	w = walk(0x1000, CR4_PAE | CR4_LA57, LONG, 0x8000000123);
	assert_int_equal(w.end, WALK_MAPPED);
	assert_int_equal(w.nr_steps, 4);
	assert_int_equal(w.gpa, 0x200123);
	assert_string_equal(w.steps[0].name, "PML5E");
}

static void addresses_that_are_none(void **state)
{
	struct walk w;

	(void)state;
	w = walk(0x1000, CR4_PAE, LONG, 0x800000000000);
	assert_int_equal(w.end, WALK_CANONICAL);
	expect_text(&w, "    the address is not canonical\n");
	w = walk(0x1000, CR4_PAE | CR4_LA57, LONG, 0x800000000000);
	assert_int_equal(w.end, WALK_ABSENT);
	w = walk(0x1000, CR4_PAE, LONG, 0xffff7fffffffffff);
	assert_int_equal(w.end, WALK_CANONICAL);
}

static void tables_outside_ram(void **state)
{
	char buf[256];
	struct text text;
	struct walk w;

	(void)state;
	w = walk(0xfffff000, 0, 0, 0x1000);
	assert_int_equal(w.end, WALK_NO_TABLE);
	expect_text(&w, "    PDE      0 at 0xfffff000: no RAM there\n");
	put64(0x1000, 0, 0x000ffffffffff003);
	w = walk(0x1000, CR4_PAE, LONG, 0);
	assert_int_equal(w.end, WALK_NO_TABLE);
	assert_int_equal(w.nr_steps, 2);
	text_init(&text, buf, sizeof(buf));
	walk_add_end(&text, &w);
	assert_string_equal(buf, "the table of PDPTE 0 is not in RAM");
}

static void a_table_of_itself_ends(void **state)
{
	struct walk w;

	(void)state;
	put64(0x1000, 0, 0x1003);
	w = walk(0x1000, CR4_PAE | CR4_LA57, LONG, 0);
	assert_int_equal(w.end, WALK_MAPPED);
	assert_int_equal(w.nr_steps, 5);
	assert_int_equal(w.gpa, 0x1000);
}

/* Random tables and addresses: nothing but RAM may be touched. */
static void garbage_does_no_harm(void **state)
{
	static const uint64_t cr4s[] = { 0, CR4_PSE, CR4_PAE,
					 CR4_PAE | CR4_LA57 };
	char buf[1024];
	struct text text;

	(void)state;
	srand(1);
	for (size_t i = 0; i < 64 * 1024; i += sizeof(int)) {
		int word = rand();

		mem_write(&mem, i, &word, sizeof(word));
	}
	for (int i = 0; i < 20000; i++) {
		uint64_t gva = (uint64_t)rand() << 33 ^ (uint64_t)rand() << 11 ^
			       rand();
		struct walk w = walk(rand() & 0x1ffff, cr4s[i & 3],
				     i & 4 ? LONG | NXE : 0, gva);

		assert_true(w.nr_steps <= WALK_LEVELS_MAX);
		text_init(&text, buf, sizeof(buf));
		walk_add(&text, &w, "    ");
	}
}

static void reading_crosses_pages(void **state)
{
	struct report_state s = { .mem = &mem,
				  .sregs = { .cr0 = CR0_PG, .cr3 = 0x1000 } };
	uint8_t bytes[4];

	(void)state;
	put32(0x1000, 0, 0x2001);
	put32(0x2000, 1, 0x5001);
	put32(0x2000, 2, 0x9001);
	mem_write(&mem, 0x5ffe, "ab", 2);
	mem_write(&mem, 0x9000, "cd", 2);
	assert_true(report_read(&s, 0x1ffe, bytes, 4));
	assert_memory_equal(bytes, "abcd", 4);
	assert_false(report_read(&s, 0x2ffe, bytes, 4));
	assert_false(report_read(&s, 0xffffffff, bytes, 1));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(without_paging_all_is_mapped),
		TEST(two_levels),
		TEST(large_pages_of_32_bits_reach_40),
		TEST(three_levels),
		TEST(four_levels),
		TEST(five_levels),
		TEST(addresses_that_are_none),
		TEST(tables_outside_ram),
		TEST(a_table_of_itself_ends),
		TEST(garbage_does_no_harm),
		TEST(reading_crosses_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
