/*
 * The configuration space of a function: a header of type 0, capabilities, and
 * for each byte the bits that a guest may write. Where the BARs are and whether
 * they are decoded follows from what was written.
 *
 * Firmware has been here before the guest. It has given slot n what makes the
 * slot be seen in an address:
 *
 *   memory   0xCn000000 and up for slots 0 to 15, 0xDn000000 for 16 to 31
 *   ports    0xC000 + n * 0x200
 */
#include "pci/config.h"

#include <assert.h>
#include <string.h>

#include "abi/pc.h"

#define SLOT_MEM (PC_PCI_MEM1_LEN / PCI_SLOTS)
#define SLOT_IO	 (PC_PCI_IO_LEN / PCI_SLOTS)

/* The registers that config.h has not. */
#define PCI_VENDOR     0x00
#define PCI_DEVICE     0x02
#define PCI_REVISION   0x08
#define PCI_CACHE_LINE 0x0c
#define PCI_LATENCY    0x0d
#define PCI_SUBVENDOR  0x2c
#define PCI_SUBDEVICE  0x2e
#define PCI_ROM_REG    0x30
#define PCI_IRQ_LINE   0x3c
#define PCI_IRQ_PIN    0x3d
#define PCI_CAPS_START 0x40

#define PCI_ROM_ON   0x01
#define PCI_ROM_BASE 0xfffff800

#define FN_BITS 3

static bool is_wide(enum pci_bar_kind kind)
{
	return kind & PCI_BAR_MEM64;
}

static unsigned int bar_reg(unsigned int bar)
{
	return PCI_BAR0 + 4 * bar;
}

void pci_allow(struct pci *pci, unsigned int reg, unsigned int size,
	       uint32_t bits)
{
	for (; size--; bits >>= 8)
		pci->writable[reg++] = bits;
}

/* Each BAR lies at a multiple of its size, as it must. */
static void place_bars(struct pci *pci)
{
	const struct pci_bar *bars = pci->function->bars;
	const uint32_t mem = PC_PCI_MEM1 + board_slot(pci->board) * SLOT_MEM;
	const uint32_t io = PC_PCI_IO + board_slot(pci->board) * SLOT_IO;
	uint32_t mem_used = 0, io_used = 0;

	for (unsigned int i = 0; i < PCI_BARS; i++) {
		bool is_io = bars[i].kind == PCI_BAR_IO;
		uint32_t *used = is_io ? &io_used : &mem_used;
		uint32_t size = bars[i].size;
		uint32_t at = (*used + size - 1) & -size;

		if (!size)
			continue;
		assert(at + size <= (is_io ? SLOT_IO : SLOT_MEM));
		*used = at + size;
		pci_put(pci, bar_reg(i), 4,
			((is_io ? io : mem) + at) | bars[i].kind);
		pci_allow(pci, bar_reg(i), 4, -size);
		if (is_wide(bars[i].kind))
			pci_allow(pci, bar_reg(i + 1), 4, UINT32_MAX);
		pci->config[PCI_COMMAND] |= is_io ? PCI_COMMAND_IO :
						    PCI_COMMAND_MEMORY;
	}
}

static void map_bar(struct pci *pci, unsigned int bar)
{
	const enum pci_bar_kind kind = pci->function->bars[bar].kind;
	const bool is_io = kind == PCI_BAR_IO;
	const unsigned int bit = is_io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
	uint64_t base = pci_get(pci, bar_reg(bar), 4) & ~kind;

	if (is_wide(kind))
		base |= (uint64_t)pci_get(pci, bar_reg(bar + 1), 4) << 32;
	board_map(pci->board, bar, base, pci->config[PCI_COMMAND] & bit);
	if (pci->function->moved)
		pci->function->moved(pci, bar, base,
				     pci->config[PCI_COMMAND] & bit);
}

static void map_rom(struct pci *pci)
{
	const uint32_t reg = pci_get(pci, PCI_ROM_REG, 4);

	pci->function->moved(pci, PCI_ROM, reg & PCI_ROM_BASE,
			     reg & PCI_ROM_ON && pci->config[PCI_COMMAND] &
							 PCI_COMMAND_MEMORY);
}

void pci_map_bars(struct pci *pci)
{
	for (unsigned int i = 0; i < PCI_BARS; i++)
		if (pci->function->bars[i].size)
			map_bar(pci, i);
	if (pci->function->rom_size)
		map_rom(pci);
}

