/*
 * The host bridge of a machine that begins with firmware, and the ROM behind it,
 * after the data sheet of Intel's 82441FX ("PAM[6:0] - Programmable Attribute Map
 * Registers"): firmware finds it by its number, 8086:1237.
 *
 *   FFFFFFFF   end of the ROM
 *   FFFFF      end of the ROM once more, its last 128 KiB, or RAM: as PAM says
 *   E0000
 *   C0000      nothing, or RAM, in parts of 16 KiB
 *
 * Each part has two bits, whether reads go to RAM and whether writes do. So firmware
 * copies itself to where it is, and runs from RAM from then on (shadow RAM). Left out:
 * caches, the memory controller, SMRAM, whose register is kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bioslog.h"
#include "device_memory.h"
#include "pci/config.h"
#include "pci/host.h"
#include "plug.h"
#include "saved.h"
#include "util/checksum.h"
#include "util/log.h"
#include "util/stash.h"

#define PAM   0x59
#define PAMS  7
#define SMRAM 0x72
#define MTT   0x71

#define PAM_READ  1
#define PAM_WRITE 2
#define PAM_HIGH  4 /* bits from one part of a register to the other */

#define ADAPTERS 0xc0000
#define PART	 0x4000
#define ROM_LOW	 0xe0000
#define BIOS	 0xf0000
#define BIOS_LEN 0x10000
#define TOP	 0x100000000ULL

#define PARTS	   13 /* twelve of 16 KiB, and the BIOS' own */
#define ROM_PARTS  5  /* the last of them: what of the ROM is seen there */
#define RANGE_HOLE HOST_RANGES

/* Memories */
#define WHOLE_ROM ROM_PARTS

struct rom {
	size_t size;
	uint8_t data[];
};

struct i440fx {
	struct host host;
	const struct rom *rom;
};

struct part {
	uint32_t gpa, len;
	uint8_t reg, shift; /* of its two bits */
};

static struct part part_of(unsigned int nr)
{
	struct part part = { ADAPTERS + nr * PART, PART, PAM + 1 + nr / 2,
			     nr % 2 * PAM_HIGH };

	if (nr == PARTS - 1)
		part = (struct part){ BIOS, BIOS_LEN, PAM, PAM_HIGH };
	return part;
}

static unsigned int pam(const struct i440fx *fx, const struct part *part)
{
	return fx->host.pci.config[part->reg] >> part->shift &
	       (PAM_READ | PAM_WRITE);
}

static void show_part(struct i440fx *fx, unsigned int nr)
{
	static const enum board_ram_way ways[] = {
		BOARD_RAM_HIDDEN,
		[PAM_READ] = BOARD_RAM_GUARDED,
		[PAM_WRITE] = BOARD_RAM_HIDDEN,
		[PAM_READ | PAM_WRITE] = BOARD_RAM_OPEN,
	};
	const struct part part = part_of(nr);
	const unsigned int bits = pam(fx, &part);
	struct board *board = fx->host.board;

	board_ram_way(board, part.gpa, part.len, ways[bits]);
	if (nr >= PARTS - ROM_PARTS)
		board_memory_show(board, nr - (PARTS - ROM_PARTS), part.gpa, 0,
				  bits & PAM_READ ? 0 : part.len, false);
}

static void i440fx_written(struct pci *pci, unsigned int reg, unsigned int size)
{
	struct i440fx *fx = (struct i440fx *)pci;

	board_window_hold(fx->host.board);
	for (unsigned int nr = 0; nr < PARTS; nr++)
		if (part_of(nr).reg - reg < size)
			show_part(fx, nr);
	board_window_settle(fx->host.board);
}

/* Who reads here, reads nothing; writes may go to RAM all the same. */
static uint64_t i440fx_read(void *dev, unsigned int range, uint64_t off,
			    unsigned int size)
{
	return range == RANGE_HOLE ? UINT64_MAX :
				     host_read(dev, range, off, size);
}

