/*
 * The screen as a function of PCI, 1234:1111, as QEMU documents it ("standard VGA"):
 * firmware and drivers find it there. It answers at a VGA's ports and memory all the
 * same.
 *
 *   BAR0  the linear framebuffer
 *   BAR2  0 EDID   0x400 ports 3C0 to 3DF   0x500 registers of the Bochs VBE
 *         interface   0x600 how long what follows is, and the order of bytes
 *
 * Its expansion ROM is a VGA BIOS, if this host has one. Left out: another order of
 * bytes than the least significant first.
 */
#include "device.h"
#include "device_memory.h"
#include "pci.h"
#include "saved.h"
#include "vga.h"

#include <string.h>

#define FIRST_BAR 8 /* number of BAR0's range */
#define RANGE_LFB FIRST_BAR

#define COMMAND	   4 /* register of configuration space */
#define COMMAND_IO 0x01

#define MMIO_LEN      0x1000
#define MMIO_PORTS    0x400
#define MMIO_PORTS_AT 0x3c0
#define MMIO_VBE      0x500
#define MMIO_MORE     0x600
#define MORE_LEN      8 /* bytes of: */
#define MORE_ORDER    4
#define LITTLE	      0x1e

static const struct dev_range vga_ranges[] =
	VGA_RANGES(IS_ON(CONFIG_VGA_GRAPHICS), IS_ON(CONFIG_VGA_VBE));

/* A register of the VGA in BAR2: the range of its port, and where in that. */
static bool find_port(uint64_t off, unsigned int *range, uint64_t *at)
{
	const uint64_t port = off - MMIO_PORTS + MMIO_PORTS_AT;

	for (*range = VGA_RANGE_VGA; *range <= VGA_RANGE_COLOUR; ++*range) {
		*at = port - vga_ranges[*range].base;
		if (off >= MMIO_PORTS && *at < vga_ranges[*range].len)
			return true;
	}
	return false;
}

/* Two registers of 32 bits: MORE_LEN, and what a big-endian guest would change. */
static uint8_t read_more(uint64_t off)
{
	if (off >= MORE_ORDER)
		return off < MORE_LEN ? LITTLE : 0;
	return off ? 0 : MORE_LEN;
}

/* Byte @off of BAR2. */
static uint8_t read_mmio(struct vga *v, uint64_t off)
{
	unsigned int range;
	uint64_t at;

	if (off < MMIO_PORTS)
		return vga_edid(off);
	if (off >= MMIO_MORE)
		return read_more(off - MMIO_MORE);
	if (off - MMIO_VBE < 2 * NR_VBE)
		return vga_vbe_read(v, (off - MMIO_VBE) / 2) >> off % 2 * 8;
	return find_port(off, &range, &at) ? vga_read(v, range, at, 1) : 0;
}

static uint8_t read_byte(struct vga *v, unsigned int range, uint64_t off)
{
	const uint8_t *byte;

	if (range < FIRST_BAR)
		return vga_read(v, range, off, 1);
	if (range == RANGE_LFB) {
		byte = vga_vbe_byte(v, off, false);
		return byte ? *byte : 0xff;
	}
	return read_mmio(v, off);
}

static void write_byte(struct vga *v, unsigned int range, uint64_t off,
		       uint8_t val)
{
	uint8_t *byte;
	uint64_t at;

	if (range < FIRST_BAR) {
		vga_write(v, range, off, 1, val);
	} else if (range == RANGE_LFB) {
		byte = vga_vbe_byte(v, off, true);
		if (byte)
			*byte = val;
	} else if (find_port(off, &range, &at)) {
		vga_write(v, range, at, 1, val);
	}
}

/* Whether it is one of the registers that have 16 bits. */
static bool is_word(unsigned int range, uint64_t off, unsigned int size)
{
	return size == 2 && range > RANGE_LFB && off % 2 == 0 &&
	       off - MMIO_VBE < 2 * NR_VBE;
}

static bool is_register(unsigned int range)
{
	return range == VGA_RANGE_INDEX || range == VGA_RANGE_DATA;
}

