/* objects: boot/linux.o util/fixed.o boot/linux_short.o boot/linux_windows.o boot/elf.o boot/map64.o boot/memmap.o boot/room.o */
/* objects: boot/sparse.o core/feature.o core/memory.o x86/cpustate.o util/log.o util/sink.o */
/*
 * What Linux finds in RAM at its first instruction, and what that RAM is on the
 * host: a large page where something was written, small ones where a kernel has
 * little but gaps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/pc.h"
#include "boot/linux.h"
#include "boot/sparse.h"
#include "boot_args.h"

#define MIB	      (1ULL << 20)
#define PAGE	      4096
#define LARGE	      (2 * MIB)
#define RAM	      (64 * MIB)
#define KERNEL_START  (16 * MIB)
#define KERNEL_END    (24 * MIB)
#define ZERO_PAGE_GPA 0x7000
#define CMDLINE_GPA   0x20000
#define INITRD_SIZE   5000
#define CMDLINE_SIZE  2047

static struct memory mem;

static int make_ram(void **state)
{
	(void)state;
	return mem_init(&mem, RAM);
}

static int drop_ram(void **state)
{
	(void)state;
	mem_free(&mem);
	return 0;
}

/* How many bytes of the mapping that begins with or has @start are large pages;
 * the kernel tells it for whole mappings. */
static size_t large_bytes(const void *start)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	unsigned long from, to, kib = 0, found = 0;
	bool inside = false;
	char line[256];

	assert_non_null(smaps);
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = (uintptr_t)start >= from &&
				 (uintptr_t)start < to;
		else if (inside &&
			 sscanf(line, "AnonHugePages: %lu", &kib) == 1)
			found = kib << 10;
	}
	fclose(smaps);
	return found;
}

/* Whether this host has a large page to give for a first write now. */
static bool has_large_pages(void)
{
	struct memory other;
	size_t size = 0;

	if (!mem_init(&other, LARGE)) {
		other.base[0] = 1;
		size = large_bytes(other.base);
		mem_free(&other);
	}
	return size == LARGE;
}

static struct linux_kernel kernel = {
	.path = "kernel",
	.header = { .cmdline_size = CMDLINE_SIZE,
		    .initrd_addr_max = RAM - 1,
		    .ramdisk_size = 1,
		    .setup_data = 1 },
	.end = KERNEL_END,
	.entry = KERNEL_START,
	.is_64bit = true,
};

static void boot(const struct boot_args *args)
{
	struct cpu_state cpu;

	assert_int_equal(linux_boot(&kernel, args, &mem, &cpu), 0);
	assert_int_equal(cpu.rip, KERNEL_START);
	assert_int_equal(cpu.rsi, ZERO_PAGE_GPA);
}

static const struct boot_params *zero_page(void)
{
	return mem_hva(&mem, ZERO_PAGE_GPA, sizeof(struct boot_params));
}

static void tells_of_its_ram(void **state)
{
	static const struct boot_e820_entry want[] = {
		{ 0, MEM_FIRMWARE_START, 1 },
		{ MEM_FIRMWARE_START, MEM_FIRMWARE_END - MEM_FIRMWARE_START,
		  2 },
		{ MEM_FIRMWARE_END, RAM - MEM_FIRMWARE_END, 1 },
	};

	(void)state;
	boot(&(struct boot_args){ .usual_cmdline = "" });
	assert_int_equal(zero_page()->e820_entries,
			 sizeof(want) / sizeof(want[0]));
	assert_memory_equal(zero_page()->e820_table, want, sizeof(want));
	assert_int_equal(zero_page()->hdr.ramdisk_size, 0);
	assert_int_equal(zero_page()->acpi_rsdp_addr, 0);
}

static void brings_what_was_given(void **state)
{
	static uint8_t data[INITRD_SIZE] = { [INITRD_SIZE - 1] = 0x5a };
	const struct image initrd = { .path = "initrd",
				      .data = data,
				      .size = sizeof(data) };
	const struct setup_header *hdr = &zero_page()->hdr;
	const char *words;

	(void)state;
	boot(&(struct boot_args){
		.cmdline = "some words", .initrd = &initrd, .rsdp = MEM_RSDP });
	assert_int_equal(zero_page()->acpi_rsdp_addr, 0xe0000);
	assert_int_equal(hdr->ramdisk_image, RAM - 2 * PAGE);
	assert_int_equal(hdr->ramdisk_size, INITRD_SIZE);
	assert_int_equal(mem.base[hdr->ramdisk_image + INITRD_SIZE - 1], 0x5a);
	words = mem_hva(&mem, hdr->cmd_line_ptr, CMDLINE_SIZE);
	assert_non_null(words);
	assert_string_equal(words + strlen(words) - strlen("some words"),
			    "some words");
}

