/*
 * A bzImage that firmware starts by its 16-bit entry, as a boot loader of a PC would:
 * boot.rst, "Loading The Rest of The Kernel". All that is to be in memory then is
 * given to firmware by fw_cfg, as items with the numbers that QEMU has for them, and
 * boot/rom/setup.S, an option ROM, puts it there and goes on in the setup.
 *
 * So are kernels older than protocol 2.10, those that load below 1 MiB, and what only
 * has the header of a kernel, as memdisk and iPXE; and any with --firmware.
 *
 *   10000  boot sector, setup, its heap and stack      or 90000, before 2.02 and for
 *   1e000  the command line                            zImages, which are at 10000
 *   100000 the kernel
 *   initrd as high as it may be, below what firmware has at the end of RAM
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/bios.h"
#include "boot/bzimage.h"
#include "boot/linux.h"
#include "boot/rom.h"
#include "boot_args.h"
#include "feature.h"
#include "plug.h"
#include "util/fwfile.h"
#include "util/log.h"

#define SETUP	       0x10000
#define HEAP_END       0xe000 /* behind it, and so is the command line */
#define SETUP_OLD      0x90000
#define HEAP_END_OLD   0x9800
#define CMDLINE_ROOM   0x2000
#define CMDLINE_OLD    0x800
#define CMDLINE_USUAL  255   /* before protocol 2.06 */
#define HEAP_LESS      0x200 /* boot.rst: "heap_end_ptr" */
#define KERNEL	       0x100000
#define INITRD_USUAL   0x37ffffff /* before protocol 2.03 */
#define KEPT	       (1ULL << 20) /* bytes at the end of RAM, for firmware's tables */
#define RAM_MIN	       (4ULL << 20)
#define SURE	       91 /* more than boot/bzimage.c */
#define VERSION_BASE   0x200
#define VERSION_MIN    0x200
#define LOADER_UNKNOWN 0xff
#define VIDEO_NORMAL   0xffff

/* Where the command line is told of before protocol 2.02. */
#define OLD_MAGIC_AT 0x20
#define OLD_MAGIC    0xa33f

/* "Special Command Line" and the fields of its header, by the protocol that brings
 * them */
enum {
	BRINGS_HEAP = 0x0201,
	BRINGS_CMDLINE = 0x0202,
	BRINGS_INITRD_MAX = 0x0203,
	BRINGS_CMDLINE_SIZE = 0x0206,
};

/* Items of fw_cfg: where, how many bytes, and those. */
enum item { ITEM_KERNEL, ITEM_INITRD, ITEM_CMDLINE, ITEM_SETUP };

static const struct {
	uint8_t at, size, data;
} keys[] = {
	[ITEM_KERNEL] = { 0x07, 0x08, 0x11 },
	[ITEM_INITRD] = { 0x0a, 0x0b, 0x12 },
	[ITEM_CMDLINE] = { 0x13, 0x14, 0x15 },
	[ITEM_SETUP] = { 0x16, 0x17, 0x18 },
};

static const uint8_t rom[] = {
#include <setup.rom.h>
};

#define ROM_NAME "genroms/setup.bin"
#define ORDER	 "/rom@" ROM_NAME "\n" /* as SeaBIOS names it in "bootorder" */

struct start {
	const struct image *image;
	struct linux_kernel kernel;
	uint8_t *setup; /* a copy */
	size_t setup_len, kernel_len;
	uint32_t setup_at, kernel_at, cmdline_at;
	size_t cmdline_room;
	char cmdline[CMDLINE_ROOM];
};

static bool is_high(const struct setup_header *header)
{
	return header->loadflags & LOADED_HIGH;
}

static int bzimage16_match(const struct image *image)
{
	struct setup_header header;

	if (!bzimage_read_header(image, &header))
		return 0;
	if (header.version < VERSION_MIN)
		return 0;
	return header.version < VERSION_DIRECT || !is_high(&header) ? SURE : 0;
}

/* Whether words of Linux's mean something to it: the version is a number then, while
 * others have a name there, or an older protocol. */
static bool is_linux(const struct image *image,
		     const struct setup_header *header)
{
	const size_t at = VERSION_BASE + header->kernel_version;

	return header->version >= VERSION_DIRECT && header->kernel_version &&
	       at < image->size && isdigit(image->data[at]) &&
	       bzimage_setup_size(header) > at;
}