static uint64_t pci_vga_read(void *dev, unsigned int range, uint64_t off,
			     unsigned int size)
{
	uint64_t val = 0;

	if (is_register(range))
		return vga_read(dev, range, off, size);
	for (unsigned int i = 0; i < size; i++)
		val |= (uint64_t)read_byte(dev, range, off + i) << 8 * i;
	return val;
}

static void pci_vga_write(void *dev, unsigned int range, uint64_t off,
			  unsigned int size, uint64_t val)
{
	if (is_register(range)) {
		vga_write(dev, range, off, size, val);
		return;
	}
	if (is_word(range, off, size)) {
		vga_vbe_write(dev, (off - MMIO_VBE) / 2, val);
		return;
	}
	for (unsigned int i = 0; i < size; i++)
		write_byte(dev, range, off + i, val >> 8 * i);
}

/* The framebuffer lies where BAR0 is, the BIOS where the ROM's is. */
static void moved(struct pci *pci, unsigned int bar, uint64_t base, bool on)
{
	struct vga *v = (struct vga *)pci;

	if (bar == PCI_ROM && v->has_rom)
		board_memory_show(v->board, VGA_ROM, on ? base : 0, 0,
				  on ? VGA_ROM_LEN : 0, false);
	if (bar)
		return;
	v->lfb_gpa = on ? base : 0;
	/* The guest may write there from now on, and nobody is told. */
	if (on && v->lfb)
		v->lfb_used = v->lfb_touched = true;
	vga_vbe_show(v);
}

static const struct pci_function function = {
	.vendor = 0x1234,
	.device = 0x1111,
	.subvendor = 0x1af4,
	.subdevice = 0x1100,
	.class = 0x030000,
	.revision = 2,
	.bars = {
		[0] = { VBE_PCI_BYTES, PCI_BAR_PREFETCH32 },
		[2] = { MMIO_LEN, PCI_BAR_MEM32 },
	},
	.first_range = FIRST_BAR,
	.rom_size = VGA_ROM_LEN,
	.moved = moved,
};

static void put_rom(struct vga *v, const struct vga_rom *rom)
{
	uint8_t *memory;

	if (!rom || !rom->len)
		return;
	memory = board_memory(v->board, VGA_ROM, VGA_ROM_LEN);
	if (!memory)
		return;
	memcpy(memory, rom->data, rom->len);
	v->has_rom = true;
}

static void pci_vga_init(void *dev, struct board *board)
{
	struct vga *v = dev;

	v->lfb_len = VBE_PCI_BYTES;
	vga_begin(v, board, NULL);
	v->lfb_always = true;
	put_rom(v, board_config(board));
	pci_init(&v->pci, board, &function);
	/* It has ports, if not by a BAR: those of all VGAs. */
	v->pci.config[COMMAND] |= COMMAND_IO;
	v->pci.writable[COMMAND] |= COMMAND_IO;
}

static void pci_vga_save(void *dev, struct stash *out)
{
	const struct vga *v = dev;

	pci_save(&v->pci, out);
	vga_save(dev, out);
}

static bool pci_vga_restored(void *dev, struct stash *in)
{
	struct vga *v = dev;

	return pci_restored(&v->pci, in) && vga_restored(v, in);
}

static const struct device_type pci_vga = {
	.name = "vga",
	.ranges = VGA_RANGES(IS_ON(CONFIG_VGA_GRAPHICS), IS_ON(CONFIG_VGA_VBE)),
	.window = IF_ON(CONFIG_VGA_GRAPHICS, VGA_GRAPHICS_NAME),
	.width = 2,
	.size = sizeof(struct vga),
	.init = pci_vga_init,
	.read = pci_vga_read,
	.write = pci_vga_write,
	.look = vga_look,
	.picture = vga_picture,
	.version = 2,
	.saved = offsetof(struct vga, misc),
	.save = IF_ON(CONFIG_SNAPSHOT, pci_vga_save),
	.restored = IF_ON(CONFIG_SNAPSHOT, pci_vga_restored),
	.pci = &function,
};

const struct device_type *vga_pci_type(void)
{
	return &pci_vga;
}
