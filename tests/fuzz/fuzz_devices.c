/* objects: devices/cmos.o devices/cmos_time.o devices/cmos_flags.o devices/cmos_irq.o */
/* objects: devices/debugcon.o devices/fwcfg.o devices/fwcfg_dma.o devices/hypercall.o */
/* objects: devices/fwcfg_saved.o util/fwfile.o */
/* objects: devices/hypercall_saved.o */
/* objects: devices/i8042.o devices/i8042_kbd.o devices/i8042_keys.o */
/* objects: devices/i8042_scan.o devices/i8042_input.o */
/* objects: devices/i8042_mouse.o devices/i8042_ko_none.o */
/* objects: devices/ioapic.o devices/pic.o devices/pit.o devices/pit_counter.o devices/speaker_none.o */
/* objects: devices/pm.o devices/port92.o devices/post.o devices/reset.o */
/* objects: devices/serial.o devices/serial_irq.o devices/serial_fifo.o */
/* objects: devices/exit_port.o core/plan.o core/feature.o */
/* objects: pci/host.o pci/ecam.o pci/config.o pci/saved.o pci/interrupt.o pci/edu.o */
/* objects: devices/vga.o devices/vga_look.o devices/vga_picture.o devices/vga_font.o */
/* objects: devices/vga_memory.o devices/vga_draw.o core/slots_saved.o */
/* objects: pci/hotplug.o */
/* objects: devices/vga_vbe.o devices/vga_wait.o devices/vga_pci.o devices/vga_edid.o devices/vga_plug.o */
/* objects: util/surface.o util/picture.o */
/* objects: display/text.o display/blocks.o display/colours.o display/sixel.o util/text.o */
/* objects: core/bus.o core/bus_moving.o util/lock.o util/log.o util/sink.o */
/*
 * Random accesses, input and lines to every linked-in device, on the recording
 * board of tests/unit, which aborts when a device breaks the contract of
 * device.h. Accesses come by the bus, of any width and across the edges of
 * ranges.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/fake_board.h"
#include "abi/pc.h"
#include "core/bus.h"
#include "core/plan.h"
#include "display.h"
#include "util/picture.h"
#include "util/surface.h"
#include "util/text.h"

#define DEVICES_MAX 32
#define ESC	    0x1b
#define DEL	    0x7f
#define RAM_END	    0xc0000 /* of board_ram(): behind text memory */
#define BESIDE	    8 /* bytes before and behind a range that are tried, too */

TABLE_DECLARE(device, device_type);
TABLE_DECLARE(display, display);
TABLE_DECLARE(plug, plug);

/* Devices that an option makes, and what it says. */
static const char *const options[][2] = {
	{ "--exit-port", "0xf4" },
	{ "--edu", NULL },
	{ "--vga", "pci" },
};

struct machine {
	struct bus buses[2]; /* by enum dev_space */
	struct board boards[DEVICES_MAX];
	struct device devices[DEVICES_MAX];
	const struct dev_range *ranges[DEVICES_MAX];
	unsigned int count;

	/* The PCI bus: whoever is on it, and where their BARs are. */
	struct board *slots[PCI_SLOTS];
	struct bus_moving bars[PCI_SLOTS][PCI_BARS];
	unsigned int nr_slots;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *data;
	size_t left;
};

