/*
 * The Linux boot protocol as kernel.org documents it (boot.rst, zero-page.rst)
 * from the point where the kernel is in memory: zero page, memory map, command
 * line, initrd, and the state at the 32- or 64-bit entry.
 */
#include "boot/linux.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "abi/pc.h"
#include "boot/map64.h"
#include "boot/memmap.h"
#include "boot/room.h"
#include "util/fixed.h"
#include "util/log.h"
#include "x86/bits.h"
#include "boot_args.h"

#define BDA_GPA	      0x400 /* boot/firmware/bda.c */
#define GDT_GPA	      0x500
#define SEED_GPA      0x6000
#define ZERO_PAGE_GPA 0x7000
#define PML4_GPA      0x9000 /* and MAP64_SIZE bytes from here on */
#define CMDLINE_GPA   0x20000
#define CMDLINE_MAX   0x10000 /* bytes with the final NUL */
#define RESET_GPA     0xffff0

#define BOOT_CS	       0x10 /* boot.rst: "__BOOT_CS(0x10) and __BOOT_DS(0x18)" */
#define BOOT_DS	       0x18
#define SEED_SIZE      64 /* bytes: 512 bits, twice what Linux wants */
#define LOADER_UNKNOWN 0xff
#define VIDEO_NORMAL   0xffff
#define INITRD_GROWS   6	     /* the file and what it unpacks to */
#define MEM_TO_SPARE   (32ULL << 20) /* for the first programs */
#define EXTRAS_MAX     96 /* what words kvm-vmm can do without, and the NUL */

/*
 * What lies at the BIOS's first instruction, F000:FFF0: Linux jumps there with
 * reboot=b, and with other words when all else has failed. It resets the machine
 * by one device or the other.
 */
static const uint8_t reset_vector[] = {
	0xb0, 0xfe,	  /* mov al, 0xfe */
	0xe6, 0x64,	  /* out 0x64, al */
	0xba, 0xf9, 0x0c, /* mov dx, 0xcf9 */
	0xb0, 0x06,	  /* mov al, 6 */
	0xee,		  /* out dx, al */
	0xfa,		  /* cli */
	0xf4,		  /* hlt */
};

static const uint64_t gdt32[] = {
	0, 0, 0x00cf9b000000ffff, /* 0x10: 32-bit code, flat */
	0x00cf93000000ffff,	  /* 0x18: data, flat */
};

static const uint64_t gdt64[] = {
	0, 0, 0x00af9b000000ffff, /* 0x10: 64-bit code */
	0x00cf93000000ffff,	  /* 0x18: data, flat */
};

static const struct room_taken taken[] = {
	{ GDT_GPA, GDT_GPA + sizeof(gdt64), "the GDT" },
	{ SEED_GPA, ZERO_PAGE_GPA, "the random seed" },
	{ ZERO_PAGE_GPA, PML4_GPA, "the zero page" },
	{ PML4_GPA, PML4_GPA + MAP64_SIZE, "the page tables" },
	{ CMDLINE_GPA, CMDLINE_GPA + CMDLINE_MAX, "the command line" },
	{ BDA_GPA, GDT_GPA, "the BIOS data area" },
	{ MEM_FIRMWARE_START, MEM_EBDA_END, "the extended BIOS data area" },
	{ MEM_RSDP, MEM_RSDP_END, "ACPI's tables" },
	{ MEM_FIRMWARE_TABLES, MEM_FIRMWARE_TABLES_END, "the MP table" },
	{ 0 },
};

int linux_check_room(const char *path, gpa_t start, gpa_t end,
		     const struct memory *mem)
{
	return room_check(path, "the kernel", start, end, mem, taken);
}

uint64_t linux_mem_wanted(gpa_t end, uint64_t initrd)
{
	uint64_t rest = initrd * INITRD_GROWS + MEM_TO_SPARE;

	/* Nothing of that makes a hostile header fit. */
	return end < MEM_HOLE_START && rest < MEM_HOLE_START - end ?
		       end + rest :
		       0;
}

/*
 * Short cuts, and the terminal's size, which a serial line cannot ask for, as
 * variables: what Linux does not know goes into the environment of init.
 */
static void format_extras(const struct linux_kernel *kernel,
			  const struct boot_args *args, char *out, size_t room)
{
	int len = snprintf(out, room, "%s", linux_shortcuts(kernel, args));

	if (args->columns)
		snprintf(out + len, room - len, "COLUMNS=%u LINES=%u ",
			 args->columns, args->lines);
}