static int malformed(const struct start *start, const char *why)
{
	log_error("%s: bzImage: %s", start->image->path, why);
	return -ENOEXEC;
}

/* What is where, but for the initrd. */
static int place(struct start *start, const struct memory *mem)
{
	const struct setup_header *header = &start->kernel.header;
	const bool old = header->version < BRINGS_CMDLINE || !is_high(header);
	const uint32_t heap_end = old ? HEAP_END_OLD : HEAP_END;
	uint64_t end;

	start->setup_len = bzimage_setup_size(header);
	start->setup_at = old ? SETUP_OLD : SETUP;
	start->kernel_at = is_high(header) ? KERNEL : SETUP;
	start->cmdline_at = start->setup_at + heap_end;
	start->cmdline_room = old ? CMDLINE_OLD : CMDLINE_ROOM;
	if (start->setup_len >= start->image->size)
		return malformed(start, "truncated: there is no kernel behind "
					"its setup");
	if (start->setup_len > heap_end - HEAP_LESS)
		return malformed(start, "boot protocol: setup_sects leaves no "
					"room for a stack");
	start->kernel_len = start->image->size - start->setup_len;
	end = start->kernel_at + start->kernel_len;
	if (!is_high(header) && end > SETUP_OLD)
		return malformed(start, "a zImage that is too large to be "
					"loaded below 1 MiB");
	if (header->version >= VERSION_DIRECT &&
	    header->pref_address < MEM_HOLE_START &&
	    end < header->pref_address + header->init_size)
		end = header->pref_address + header->init_size;
	start->kernel.end = end;
	return is_high(header) ?
		       linux_check_room(start->image->path, KERNEL, end, mem) :
		       0;
}

static int make_cmdline(struct start *start, const struct boot_args *args)
{
	const struct setup_header *header = &start->kernel.header;
	size_t limit = header->version >= BRINGS_CMDLINE_SIZE ?
			       header->cmdline_size :
			       CMDLINE_USUAL;

	if (limit > start->cmdline_room - 1)
		limit = start->cmdline_room - 1;
	if (is_linux(start->image, header))
		return linux_words(&start->kernel, args, limit, start->cmdline);
	if (!args->cmdline)
		return 0;
	if (strlen(args->cmdline) > limit) {
		log_error("--cmdline: %zu bytes, but %s takes at most %zu",
			  strlen(args->cmdline), start->image->path, limit);
		return -E2BIG;
	}
	memcpy(start->cmdline, args->cmdline, strlen(args->cmdline) + 1);
	return 0;
}

/* A field of the header in the copy, which is little-endian as this machine is. */
#define PUT(start, field, value)                                          \
	do {                                                              \
		const __typeof__(((struct setup_header *)0)->field) val = \
			(value);                                          \
		memcpy((start)->setup + HEADER_OFFSET +                   \
			       offsetof(struct setup_header, field),      \
		       &val, sizeof(val));                                \
	} while (0)

/* boot.rst: "Boot Command Line", before protocol 2.02. */
static void tell_old_cmdline(struct start *start)
{
	const uint16_t off = start->cmdline_at - start->setup_at;
	const uint16_t words[] = { OLD_MAGIC, off };

	memcpy(start->setup + OLD_MAGIC_AT, words, sizeof(words));
	PUT(start, setup_move_size, off + strlen(start->cmdline) + 1);
}

/* Only what the kernel's protocol has: code may be where others have fields. */
static void fill_header(struct start *start, uint32_t initrd, uint32_t len)
{
	const struct setup_header *header = &start->kernel.header;
	const uint32_t heap_end = start->cmdline_at - start->setup_at;

	PUT(start, vid_mode, VIDEO_NORMAL);
	PUT(start, type_of_loader, LOADER_UNKNOWN);
	PUT(start, ramdisk_image, initrd);
	PUT(start, ramdisk_size, len);
	if (header->version >= BRINGS_HEAP) {
		PUT(start, loadflags, header->loadflags | CAN_USE_HEAP);
		PUT(start, heap_end_ptr, heap_end - HEAP_LESS);
	}
	if (header->version >= BRINGS_CMDLINE)
		PUT(start, cmd_line_ptr, start->cmdline_at);
	else
		tell_old_cmdline(start);
}