static uint8_t next(struct bytes *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

/* An access of any size in the range or near it. */
static void fuzz_access(struct machine *m, const struct dev_range *ranges,
			struct bytes *in)
{
	const struct dev_range *range;
	unsigned int nr_ranges = 0, size;
	uint64_t addr, val;
	uint8_t how = next(in);
	struct bus *bus;

	while (nr_ranges < DEV_RANGES_MAX && ranges[nr_ranges].len)
		nr_ranges++;
	if (!nr_ranges)
		return;
	range = &ranges[(how >> 4) % nr_ranges];
	bus = &m->buses[range->space];
	size = 1U << (how >> 1) % (range->space == DEV_PIO ? 3 : 4);
	addr = next(in);
	if (range->len > UINT8_MAX)
		addr = addr << 12 | next(in) << 4 | next(in);
	addr = range->base + addr % (range->len + 2 * BESIDE) - BESIDE;
	if (how & 1) {
		bus_read(bus, addr, size);
		return;
	}
	val = next(in);
	for (unsigned int i = 1; i < size; i++)
		val = val << 8 | next(in);
	bus_write(bus, addr, size, val);
}

static void fuzz_input(struct board *b, struct bytes *in)
{
	size_t len = next(in) % 40;

	if (len > in->left)
		len = in->left;
	fake_offer(b, in->data, len);
	in->data += len;
	in->left -= len;
}

static void fuzz_world(struct board *b, struct bytes *in)
{
	uint64_t val = next(in);

	val = val << 24 | next(in) << 16 | next(in) << 8 | next(in);
	b->now_ns += val;
	b->wall_s = (int64_t)(val << next(in) % 12) - (val & 1 ? 1 : 1LL << 33);
	b->rbx = val;
	b->feed_at_once = val & 2;
}

/* Lines of other devices, and the CPU that takes an interrupt or comes late. */
static void fuzz_pins(struct board *b, struct bytes *in)
{
	const struct chip *chip = b->type->chip;
	uint8_t how = next(in);

	if (!chip)
		return;
	chip->line(b->dev, how % 26, how & 0x80);
	if (chip->acknowledge && (b->intr || how % 8 == 0))
		chip->acknowledge(b->dev);
	if (chip->eoi)
		chip->eoi(b->dev, next(in));
}

/* Nothing for the terminal but characters, and sequences that end. */
static void check_drawn(const struct text *text)
{
	bool inside = false;

	for (size_t i = 0; i < text->len; i++) {
		uint8_t c = text->buf[i];

		if (c == ESC && !inside && text->buf[i + 1] == '[') {
			inside = true;
			i++;
		} else if (c < ' ' || c == DEL) {
			abort();
		} else if (inside) {
			inside = c < '@';
		}
	}
	if (inside)
		abort();
}

/* Draws it into a terminal of any size, with little room at times. */
static void fuzz_draw(const struct surface *surface, struct bytes *in)
{
	const struct display *display = *__start_table_display;
	static uint64_t state[1 << 20];
	static char buf[16384];
	uint8_t how = next(in);
	struct display_terminal terminal = { .utf8 = how & 1,
					     .colour = how & 2,
					     .shapes = how & 4 };
	struct text text;

	if (sizeof(state) < display->size)
		abort();
	terminal.columns = 1 + next(in);
	terminal.lines = 1 + next(in) / 2;
	text_init(&text, buf, how & 8 ? sizeof(buf) : 256);
	display->draw(state, surface, &terminal, &text);
	check_drawn(&text);
}

/* The screen, in text memory that ends where RAM does. */
static void fuzz_look(struct board *b, struct bytes *in)
{
	static struct surface surface;
	char row[SURFACE_TEXT_MAX];
	uint32_t at = next(in) << 8 | next(in);

	if (!b->type->look)
		return;
	for (unsigned int i = next(in); i--; at++)
		b->ram[b->ram_size - 1 - at % 0x10000] = next(in);
	if (!b->type->look(b->dev, &surface))
		return;
	for (unsigned int i = 0; i < surface.rows; i++)
		surface_text(&surface, i, true, row);
	surface_is_written(&surface);
	fuzz_draw(&surface, in);
}

static void fuzz_picture(struct board *b)
{
	static uint32_t pixels[PICTURE_BYTES / sizeof(uint32_t)];
	static struct picture picture = { .pixels = pixels };

	if (!b->type->picture || !b->type->picture(b->dev, &picture))
		return;
	if (!picture.width || picture.width > PICTURE_MAX_WIDTH ||
	    !picture.height || picture.height > PICTURE_MAX_HEIGHT)
		abort();
}

static struct bus *bus_of(struct machine *m, const struct pci_bar *bar)
{
	return &m->buses[bar->kind == PCI_BAR_IO ? DEV_PIO : DEV_MMIO];
}

/* Moves each claim to where its board says that the BAR is. */
static void follow_bars(struct machine *m)
{
	for (unsigned int slot = 0; slot < m->nr_slots; slot++) {
		const struct board *board = m->slots[slot];
		const struct pci_bar *bar = board->type->pci->bars;

		for (unsigned int i = 0; i < PCI_BARS; i++, bar++)
			if (bar->size)
				bus_move(bus_of(m, bar), &m->bars[slot][i],
					 board->bars[i].base,
					 board->bars[i].on ? bar->size : 0);
	}
}

/* An access behind a BAR, or near it, wherever that is. */
static void fuzz_bar(struct machine *m, const struct board *board,
		     struct bytes *in)
{
	uint8_t how = next(in);
	const struct pci_bar *bar = &board->type->pci->bars[how % PCI_BARS];
	uint64_t addr = board->bars[how % PCI_BARS].base + next(in) - BESIDE;
	unsigned int size = 1U << (how >> 5 & 3);
	struct bus *bus = bus_of(m, bar);
	uint64_t val = 0;

	if (!bar->size)
		return;
	if (how & 0x80) {
		bus_read(bus, addr, size);
		return;
	}
	for (unsigned int i = 0; i < size; i++)
		val = val << 8 | next(in);
	bus_write(bus, addr, size, val);
}

/* Somebody at a display: a key that may not exist, a mouse that jumps. */
static void fuzz_hands(struct board *b, struct bytes *in)
{
	uint8_t how = next(in);
	int far = how & 2 ? 1 << 24 : 1;

	if (b->type->key && how & 1)
		b->type->key(b->dev, next(in) | (how & 0xe0) << 2, how & 4);
	if (b->type->pointer && !(how & 1))
		b->type->pointer(b->dev, far * (int8_t)next(in),
				 (int8_t)next(in), far * (int8_t)next(in),
				 next(in));
}

/* Somebody puts something in a spare slot, or wants it back. */
static void fuzz_slots(struct board *b, struct bytes *in)
{
	const uint8_t how = next(in);
	const unsigned int nr = how % PC_PCI_SPARES;

	if (b->type->event)
		b->type->event(b->dev, nr);
	if (!b->type->spare || !b->type->spare->tell)
		return;
	b->spares |= how >> 4;
	b->type->spare->tell(b->dev, nr, how & 8);
}

static void fuzz_step(struct machine *m, struct board *b, struct bytes *in)
{
	switch (next(in) % 16) {
	case 0:
		fuzz_world(b, in);
		break;
	case 1:
	case 2:
		fuzz_input(b, in);
		break;
	case 3:
		fake_console_turn(b);
		break;
	case 4:
		if (b->type->timer && b->deadline_ns) {
			b->deadline_ns = 0;
			b->type->timer(b->dev);
		}
		break;
	case 5:
		fuzz_pins(b, in);
		if (b->type->power)
			b->type->power(b->dev);
		break;
	case 6:
		fuzz_look(b, in);
		fuzz_picture(b);
		break;
	case 7:
		fuzz_hands(b, in);
		fuzz_slots(b, in);
		break;
	case 8:
	case 9:
		if (b->type->pci)
			fuzz_bar(m, b, in);
		break;
	default:
		fuzz_access(m, m->ranges[b - m->boards], in);
	}
}

static void take_slot(struct machine *m, struct board *board,
		      struct device *dev)
{
	const struct pci_bar *bar = board->type->pci->bars;

	for (unsigned int i = 0; i < PCI_BARS; i++, bar++)
		if (bar->size)
			bus_add_moving(bus_of(m, bar), &m->bars[board->slot][i],
				       dev, board->type->pci->first_range + i);
	m->slots[board->slot] = board;
	m->nr_slots++;
}

static void open_board(struct machine *m, const struct device_type *type,
		       const struct dev_range *ranges)
{
	static uint8_t ram[RAM_END];
	static const uint8_t waiting[100] = "waiting on the console";
	struct board *board = &m->boards[m->count];
	struct device *dev = &m->devices[m->count];

	if (m->count == DEVICES_MAX)
		abort();
	fake_slot = m->nr_slots;
	fake_board_open_type(board, type);
	board->input = waiting;
	board->input_len = sizeof(waiting);
	board->ram = ram;
	board->ram_size = sizeof(ram);
	*dev = (struct device){ .type = type, .state = board->dev };
	for (unsigned int i = 0; i < DEV_RANGES_MAX && ranges[i].len; i++)
		if (bus_claim(&m->buses[ranges[i].space], ranges[i].base,
			      ranges[i].len, dev, i))
			abort();
	m->ranges[m->count++] = ranges;
	if (type->pci)
		take_slot(m, board, dev);
}

/* Bridges see whoever is on the bus. */
static void connect_bus(struct machine *m)
{
	for (unsigned int i = 0; i < m->count; i++)
		if (m->boards[i].type->is_bridge)
			memcpy(m->boards[i].slots, m->slots, sizeof(m->slots));
	follow_bars(m);
}

/* The list of what the options make; it lives as long as the process. */
static const struct plan *make_plan(void)
{
	static struct plan plan;
	const struct plug *const *row;

	for (size_t i = 0; !plan.nr && i < sizeof(options) / sizeof(options[0]);
	     i++)
		TABLE_FOREACH(plug, row) {
			if (!strcmp((*row)->option, options[i][0]) &&
			    (*row)->plug(&plan, options[i][1]))
				abort();
		}
	return &plan;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	struct machine *m = &machine;
	struct bytes in = { data, size };
	const struct device_type *const *row;
	const struct plan *plan = make_plan();

	m->count = m->nr_slots = 0;
	memset(m->slots, 0, sizeof(m->slots));
	bus_init(&m->buses[DEV_PIO], "port");
	bus_init(&m->buses[DEV_MMIO], "address");
	TABLE_FOREACH(device, row)
		open_board(m, *row, (*row)->ranges);
	for (unsigned int i = 0; i < plan->nr; i++)
		open_board(m, plan->devices[i].type, plan->devices[i].ranges);
	if (!m->count || bus_freeze(&m->buses[DEV_PIO]) ||
	    bus_freeze(&m->buses[DEV_MMIO]))
		abort();
	connect_bus(m);
	while (in.left) {
		fuzz_step(m, &m->boards[next(&in) % m->count], &in);
		follow_bars(m);
	}
	for (unsigned int i = 0; i < m->count; i++)
		fake_board_close(&m->boards[i]);
	return 0;
}