int linux_words(const struct linux_kernel *kernel, const struct boot_args *args,
		size_t limit, char *out)
{
	const char *words = args->cmdline ? args->cmdline : args->usual_cmdline;
	const char *more = args->plan_words ? args->plan_words : "";
	char extras[EXTRAS_MAX], windows[LINUX_WINDOWS_MAX];
	size_t len;

	linux_windows(kernel, args, words, windows, sizeof(windows));
	len = strlen(LINUX_MACHINE_WORDS) + strlen(windows) + strlen(more) +
	      strlen(words);
	format_extras(kernel, args, extras, sizeof(extras));
	if (len + strlen(extras) > limit)
		*extras = '\0'; /* they can be done without */
	if (len > limit || !out) {
		log_error("--cmdline: %zu bytes with kvm-vmm's own words, but "
			  "%s takes at most %zu",
			  len, kernel->path, limit);
		return -E2BIG;
	}
	snprintf(out, limit + 1, "%s%s%s%s%s", LINUX_MACHINE_WORDS, extras,
		 windows, more, words);
	log_info("command line: %s", out);
	return 0;
}

static int place_cmdline(const struct linux_kernel *kernel,
			 const struct boot_args *args, const struct memory *mem,
			 struct boot_params *zero_page)
{
	size_t limit = kernel->header.cmdline_size; /* without the NUL */

	if (limit > CMDLINE_MAX - 1)
		limit = CMDLINE_MAX - 1;
	zero_page->hdr.cmd_line_ptr = CMDLINE_GPA;
	return linux_words(kernel, args, limit,
			   mem_hva(mem, CMDLINE_GPA, CMDLINE_MAX));
}

static gpa_t page_up(gpa_t gpa)
{
	return (gpa + X86_PAGE_SIZE - 1) & ~(gpa_t)(X86_PAGE_SIZE - 1);
}

static int no_initrd_room(const struct linux_kernel *kernel,
			  const struct image *initrd, gpa_t reach)
{
	gpa_t need = page_up(kernel->end) + page_up(initrd->size);

	if (reach > MEM_HOLE_START)
		reach = MEM_HOLE_START;
	if (need <= reach)
		log_error("%s: an initrd of %zu bytes takes more RAM behind "
			  "the kernel's end 0x%llx; try --mem %lluM",
			  initrd->path, initrd->size,
			  (unsigned long long)kernel->end, room_mem(need));
	else
		log_error("%s: an initrd of %zu bytes is too large: between "
			  "the kernel's end 0x%llx and 0x%llx, as far as it "
			  "reaches (initrd_addr_max), is no room for it with "
			  "any --mem",
			  initrd->path, initrd->size,
			  (unsigned long long)kernel->end,
			  (unsigned long long)reach);
	return -E2BIG;
}

int linux_find_initrd(const struct linux_kernel *kernel,
		      const struct image *initrd, uint32_t max, gpa_t ram,
		      uint32_t *at)
{
	const gpa_t reach = (gpa_t)max + 1;
	const gpa_t top = reach < ram ? reach : ram;
	const gpa_t start = (top - initrd->size) & ~(gpa_t)(X86_PAGE_SIZE - 1);

	if (initrd->size > top || start < kernel->end)
		return no_initrd_room(kernel, initrd, reach);
	*at = start;
	return 0;
}

static int place_initrd(const struct linux_kernel *kernel,
			const struct image *initrd, const struct memory *mem,
			struct boot_params *zero_page)
{
	uint32_t start;
	int err = linux_find_initrd(kernel, initrd,
				    kernel->header.initrd_addr_max,
				    mem->low_size, &start);

	if (err)
		return err;
	if (mem_write(mem, start, initrd->data, initrd->size))
		return -EFAULT; /* there is RAM */
	zero_page->hdr.ramdisk_image = start;
	zero_page->hdr.ramdisk_size = initrd->size;
	return 0;
}

static void fill_e820(const struct memory *mem, struct boot_params *zero_page)
{
	struct memmap_entry map[MEMMAP_MAX];
	unsigned int nr = memmap_fill(mem, map);

	for (unsigned int i = 0; i < nr; i++)
		zero_page->e820_table[i] = (struct boot_e820_entry){
			.addr = map[i].start,
			.size = map[i].size,
			.type = map[i].type,
		};
	zero_page->e820_entries = nr;
}

/*
 * Gives the kernel random bytes to start with (zero-page.rst, "setup_data",
 * SETUP_RNG_SEED). One built with RANDOM_TRUST_BOOTLOADER has its generator
 * ready from the first line on; any other mixes them in. The kernel wipes them.
 */