static int add_item(struct fw_files *files, enum item item, uint32_t at,
		    const void *data, size_t len)
{
	const uint32_t size = len;
	int err = fw_add_item(files, keys[item].at, &at, sizeof(at));

	if (!err)
		err = fw_add_item(files, keys[item].size, &size, sizeof(size));
	return err ? err : fw_add_item(files, keys[item].data, data, len);
}

static int add_initrd(struct start *start, const struct boot_args *args,
		      const struct memory *mem)
{
	const struct setup_header *header = &start->kernel.header;
	const uint32_t max = header->version >= BRINGS_INITRD_MAX ?
				     header->initrd_addr_max :
				     INITRD_USUAL;
	uint32_t at = 0;
	int err = 0;

	if (args->initrd)
		err = linux_find_initrd(&start->kernel, args->initrd, max,
					mem->low_size - KEPT, &at);
	if (err)
		return err;
	fill_header(start, at, args->initrd ? args->initrd->size : 0);
	return args->initrd ? add_item(args->files, ITEM_INITRD, at,
				       args->initrd->data, args->initrd->size) :
			      0;
}

static int give(struct start *start, const struct boot_args *args,
		const struct memory *mem)
{
	struct fw_files *files = args->files;
	int err = add_initrd(start, args, mem);

	if (!err)
		err = add_item(files, ITEM_SETUP, start->setup_at, start->setup,
			       start->setup_len);
	if (!err)
		err = add_item(files, ITEM_KERNEL, start->kernel_at,
			       start->image->data + start->setup_len,
			       start->kernel_len);
	if (!err)
		err = add_item(files, ITEM_CMDLINE, start->cmdline_at,
			       start->cmdline, strlen(start->cmdline) + 1);
	if (!err)
		err = fw_add(files, "bootorder", ORDER, sizeof(ORDER),
			     sizeof(ORDER));
	return err ? err : rom_add(files, ROM_NAME, rom, sizeof(rom), NULL, 0);
}

static int bzimage16_load(const struct image *image,
			  const struct boot_args *args,
			  const struct memory *mem, struct cpu_state *cpu)
{
	struct start start = { .image = image,
			       .kernel = { .path = image->path } };
	int err;

	if (!bzimage_read_header(image, &start.kernel.header))
		return bzimage_none(image);
	if (feature_is_out(args->without, "fwcfg-dma")) {
		log_error("%s: the kernel comes by the DMA of fw_cfg; leave "
			  "--no-fwcfg-dma away",
			  image->path);
		return -ENOTSUP;
	}
	start.kernel.is_for_pcs = !memcmp(image->data, "MZ", 2);
	start.kernel.reads_acpi = start.kernel.is_for_pcs;
	err = place(&start, mem);
	if (!err)
		err = make_cmdline(&start, args);
	if (err)
		return err;
	start.setup = malloc(start.setup_len);
	if (!start.setup) {
		log_error("%s: %s", image->path, strerror(ENOMEM));
		return -ENOMEM;
	}
	memcpy(start.setup, image->data, start.setup_len);
	err = give(&start, args, mem);
	free(start.setup);
	return err ? err : bios_begin(cpu);
}

static uint64_t bzimage16_mem_wanted(const struct image *image, uint64_t initrd)
{
	return linux_mem_wanted(KERNEL + image->size, initrd);
}

static int bzimage16_plug(struct plan *plan, const struct image *image)
{
	(void)image;
	return plan_has_rom(plan) ? 0 : plan_plug(plan, "--firmware", NULL);
}

static const struct loader bzimage16 = {
	.name = "bzimage16",
	.what = "Linux kernel, started by firmware at its 16-bit entry",
	.option = "--linux",
	.mem_min = RAM_MIN,
	.mem_wanted = bzimage16_mem_wanted,
	.needs = NEEDS_IRQCHIP | NEEDS_SMP | NEEDS_FIRMWARE | NEEDS_CMDLINE |
		 NEEDS_INITRD | NEEDS_ROOT,
	.match = bzimage16_match,
	.plug = bzimage16_plug,
	.load = bzimage16_load,
};
LOADER(bzimage16);
