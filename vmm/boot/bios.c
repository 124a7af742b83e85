/*
 * What begins with firmware, in the first instruction after reset: an image that is
 * a BIOS itself, and disks, floppies and CDs, which it boots. The BIOS is in ROM
 * (pci/i440fx.c), and nothing is written to RAM here; what it has to know, it finds
 * in fw_cfg.
 *
 * A disk is known by its boot sector, a CD by what is in its sector 16. Whether one
 * without partitions is a floppy, its size says: systems that fit on one are
 * made for one. What is as long as a floppy is in a drive; what is shorter, a boot sector
 * in a course, is on no disk that a drive could read, and firmware has it in RAM.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/pc.h"
#include "boot/bios.h"
#include "boot/kind_look.h"
#include "boot/select.h"
#include "boot_args.h"
#include "util/fwfile.h"
#include "loader.h"
#include "plug.h"
#include "util/log.h"

#define SECTOR	   512
#define RAM_MIN	   (2ULL << 20)
#define CD_MAGIC   "CD001" /* ECMA-119, "Volume Descriptors" */
#define CD_AT	   0x8001
#define GPT_MAGIC  "EFI PART"
#define BOOT_FLAG  "\x55\xaa"
#define FLAG_AT	   510
#define SCORE_BIOS 70
#define SCORE_CD   60
#define SCORE_PC \
	89 /* surer than multiboot: GRUB, in a disk's gap, has its mark */
#define SCORE_DISK 20 /* a kernel may begin with a boot sector that says no */

/* Digits of plan_boot() */
enum { BOOT_FLOPPY = 1, BOOT_DISK, BOOT_CD, BOOT_NET };

#define BOOT_MAX 3 /* that there is room for; the last follows */

#define FLOPPY_NAME "floppyimg/"

/* Bytes of all kinds of floppies that a BIOS knows by their size. */
static const uint32_t floppies[] = {
	160 << 10, 180 << 10,  320 << 10,  360 << 10,
	720 << 10, 1200 << 10, 1440 << 10, 2880 << 10,
};

static bool has(const struct image *image, size_t at, const char *magic)
{
	const size_t len = strlen(magic);

	return at + len <= image->size && !memcmp(image->data + at, magic, len);
}

static bool is_cd(const struct image *image)
{
	return has(image, CD_AT, CD_MAGIC);
}

static bool has_partitions(const struct image *image)
{
	return has(image, SECTOR, GPT_MAGIC) || look_partitions(image);
}

#define FLOPPY_USUAL (1440 << 10)

/* Whether it is as long as a floppy. */
static bool is_floppy(const struct image *image)
{
	for (size_t i = 0; i < sizeof(floppies) / sizeof(floppies[0]); i++)
		if (image->size == floppies[i])
			return true;
	return false;
}

static bool fits_floppy(const struct image *image)
{
	return !is_cd(image) && !has_partitions(image) &&
	       (is_floppy(image) || image->size < FLOPPY_USUAL);
}

static int disk_match(const struct image *image)
{
	if (is_cd(image))
		return SCORE_CD;
	if (!has(image, FLAG_AT, BOOT_FLAG) || !look_sectors(image))
		return 0;
	return has_partitions(image) || is_floppy(image) ? SCORE_PC :
							   SCORE_DISK;
}

static int bios_match(const struct image *image)
{
	return image->size <= PC_ROM_MAX && image->size % PC_ROM_STEP == 0 &&
			       look_bios(image) ?
		       SCORE_BIOS :
		       0;
}

static int bios_plug(struct plan *plan, const struct image *image)
{
	return plan_has_rom(plan) ? 0 :
				    plan_plug(plan, "--firmware", image->path);
}

/* As @option would be given with the file at @path, whose commas are its own: what
 * stands behind them is no word. */