static void write_hole(struct i440fx *fx, uint64_t off, unsigned int size,
		       uint64_t val)
{
	unsigned int nr = off / PART < PARTS - 1 ? off / PART : PARTS - 1;
	const struct part part = part_of(nr);
	void *to = board_ram(fx->host.board, ADAPTERS + off, size);

	if (to && pam(fx, &part) & PAM_WRITE)
		memcpy(to, &val, size);
}

static void i440fx_write(void *dev, unsigned int range, uint64_t off,
			 unsigned int size, uint64_t val)
{
	if (range == RANGE_HOLE)
		write_hole(dev, off, size, val);
	else
		host_write(dev, range, off, size, val);
}

static const struct pci_function function = {
	.vendor = 0x8086,
	.device = 0x1237,
	.subvendor = 0x1af4,
	.subdevice = 0x1100,
	.class = 0x060000,
	.revision = 2,
	.written = i440fx_written,
};

/* What of the ROM's last 128 KiB is in part number @nr of them, to @to. */
static void copy_part(const struct rom *rom, unsigned int nr, uint8_t *to)
{
	const struct part part = part_of(nr + PARTS - ROM_PARTS);
	const size_t back = WINDOW_END - part.gpa;

	if (back <= rom->size)
		memcpy(to, rom->data + rom->size - back, part.len);
	else
		memset(to, 0xff, part.len);
}

static void make_rom(struct i440fx *fx)
{
	struct board *board = fx->host.board;
	const struct rom *rom = fx->rom;
	uint8_t *whole = board_memory(board, WHOLE_ROM, rom->size);

	if (!whole)
		return; /* there is a message, and no first instruction */
	memcpy(whole, rom->data, rom->size);
	if (!board_memory_show(board, WHOLE_ROM, TOP - rom->size, 0, rom->size,
			       false))
		board_oddity(board, "KVM refuses the ROM", rom->size);
	for (unsigned int nr = 0; nr < ROM_PARTS; nr++) {
		const struct part part = part_of(nr + PARTS - ROM_PARTS);
		uint8_t *to = board_memory(board, nr, part.len);

		if (to)
			copy_part(rom, nr, to);
	}
}

static void show_all(struct i440fx *fx)
{
	board_window_hold(fx->host.board);
	for (unsigned int nr = 0; nr < PARTS; nr++)
		show_part(fx, nr);
	board_window_settle(fx->host.board);
}

static void i440fx_init(void *dev, struct board *board)
{
	struct i440fx *fx = dev;
	struct pci *pci = &fx->host.pci;

	fx->rom = board_config(board);
	host_init(&fx->host, board, &function);
	pci_put(pci, SMRAM, 1, 2);
	pci_allow(pci, SMRAM, 1, 0x78);
	pci_allow(pci, MTT, 1, 0xf8);
	pci_allow(pci, PAM, 1, 0x30);
	for (unsigned int i = 1; i < PAMS; i++)
		pci_allow(pci, PAM + i, 1, 0x33);
	make_rom(fx);
	show_all(fx);
}

static void i440fx_reset(void *dev)
{
	struct i440fx *fx = dev;

	for (unsigned int i = 0; i < PAMS; i++)
		fx->host.pci.config[PAM + i] = 0;
	fx->host.address = 0;
	show_all(fx);
}

/* The ROM is in its file; what it was is told from another. */
static void i440fx_save(void *dev, struct stash *out)
{
	const struct i440fx *fx = dev;
	const uint64_t sum = checksum(0, fx->rom->data, fx->rom->size);

	host_save(dev, out);
	STASH_PUT(out, sum);
	STASH_PUT(out, fx->host.address);
}

