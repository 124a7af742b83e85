/* objects: devices/fwcfg.o devices/fwcfg_dma.o devices/fwcfg_saved.o pci/i440fx.o pci/host.o pci/config.o */
/* objects: pci/saved.o pci/interrupt.o util/checksum.o util/fwfile.o */
/* objects: util/log.o util/sink.o */
/*
 * A guest at the host bridge with the ROM and at fw_cfg: configuration cycles, bytes by
 * ports, DMA requests that lie anywhere and ask for anything, writes where ROM is.
 * Files stay what they are, and each part of the window is reached as its two bits of
 * PAM say.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/fake_board.h"
#include "bioslog.h"
#include "plug.h"
#include "util/fwfile.h"

#define ADDRESS	 0xcf8
#define DATA	 0xcfc
#define SELECT	 0x510
#define DMA	 0x514
#define RAM_SIZE 0x100000
#define PARTS	 13
#define PAM	 0x59
#define ROM_SIZE 0x10000

TABLE_DECLARE(plug, plug);

const struct device_type bioslog; /* nobody writes to it here */

static const struct device_type *bridge_type;
static void *rom;
static uint8_t ram[RAM_SIZE];

struct bytes {
	const uint8_t *data;
	size_t left;
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct planned *plan_add(struct plan *plan, const struct device_type *type,
			 const void *config, size_t size)
{
	static struct planned planned;

	(void)plan;
	if (type == &bioslog)
		return &planned;
	bridge_type = type;
	rom = malloc(size);
	if (!rom)
		abort();
	memcpy(rom, config, size);
	return &planned;
}

bool plan_allows(const struct plan *plan, const char *name)
{
	(void)plan;
	(void)name;
	return true;
}

/* There is a screen. */
bool plan_has(const struct plan *plan, const char *name)
{
	(void)plan;
	(void)name;
	return true;
}

int plan_plug(struct plan *plan, const char *option, const char *arg)
{
	(void)plan;
	(void)option;
	(void)arg;
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char path[] = "/tmp/mkvm-fuzz-rom-XXXXXX";
	int fd = mkstemp(path);

	(void)argc;
	(void)argv;
	if (fd < 0 || ftruncate(fd, ROM_SIZE) ||
	    (*__start_table_plug)->plug(NULL, path))
		abort();
	close(fd);
	unlink(path);
	return 0;
}

static uint64_t next(struct bytes *in, unsigned int size)
{
	uint64_t val = 0;

	for (; size && in->left; size--, in->left--)
		val = val << 8 | *in->data++;
	return val;
}

static void configure(struct board *b, struct bytes *in)
{
	const uint8_t reg = next(in, 1);
	const uint8_t how = next(in, 1);
	const unsigned int size = 1U << how % 3;

	fake_out(b, ADDRESS, 4, 0x80000000 | (reg & 0xfc));
	if (reg % 4 + size > 4)
		return;
	if (how & 0x80)
		fake_in(b, DATA + reg % 4, size);
	else
		fake_out(b, DATA + reg % 4, size, next(in, size));
}

static void request(struct board *f, struct bytes *in)
{
	const uint32_t at = next(in, 3) % (RAM_SIZE + 32);
	uint8_t what[16];

	for (size_t i = 0; i < sizeof(what); i++)
		what[i] = next(in, 1);
	if (what[0] & 1) /* somewhere in RAM, as most are */
		memset(what + 8, 0, 5);
	if (at + sizeof(what) <= RAM_SIZE)
		memcpy(ram + at, what, sizeof(what));
	fake_out(f, DMA + 4, 4, htobe32(at));
}

static void check(struct board *b)
{
	for (unsigned int nr = 0; nr < PARTS; nr++) {
		const bool last = nr == PARTS - 1;
		const unsigned int reg = last ? PAM : PAM + 1 + nr / 2;
		const uint64_t gpa = last ? 0xf0000 : 0xc0000 + nr * 0x4000;
		const unsigned int shift = last || nr % 2 ? 4 : 0;
		unsigned int bits, way;

		fake_out(b, ADDRESS, 4, 0x80000000 | (reg & 0xfc));
		bits = fake_in(b, DATA + reg % 4, 1) >> shift & 3;
		way = b->ram_ways[(gpa - WINDOW_START) / 4096];
		if (way != (bits == 3 ? BOARD_RAM_OPEN :
			    bits == 1 ? BOARD_RAM_GUARDED :
					BOARD_RAM_HIDDEN))
			fake_broken(b, "another way than PAM says", gpa);
		if (!fake_shown(b, gpa) != (bits & 1 || gpa < 0xe0000))
			fake_broken(b, "ROM is not where PAM says", gpa);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fw_files files;
	static struct board bridge, fwcfg;
	struct bytes in = { data, size };

	if (!files.nr)
		fw_add(&files, "etc/file", "content", 7, 7);
	fake_files = &files;
	fake_config = rom;
	fake_board_open_type(&bridge, bridge_type);
	fake_board_open(&fwcfg, "fwcfg");
	bridge.slots[0] = &bridge;
	bridge.ram = fwcfg.ram = ram;
	bridge.ram_size = fwcfg.ram_size = RAM_SIZE;
	while (in.left) {
		switch (next(&in, 1) % 6) {
		case 0:
			configure(&bridge, &in);
			break;
		case 1:
			request(&fwcfg, &in);
			break;
		case 2:
			fake_out(&fwcfg, SELECT, 2, next(&in, 2) % 0x30);
			break;
		case 3:
			fake_in(&fwcfg, SELECT + next(&in, 1) % 2, 1);
			break;
		case 4:
			fake_out(&bridge, 0xc0000 + next(&in, 3) % 0x40000, 1,
				 next(&in, 1));
			break;
		default:
			fake_out(&fwcfg, DMA, 4, next(&in, 4));
			break;
		}
	}
	check(&bridge);
	if (memcmp(files.list[0].data, "content", 7))
		fake_broken(&fwcfg, "a file was written", 0);
	fake_board_close(&bridge);
	fake_board_close(&fwcfg);
	return 0;
}