static int plug_file(struct plan *plan, const char *option, const char *path)
{
	char *arg = malloc(2 * strlen(path) + 1), *to = arg;
	int err;

	if (!arg) {
		log_error("%s: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	for (; *path; path++) {
		if (*path == ',')
			*to++ = ',';
		*to++ = *path;
	}
	*to = '\0';
	err = plan_plug(plan, option, arg);
	free(arg);
	return err;
}

static uint64_t number(const struct image *image, size_t at, size_t bytes)
{
	uint64_t value = 0;

	if (at + bytes <= image->size)
		memcpy(&value, image->data + at, bytes);
	return value;
}

/* Bytes from the first to the end of the last partition (UEFI, "GUID Partition Table",
 * where the second header is the last block; else the table in sector 0). */
static uint64_t partitions_end(const struct image *image)
{
	uint64_t end = 0;

	if (has(image, SECTOR, GPT_MAGIC))
		return number(image, SECTOR + 32, 8) * SECTOR + SECTOR;
	for (size_t at = 0x1be; at < FLAG_AT; at += 16) {
		uint64_t last =
			number(image, at + 8, 4) + number(image, at + 12, 4);

		if (image->data[at + 4] && last > end)
			end = last;
	}
	return end * SECTOR;
}

/* A download that has ended early still starts, and fails somewhere. What it says of
 * itself may be wrong, too: so that is no error (ECMA-119, "Volume Space Size"). */
static void warn_if_cut(const struct image *image)
{
	uint64_t end = 0;

	if (is_cd(image))
		end = number(image, CD_AT - 1 + 80, 4) *
		      number(image, CD_AT - 1 + 128, 2);
	else if (has_partitions(image))
		end = partitions_end(image);
	if (end > image->size)
		log_warn("%s: has %zu bytes, and by what it says itself it "
			 "has %llu; if it was downloaded, fetch it again",
			 image->path, image->size, (unsigned long long)end);
}

/* As plug_file(), of what is a file by itself. */
static int plug_image(struct plan *plan, const char *option,
		      const struct image *image)
{
	int err;

	if (image->unpacked) {
		log_error("%s: inside gzip: a disk, which is read where it "
			  "lies; `gunzip -k FILE` unpacks it",
			  image->path);
		return -EINVAL;
	}
	err = plug_file(plan, option, image->path);
	if (!err)
		warn_if_cut(image);
	return err;
}

/* The image goes first, whatever else there is. */
static int plug_disk(struct plan *plan, const struct image *image)
{
	if (is_cd(image)) {
		plan_boot(plan, BOOT_CD | BOOT_DISK << 4 | BOOT_FLOPPY << 8);
		return plug_image(plan, "--cdrom", image);
	}
	if (fits_floppy(image)) {
		plan_boot(plan, BOOT_FLOPPY | BOOT_DISK << 4 | BOOT_CD << 8);
		return is_floppy(image) ? plug_image(plan, "--floppy", image) :
					  0;
	}
	plan_boot(plan, BOOT_DISK | BOOT_CD << 4 | BOOT_FLOPPY << 8);
	return plug_image(plan, "--ide", image);
}

static int disk_plug(struct plan *plan, const struct image *image)
{
	struct image again;
	int err = plan_has_rom(plan) ? 0 : plan_plug(plan, "--firmware", NULL);

	if (err || image->data)
		return err ? err : plug_disk(plan, image);
	err = image_open(&again, image->path);
	if (err)
		return err;
	err = plug_disk(plan, &again);
	image_close(&again);
	return err;
}

int bios_begin(struct cpu_state *cpu)
{
	unsigned int eax, ebx, ecx, edx;

	*cpu = cpu_state_reset;
	if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		cpu->rdx = eax;
	return 0;
}

static int bios_load(const struct image *image, const struct boot_args *args,
		     const struct memory *mem, struct cpu_state *cpu)
{
	(void)image;
	(void)args;
	(void)mem;
	return bios_begin(cpu);
}

/* A short one needs no controller: firmware has it in RAM, from a file of fw_cfg. */
static int disk_load(const struct image *image, const struct boot_args *args,
		     const struct memory *mem, struct cpu_state *cpu)
{
	int err = 0;

	if (fits_floppy(image) && !is_floppy(image))
		err = fw_add(args->files, FLOPPY_NAME "a", image->data,
			     image->size, FLOPPY_USUAL);

	(void)mem;
	return err ? err : bios_begin(cpu);
}

#define NEEDS (NEEDS_IRQCHIP | NEEDS_SMP | NEEDS_FIRMWARE)

static const struct loader bios = {
	.name = "bios",
	.what = "firmware, from the reset vector on",
	.mem_min = RAM_MIN,
	.needs = NEEDS,
	.match = bios_match,
	.plug = bios_plug,
	.load = bios_load,
};
LOADER(bios);

static const struct loader disk = {
	.name = "disk",
	.what = "disk, floppy or CD, booted by firmware",
	.mem_min = RAM_MIN,
	.needs = NEEDS,
	.match = disk_match,
	.plug = disk_plug,
	.load = disk_load,
};
LOADER(disk);

/* The letters that QEMU has, each at most once. */
static int boot_plug(struct plan *plan, const char *arg)
{
	static const char letters[] = "acdn";
	unsigned int order = 0, nr = 0;
	bool good = *arg;

	for (; good && arg[nr]; nr++) {
		const char *letter = strchr(letters, arg[nr]);

		good = letter && !memchr(arg, arg[nr], nr);
		if (good && nr < BOOT_MAX)
			order |= (unsigned int)(letter - letters + 1) << 4 * nr;
	}
	if (!good) {
		log_error("--boot %s: give the order in which firmware tries "
			  "them: a floppy, c disk, d CD, n network",
			  arg);
		return -EINVAL;
	}
	if (!plan_has_rom(plan)) {
		log_error("--boot: this guest begins with no firmware that "
			  "could look for anything; give it a disk, or "
			  "--firmware");
		return -EINVAL;
	}
	plan_boot(plan, order);
	return 0;
}

static const struct plug order = {
	.option = "--boot",
	.arg = "ORDER",
	.what = "what firmware starts: a floppy, c disk, d CD, n network",
	.plug = boot_plug,
};
PLUG(order);