static int place_seed(const struct memory *mem, struct boot_params *zero_page)
{
	size_t size = sizeof(struct setup_data) + SEED_SIZE;
	struct setup_data *seed = mem_hva(mem, SEED_GPA, size);

	if (!seed)
		return -EFAULT;
	if (!fixed_random(seed->data, SEED_SIZE) &&
	    getrandom(seed->data, SEED_SIZE, 0) != SEED_SIZE)
		return 0; /* an odd host; the guest does without */
	seed->type = SETUP_RNG_SEED;
	seed->len = SEED_SIZE;
	zero_page->hdr.setup_data = SEED_GPA;
	return 0;
}

/*
 * Mode 3 of a VGA: Linux has no other way to know that there is a screen. It
 * writes there from then on, which costs VM exits: only if somebody looks.
 */
static const struct screen_info text_screen = {
	.orig_video_mode = 3,
	.orig_video_cols = 80,
	.orig_video_lines = 25,
	.orig_video_isVGA = 1,
	.orig_video_points = 16,
};

#define VIDEO_TYPE_VLFB 0x23
#define LFB_UNIT	0x10000

/* A linear framebuffer in the place of that. */
static struct screen_info describe(const struct framebuffer *fb)
{
	const uint8_t colours[] = { FRAMEBUFFER_COLOURS(fb) };
	const uint32_t bytes = framebuffer_pitch(fb) * fb->height;

	return (struct screen_info){
		.orig_video_isVGA = VIDEO_TYPE_VLFB,
		.lfb_width = fb->width,
		.lfb_height = fb->height,
		.lfb_depth = fb->bpp,
		.lfb_base = fb->gpa,
		.lfb_size = (bytes + LFB_UNIT - 1) / LFB_UNIT,
		.lfb_linelength = framebuffer_pitch(fb),
		.red_pos = colours[0],
		.red_size = colours[1],
		.green_pos = colours[2],
		.green_size = colours[3],
		.blue_pos = colours[4],
		.blue_size = colours[5],
		.rsvd_pos = fb->bpp == 32 ? 24 : 0,
		.rsvd_size = fb->bpp == 32 ? 8 : 0,
		.pages = 1,
	};
}

/*
 * The zero page is put together here and written as a whole. To read it in
 * guest RAM, which nobody has touched yet, would have the host back that with
 * its page of zeros: no large page then, and a VM exit for each of 512 small
 * ones.
 */
static int write_zero_page(const struct linux_kernel *kernel,
			   const struct boot_args *args,
			   const struct memory *mem)
{
	struct boot_params zero_page = { .hdr = kernel->header };
	int err;

	zero_page.hdr.ramdisk_image = zero_page.hdr.ramdisk_size = 0;
	zero_page.hdr.setup_data = 0;
	zero_page.hdr.type_of_loader = LOADER_UNKNOWN;
	zero_page.hdr.vid_mode = VIDEO_NORMAL;
	zero_page.acpi_rsdp_addr = args->rsdp;
	fill_e820(mem, &zero_page);
	err = place_seed(mem, &zero_page);
	if (args->framebuffer)
		zero_page.screen_info = describe(args->framebuffer);
	else if (args->watched)
		zero_page.screen_info = text_screen;
	if (!err)
		err = place_cmdline(kernel, args, mem, &zero_page);
	if (!err && args->initrd)
		err = place_initrd(kernel, args->initrd, mem, &zero_page);
	return err ? err :
		     mem_write(mem, ZERO_PAGE_GPA, &zero_page,
			       sizeof(zero_page));
}

static int describe_entry(const struct linux_kernel *kernel,
			  const struct memory *mem, struct cpu_state *cpu)
{
	const uint64_t *gdt = kernel->is_64bit ? gdt64 : gdt32;
	int err = 0;

	*cpu = kernel->is_64bit ? cpu_state_long64 : cpu_state_prot32;
	cpu->code.selector = BOOT_CS;
	cpu->data.selector = BOOT_DS;
	cpu->rip = kernel->entry;
	cpu->rsi = ZERO_PAGE_GPA;
	cpu->gdt_base = GDT_GPA;
	cpu->gdt_limit = sizeof(gdt64) - 1;
	if (kernel->is_64bit) {
		cpu->cr3 = PML4_GPA;
		err = map64_identity(mem, PML4_GPA);
	}
	return err ? err : mem_write(mem, GDT_GPA, gdt, sizeof(gdt64));
}

int linux_boot(const struct linux_kernel *kernel, const struct boot_args *args,
	       const struct memory *mem, struct cpu_state *cpu)
{
	int err = write_zero_page(kernel, args, mem);

	if (!err)
		err = mem_write(mem, RESET_GPA, reset_vector,
				sizeof(reset_vector));
	return err ? err : describe_entry(kernel, mem, cpu);
}