void pci_init(struct pci *pci, struct board *board,
	      const struct pci_function *f)
{
	*pci = (struct pci){ .function = f,
			     .board = board,
			     .caps_end = PCI_CAPS_START,
			     .caps_last = PCI_CAP_POINTER };
	pci_put(pci, PCI_VENDOR, 2, f->vendor);
	pci_put(pci, PCI_DEVICE, 2, f->device);
	pci_put(pci, PCI_REVISION, 4, f->class << 8 | f->revision);
	pci_put(pci, PCI_SUBVENDOR, 2, f->subvendor);
	pci_put(pci, PCI_SUBDEVICE, 2, f->subdevice);
	pci_put(pci, PCI_IRQ_PIN, 1, f->pin);
	if (f->pin)
		pci_put(pci, PCI_IRQ_LINE, 1, board_pin_line(board));
	pci_allow(pci, PCI_IRQ_LINE, 1, UINT8_MAX);
	pci_allow(pci, PCI_CACHE_LINE, 1, UINT8_MAX);
	pci_allow(pci, PCI_LATENCY, 1, UINT8_MAX);
	if (f->rom_size)
		pci_allow(pci, PCI_ROM_REG, 4, -f->rom_size | PCI_ROM_ON);
	place_bars(pci);
	pci_allow(pci, PCI_COMMAND, 2,
		  pci->config[PCI_COMMAND] | PCI_COMMAND_MASTER |
			  PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
			  (f->pin ? PCI_COMMAND_INTX_OFF : 0));
	pci_map_bars(pci);
	pci_add_messages(pci);
}

void pci_unplace(struct pci *pci)
{
	const struct pci_bar *bars = pci->function->bars;

	for (unsigned int i = 0; i < PCI_BARS; i++) {
		if (bars[i].size)
			pci_put(pci, bar_reg(i), 4, bars[i].kind);
		if (bars[i].size && is_wide(bars[i].kind))
			pci_put(pci, bar_reg(i + 1), 4, 0);
	}
	pci_put(pci, PCI_COMMAND, 2, 0);
	pci_map_bars(pci);
}

unsigned int pci_add_capability(struct pci *pci, uint8_t id, const void *body,
				unsigned int len)
{
	unsigned int at = pci->caps_end;

	assert(at + 2 + len <= PCI_CONFIG_SIZE);
	pci->config[PCI_STATUS] |= PCI_STATUS_CAPS;
	pci->config[pci->caps_last] = at;
	pci->config[at] = id;
	memcpy(&pci->config[at + 2], body, len);
	pci->caps_last = at + 1;
	pci->caps_end = (at + 2 + len + 3) & ~3U;
	return at;
}

/* One access, on its way to the function and with the answer back. */
struct access {
	unsigned int reg, size;
	uint32_t val;
};

/* Whether it is one to the function's window, and where in that. */
static bool is_in_window(const struct pci *pci, const struct access *access,
			 unsigned int *off)
{
	*off = access->reg - pci->window;
	return pci->window && *off < sizeof(uint32_t) &&
	       *off + access->size <= sizeof(uint32_t);
}

static void visit_read(struct pci *pci, void *arg)
{
	struct access *access = arg;
	unsigned int off;

	if (is_in_window(pci, access, &off))
		access->val =
			pci->function->read_window(pci, off, access->size);
	else
		access->val = pci_get(pci, access->reg, access->size);
}

static void visit_write(struct pci *pci, void *arg)
{
	const struct access *access = arg;
	unsigned int off;

	if (is_in_window(pci, access, &off)) {
		pci->function->write_window(pci, off, access->size,
					    access->val);
		return;
	}
	for (unsigned int i = 0; i < access->size; i++) {
		uint8_t *byte = &pci->config[access->reg + i];
		uint8_t bits = pci->writable[access->reg + i];

		*byte = (*byte & ~bits) | (access->val >> i * 8 & bits);
	}
	if (access->reg < PCI_BARS_END || (access->reg & ~3U) == PCI_ROM_REG)
		pci_map_bars(pci);
	if (pci->function->written)
		pci->function->written(pci, access->reg, access->size);
	pci_update_interrupts(pci);
}

/* Functions other than number 0 are not there, and none has more registers
 * than PCI gave it. */
static bool is_there(unsigned int devfn, const struct access *access)
{
	return !(devfn & ((1 << FN_BITS) - 1)) &&
	       access->reg + access->size <= PCI_CONFIG_SIZE;
}

uint32_t pci_config_read(struct board *bridge, unsigned int devfn,
			 unsigned int reg, unsigned int size)
{
	struct access access = { .reg = reg, .size = size, .val = UINT32_MAX };

	if (is_there(devfn, &access))
		board_visit(bridge, devfn >> FN_BITS, visit_read, &access);
	return access.val;
}

void pci_config_write(struct board *bridge, unsigned int devfn,
		      unsigned int reg, unsigned int size, uint32_t val)
{
	struct access access = { .reg = reg, .size = size, .val = val };

	if (is_there(devfn, &access))
		board_visit(bridge, devfn >> FN_BITS, visit_write, &access);
}