/* How the command line ends that was made of these. */
/* Text where somebody looks, or a framebuffer, which needs nobody. */
static void tells_of_a_screen(void **state)
{
	static const struct framebuffer fb = { PC_LFB_GPA, 1000, 600, 16 };
	const struct boot_params *zero_page =
		(const void *)(mem.base + ZERO_PAGE_GPA);
	const struct screen_info *screen = &zero_page->screen_info;

	(void)state;
	boot(&(struct boot_args){ .usual_cmdline = "" });
	assert_int_equal(screen->orig_video_isVGA, 0);
	boot(&(struct boot_args){ .usual_cmdline = "", .watched = true });
	assert_int_equal(screen->orig_video_isVGA, 1);
	boot(&(struct boot_args){
		.usual_cmdline = "", .watched = true, .framebuffer = &fb });
	assert_int_equal(screen->orig_video_isVGA, 0x23);
	assert_int_equal(screen->lfb_base, 0xfd000000);
	assert_int_equal(screen->lfb_width, 1000);
	assert_int_equal(screen->lfb_height, 600);
	assert_int_equal(screen->lfb_depth, 16);
	assert_int_equal(screen->lfb_linelength, 2000);
	assert_int_equal(screen->lfb_size, 19); /* 64 KiB, rounded up */
	assert_int_equal(screen->red_pos, 11);
	assert_int_equal(screen->green_size, 6);
	assert_int_equal(screen->blue_pos, 0);
}

static void check_words(const struct boot_args *args, const char *want)
{
	const char *words = mem_hva(&mem, CMDLINE_GPA, CMDLINE_SIZE);

	boot(args);
	assert_true(strlen(words) > strlen(want));
	assert_string_equal(words + strlen(words) - strlen(want), want);
}

static void short_cuts_are_for_one_vcpu(void **state)
{
	static const char *const without[] = { "shortcuts", NULL };
	static const char *const no_clock[] = { "kvmclock", NULL };
	struct boot_args args = { .cmdline = "words", .nr_cpus = 1 };

	(void)state;
	check_words(&args, "panic_warm percpu_alloc=page words");
	args.plan_words = "root=/dev/vda rw ";
	check_words(&args, "percpu_alloc=page root=/dev/vda rw words");
	args.plan_words = NULL;
	args.chips_in_kernel = true;
	check_words(&args, "panic_warm percpu_alloc=page noapic words");
	kernel.is_for_pcs = true;
	check_words(&args, "panic_warm percpu_alloc=page words");
	kernel.is_for_pcs = false;
	args.without = no_clock;
	check_words(&args, "panic_warm percpu_alloc=page words");
	args.without = NULL;
	args.columns = 80;
	args.lines = 25;
	check_words(&args, "noapic COLUMNS=80 LINES=25 words");
	args.without = without;
	check_words(&args, "panic_warm COLUMNS=80 LINES=25 words");
	args.without = NULL;
	args.nr_cpus = 2;
	check_words(&args, "panic_warm COLUMNS=80 LINES=25 words");
}

static void what_a_kernel_and_an_initrd_fill(void **state)
{
	const uint64_t mib = 1 << 20;

	(void)state;
	assert_int_equal(linux_mem_wanted(68 * mib, 0), 100 * mib);
	assert_int_equal(linux_mem_wanted(68 * mib, 30 * mib), 280 * mib);
	assert_int_equal(linux_mem_wanted(MEM_HOLE_START, 0), 0);
	assert_int_equal(linux_mem_wanted(UINT64_MAX, 1), 0);
	assert_int_equal(linux_mem_wanted(68 * mib, 600 * mib), 0);
}

/* A large page comes with a first write; a first read takes the chance away. */
static void low_ram_is_a_large_page(void **state)
{
	(void)state;
	if (!has_large_pages())
		skip();
	boot(&(struct boot_args){ .usual_cmdline = "" });
	assert_int_equal(large_bytes(mem.base), LARGE);
}

/* The blocks of a kernel: one full, one with a page or two, one of zeros. */
static void gaps_stay_small(void **state)
{
	const size_t len = 3 * LARGE + PAGE / 2;
	uint8_t *from = calloc(1, len);
	const uint8_t *to = mem_hva(&mem, KERNEL_START, len);

	(void)state;
	assert_non_null(from);
	memset(from, 0xcc, LARGE);
	from[2 * LARGE - 1] = 1;
	from[len - 1] = 2;
	assert_int_equal(mem_write_sparse(&mem, KERNEL_START, from, len), 0);
	assert_memory_equal(to, from, len);
	free(from);
	if (has_large_pages()) {
		assert_int_equal(large_bytes(to), LARGE);
		assert_int_equal(large_bytes(to + LARGE), 0);
	}
}

/* Every byte counts, wherever it is in a page and wherever the page begins. */
static void no_byte_is_lost(void **state)
{
	static uint8_t from[2 * PAGE + 8];

	(void)state;
	for (size_t at = 0; at < 2 * PAGE; at += 61) {
		for (gpa_t gpa = 0; gpa < 3; gpa++) {
			memset(mem.base, 0, sizeof(from));
			from[at] = 0x80;
			assert_int_equal(mem_write_sparse(&mem, gpa, from + gpa,
							  2 * PAGE + 1),
					 0);
			assert_memory_equal(mem.base + gpa, from + gpa,
					    2 * PAGE + 1);
			from[at] = 0;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_of_its_ram, make_ram,
						drop_ram),
		cmocka_unit_test_setup_teardown(brings_what_was_given, make_ram,
						drop_ram),
		cmocka_unit_test_setup_teardown(tells_of_a_screen, make_ram,
						drop_ram),
		cmocka_unit_test_setup_teardown(short_cuts_are_for_one_vcpu,
						make_ram, drop_ram),
		cmocka_unit_test(what_a_kernel_and_an_initrd_fill),
		cmocka_unit_test_setup_teardown(low_ram_is_a_large_page,
						make_ram, drop_ram),
		cmocka_unit_test_setup_teardown(gaps_stay_small, make_ram,
						drop_ram),
		cmocka_unit_test_setup_teardown(no_byte_is_lost, make_ram,
						drop_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