static bool i440fx_restored(void *dev, struct stash *in)
{
	struct i440fx *fx = dev;
	uint32_t address;
	uint64_t sum;

	if (!pci_restored(&fx->host.pci, in))
		return false;
	STASH_GET(in, sum);
	STASH_GET(in, address);
	if (!in->bad && sum != checksum(0, fx->rom->data, fx->rom->size))
		board_refuse(fx->host.board,
			     "the firmware's file is another one now");
	fx->host.address = address;
	show_all(fx);
	return host_is_possible(&fx->host);
}

static const struct device_type i440fx = {
	.name = "pci",
	.what = "PCI host bridge 8086:1237, with firmware and shadow RAM",
	.ranges = {
		HOST_RANGE_ROWS,
		[RANGE_HOLE] = { DEV_MMIO, ADAPTERS, WINDOW_END - ADAPTERS,
				 DEV_LANES },
	},
	.width = 8,
	.size = sizeof(struct i440fx),
	.init = i440fx_init,
	.read = i440fx_read,
	.write = i440fx_write,
	.reset = i440fx_reset,
	.version = 1,
	.saved = sizeof(struct i440fx), /* nothing */
	.save = IF_ON(CONFIG_SNAPSHOT, i440fx_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, i440fx_restored),
	.pci = &function,
	.is_bridge = true,
	.window = "firmware",
};

static int failed(const char *path, int err)
{
	log_error("--firmware: %s: %s%s", path, strerror(err),
		  err == ENOENT ? "; Debian's package `seabios` has one: "
				  "tools/deps installs it, or name another by "
				  "--firmware=FILE" :
				  log_advice(err));
	return -EINVAL;
}

/* Its size, or -EINVAL after one message. */
static int rom_size(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st))
		return failed(path, errno);
	if (S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= PC_ROM_MAX &&
	    st.st_size % PC_ROM_STEP == 0)
		return st.st_size;
	log_error("--firmware: %s: no BIOS: that has 64, 128, 192 or 256 KiB",
		  path);
	return -EINVAL;
}

/* As all of @fd is the ROM. */
static int plug_rom(struct plan *plan, int fd, const char *path)
{
	const int size = rom_size(fd, path);
	struct rom *rom;
	int err = 0;

	if (size < 0)
		return size;
	rom = malloc(sizeof(*rom) + size);
	if (!rom)
		return failed(path, ENOMEM);
	rom->size = size;
	if (pread(fd, rom->data, size, 0) != size)
		err = failed(path, EIO);
	else if (!plan_add(plan, &bioslog, NULL, 0) ||
		 !plan_add(plan, &i440fx, rom, sizeof(*rom) + size))
		err = -EINVAL;
	else
		log_info("--firmware: %s: %d KiB, checksum %016llx", path,
			 size >> 10,
			 (unsigned long long)checksum(0, rom->data, size));
	free(rom);
	return err;
}

/* Firmware finds a screen, and the BIOS of it, on PCI. */
static int plug_screen(struct plan *plan)
{
	if (!IS_ON(CONFIG_VGA_VBE) || !plan_allows(plan, "vga") ||
	    plan_has(plan, "vga"))
		return 0;
	return plan_plug(plan, "--vga", "pci");
}

static int firmware_plug(struct plan *plan, const char *arg)
{
	const char *path = arg ? arg : CONFIG_FIRMWARE_FILE;
	int err, fd;

	if (!plan_allows(plan, "pci") || !plan_allows(plan, "fwcfg")) {
		log_error("--firmware: it finds the machine by the host bridge "
			  "and by fw_cfg; leave --no-pci and --no-fwcfg away");
		return -EINVAL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return failed(path, errno);
	err = plug_rom(plan, fd, path);
	close(fd);
	return err ? err : plug_screen(plan);
}

static const struct plug plug = {
	.option = "--firmware",
	.arg = "FILE",
	.arg_optional = true,
	.what = "begin with a BIOS: SeaBIOS, or FILE",
	.is_of_host = true,
	.alone = CONFIG_FIRMWARE_FILE,
	.begins = true,
	.early = true,
	.plug = firmware_plug,
};

PLUG(plug);
