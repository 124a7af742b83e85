/* objects: pci/host.o pci/ecam.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * Configuration space: the two ways to it, every register of the header, BARs
 * of each kind sized and moved, the pin, MSI and MSI-X with their masks.
 */
#include "pci_world.h"
#include "reloaded.h"

#define ECAM 0xe0000000

#define COMMAND	  0x04
#define BAR(n)	  (0x10 + 4 * (n))
#define MASTER	  0x04
#define INTX_OFF  0x400
#define INTX_ASKS 0x08 /* in the status */

struct card {
	struct pci pci;
	uint8_t vendor_body;
};

static const struct pci_function function = {
	.vendor = 0xabcd,
	.device = 0x1234,
	.subvendor = 0x5678,
	.subdevice = 0x9abc,
	.class = 0x010203,
	.revision = 0x42,
	.pin = 2,
	.nr_msi = 4,
	.nr_msix = 3,
	.msix_bar = 1,
	.bars = { { 0x20, PCI_BAR_IO },
		  { PCI_MSIX_SIZE, PCI_BAR_MEM32 },
		  { 0x100000, PCI_BAR_PREFETCH64 },
		  { 0, 0 },
		  { 0x8, PCI_BAR_IO },
		  { 0x40, PCI_BAR_PREFETCH32 } },
};

static uint64_t card_read(void *dev, unsigned int range, uint64_t off,
			  unsigned int size)
{
	struct card *c = dev;

	return range == 1 ? pci_msix_read(&c->pci, off, size) : 0;
}

static void card_write(void *dev, unsigned int range, uint64_t off,
		       unsigned int size, uint64_t val)
{
	struct card *c = dev;

	if (range == 1)
		pci_msix_write(&c->pci, off, size, val);
}

static void card_init(void *dev, struct board *board)
{
	struct card *c = dev;

	pci_init(&c->pci, board, &function);
	pci_add_capability(&c->pci, 9, "vendor", 6);
}

static const struct device_type card = {
	.name = "card",
	.width = 4,
	.size = sizeof(struct card),
	.init = card_init,
	.read = card_read,
	.write = card_write,
	.pci = &function,
};

static struct pci *pci_of(struct world *w)
{
	return &((struct card *)w->board.dev)->pci;
}

/* What a register is at power-on, and after all ones were written, and zeroes. */
static const struct reg {
	unsigned int at, size;
	uint32_t first, ones, zeroes;
} regs[] = {
	{ 0x00, 4, 0x1234abcd, 0x1234abcd, 0x1234abcd },
	{ 0x04, 2, 0x0003, 0x0547, 0 }, /* decodes, is no master */
	{ 0x06, 2, 0x0010, 0x0010, 0x0010 },
	{ 0x08, 4, 0x01020342, 0x01020342, 0x01020342 },
	{ 0x0c, 1, 0, 0xff, 0 }, /* cache line size */
	{ 0x0d, 1, 0, 0xff, 0 }, /* latency timer */
	{ 0x0e, 1, 0, 0, 0 },	 /* header type */
	{ 0x0f, 1, 0, 0, 0 },	 /* self test */
	{ 0x10, 4, 0x0000c601, 0xffffffe1, 0x00000001 },
	{ 0x14, 4, 0xc3000000, 0xfffff000, 0x00000000 },
	{ 0x18, 4, 0xc310000c, 0xfff0000c, 0x0000000c },
	{ 0x1c, 4, 0x00000000, 0xffffffff, 0x00000000 },
	{ 0x20, 4, 0x0000c621, 0xfffffff9, 0x00000001 },
	{ 0x24, 4, 0xc3200008, 0xffffffc8, 0x00000008 },
	{ 0x28, 4, 0, 0, 0 },
	{ 0x2c, 4, 0x9abc5678, 0x9abc5678, 0x9abc5678 },
	{ 0x30, 4, 0, 0, 0 }, /* no expansion ROM */
	{ 0x34, 4, 0x40, 0x40, 0x40 },
	{ 0x38, 4, 0, 0, 0 },
	{ 0x3c, 1, 11, 0xff, 0 },
	{ 0x3d, 1, 2, 2, 2 },
	{ 0x3e, 2, 0, 0, 0 },
	/* MSI: 4 messages, 64-bit addresses, masks */
	{ 0x40, 2, 0x5805, 0x5805, 0x5805 },
	{ 0x42, 2, 0x0184, 0x01f5, 0x0184 },
	{ 0x44, 4, 0, 0xfffffffc, 0 },
	{ 0x48, 4, 0, 0xffffffff, 0 },
	{ 0x4c, 4, 0, 0x0000ffff, 0 },
	{ 0x50, 4, 0, 0x0000000f, 0 },
	{ 0x54, 4, 0, 0, 0 },
	/* MSI-X: 3 entries in BAR 1, pending bits at 0x800 there */
	{ 0x58, 2, 0x6411, 0x6411, 0x6411 },
	{ 0x5a, 2, 0x0002, 0xc002, 0x0002 },
	{ 0x5c, 4, 0x00000001, 0x00000001, 0x00000001 },
	{ 0x60, 4, 0x00000801, 0x00000801, 0x00000801 },
	/* of the card itself */
	{ 0x64, 2, 0x0009, 0x0009, 0x0009 },
	{ 0x66, 4, 0x646e6576, 0x646e6576, 0x646e6576 },
	{ 0x6c, 4, 0, 0, 0 },
	{ 0xfc, 4, 0, 0, 0 },
};

static void has_these_registers(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, &card);
	for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		const struct reg *r = &regs[i];

		assert_int_equal(get(&w, r->at, r->size), r->first);
		put(&w, r->at, r->size, UINT32_MAX);
		assert_int_equal(get(&w, r->at, r->size), r->ones);
		put(&w, r->at, r->size, 0);
		assert_int_equal(get(&w, r->at, r->size), r->zeroes);
	}
	close_world(&w);
}

static void is_read_in_parts(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, &card);
	assert_int_equal(get(&w, 0x2c, 2), 0x5678);
	assert_int_equal(get(&w, 0x2e, 2), 0x9abc);
	assert_int_equal(get(&w, 0x2d, 1), 0x56);
	assert_int_equal(get(&w, 0x2d, 2), 0xbc56);
	put(&w, 0x3c, 4, 0xffffff05);
	assert_int_equal(get(&w, 0x3c, 4), 0x0205);
	put(&w, 0x13, 1, 0x12);
	put(&w, 0x12, 1, 0x34);
	assert_int_equal(get(&w, 0x10, 4), 0x1234c601);
	close_world(&w);
}

static void is_opened_by_the_address(void **state)
{
	/* PORT_ADDRESS, what it reads as, and what the data ports are then */
	static const uint32_t rows[][3] = {
		{ 0x80001800, 0x80001800, 0x1234abcd },
		{ 0xff001803, 0x80001800, 0x1234abcd }, /* reserved bits */
		{ 0x80000000, 0x80000000, 0x00081b36 }, /* the bridge */
		{ 0x00001800, 0x00001800, 0xffffffff }, /* not enabled */
		{ 0x80011800, 0x80011800, 0xffffffff }, /* bus 1 */
		{ 0x80001900, 0x80001900, 0xffffffff }, /* function 1 */
		{ 0x80001000, 0x80001000, 0xffffffff }, /* slot 2 */
		{ 0x8000f800, 0x8000f800, 0xffffffff }, /* slot 31 */
	};
	struct world w = { 0 };

	(void)state;
	open_world(&w, &card);
	assert_int_equal(fake_in(&w.bridge, PORT_ADDRESS, 4), 0);
	assert_int_equal(fake_in(&w.bridge, PORT_DATA, 4), 0xffffffff);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_out(&w.bridge, PORT_ADDRESS, 4, rows[i][0]);
		assert_int_equal(fake_in(&w.bridge, PORT_ADDRESS, 4),
				 rows[i][1]);
		assert_int_equal(fake_in(&w.bridge, PORT_DATA, 4), rows[i][2]);
		fake_out(&w.bridge, PORT_DATA, 4, 0);
	}
	choose(&w, 0, 8);
	assert_int_equal(fake_in(&w.bridge, PORT_DATA, 4), 0x06000000);
	close_world(&w);
}

static void is_memory_as_well(void **state)
{
	const uint64_t fn = ECAM + (SLOT << 15);
	struct world w = { 0 };
	struct board ecam;

	(void)state;
	open_world(&w, &card);
	fake_board_open(&ecam, "ecam");
	ecam.slots[0] = &w.bridge;
	ecam.slots[SLOT] = &w.board;
	assert_int_equal(fake_in(&ecam, fn, 4), 0x1234abcd);
	assert_int_equal(fake_in(&ecam, fn + 2, 2), 0x1234);
	assert_int_equal(fake_in(&ecam, ECAM, 4), 0x00081b36);
	fake_out(&ecam, fn + 0x14, 4, 0xd0001fff);
	assert_int_equal(get(&w, 0x14, 4), 0xd0001000);
	/* Across two registers, and where there are none. */
	assert_int_equal(fake_in(&ecam, fn + 0x2a, 4), 0x56780000);
	assert_int_equal(fake_in(&ecam, fn + 0xfc, 4), 0);
	assert_int_equal(fake_in(&ecam, fn + 0xfe, 4), 0xffffffff);
	assert_int_equal(fake_in(&ecam, fn + 0x100, 4), 0xffffffff);
	fake_out(&ecam, fn + 0xfe, 4, 0);
	fake_out(&ecam, fn + 0xffc, 4, 0);
	assert_int_equal(fake_in(&ecam, fn + 0x1000, 4), 0xffffffff);
	assert_int_equal(fake_in(&ecam, ECAM + 0xffffc, 4), 0xffffffff);
	fake_board_close(&ecam);
	close_world(&w);
}

static void check_bar(const struct world *w, unsigned int bar, bool on,
		      uint64_t base)
{
	assert_int_equal(w->board.bars[bar].on, on);
	assert_true(w->board.bars[bar].base == base);
}

static void moves_its_bars(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, &card);
	check_bar(&w, 0, true, 0xc600);
	check_bar(&w, 1, true, 0xc3000000);
	check_bar(&w, 2, true, 0xc3100000);
	check_bar(&w, 4, true, 0xc620);
	check_bar(&w, 5, true, 0xc3200000);
	put(&w, BAR(2), 4, UINT32_MAX); /* sizing, half way */
	check_bar(&w, 2, true, 0xfff00000);
	put(&w, BAR(3), 4, UINT32_MAX);
	check_bar(&w, 2, true, 0xfffffffffff00000);
	put(&w, BAR(2), 4, 0x12345678);
	put(&w, BAR(3), 4, 0x40);
	check_bar(&w, 2, true, 0x4012300000);
	put(&w, COMMAND, 2, 1); /* ports only */
	check_bar(&w, 0, true, 0xc600);
	check_bar(&w, 1, false, 0xc3000000);
	put(&w, BAR(0), 4, 0x00000060); /* over somebody else's */
	check_bar(&w, 0, true, 0x60);
	put(&w, COMMAND, 1, 2);
	check_bar(&w, 0, false, 0x60);
	check_bar(&w, 4, false, 0xc620);
	check_bar(&w, 5, true, 0xc3200000);
	close_world(&w);
}

static void asks_by_its_pin(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, &card);
	assert_int_equal(get(&w, 0x06, 2) & INTX_ASKS, 0);
	pci_level(pci_of(&w), true);
	pci_level(pci_of(&w), true);
	assert_true(w.board.pin);
	assert_int_equal(get(&w, 0x06, 2) & INTX_ASKS, INTX_ASKS);
	put(&w, COMMAND, 2, INTX_OFF);
	assert_false(w.board.pin);
	assert_int_equal(get(&w, 0x06, 2) & INTX_ASKS, INTX_ASKS);
	put(&w, COMMAND, 2, 0);
	assert_true(w.board.pin);
	put(&w, 0x42, 2, 1); /* MSI on: not by the pin */
	assert_false(w.board.pin);
	put(&w, 0x42, 2, 0);
	assert_true(w.board.pin);
	put(&w, 0x5a, 2, 0x8000); /* MSI-X on */
	assert_false(w.board.pin);
	pci_level(pci_of(&w), false);
	put(&w, 0x5a, 2, 0);
	assert_false(w.board.pin);
	assert_int_equal(get(&w, 0x06, 2) & INTX_ASKS, 0);
	assert_int_equal(w.board.messages, 0);
	close_world(&w);
}

static void check_message(struct world *w, unsigned int count, uint64_t address,
			  uint32_t data)
{
	assert_int_equal(w->board.messages, count);
	assert_true(w->board.message_address == address);
	assert_int_equal(w->board.message_data, data);
}

static void sends_msi(void **state)
{
	struct world w = { 0 };
	struct pci *pci;

	(void)state;
	open_world(&w, &card);
	pci = pci_of(&w);
	put(&w, 0x44, 4, 0xfee01000);
	put(&w, 0x48, 4, 0x1);
	put(&w, 0x4c, 2, 0x4042);
	pci_message(pci, 0); /* not enabled */
	put(&w, 0x42, 2, 1);
	pci_message(pci, 0); /* no bus master */
	assert_int_equal(w.board.messages, 0);
	put(&w, COMMAND, 2, MASTER);
	pci_message(pci, 0);
	check_message(&w, 1, 0x1fee01000, 0x4042);
	pci_message(pci, 3); /* has but one */
	check_message(&w, 2, 0x1fee01000, 0x4042);
	put(&w, 0x42, 2, 0x21); /* four of them */
	pci_message(pci, 3);
	check_message(&w, 3, 0x1fee01000, 0x4043);
	put(&w, 0x42, 2, 0x71); /* reserved: as many as it has */
	pci_message(pci, 1);
	check_message(&w, 4, 0x1fee01000, 0x4041);
	close_world(&w);
}

static void masks_msi(void **state)
{
	struct world w = { 0 };
	struct pci *pci;

	(void)state;
	open_world(&w, &card);
	pci = pci_of(&w);
	put(&w, COMMAND, 2, MASTER);
	put(&w, 0x44, 4, 0xfee00000);
	put(&w, 0x4c, 2, 0x40);
	put(&w, 0x42, 2, 0x21);
	put(&w, 0x50, 4, 0x6);
	pci_message(pci, 1);
	pci_message(pci, 1);
	pci_message(pci, 2);
	assert_int_equal(w.board.messages, 0);
	assert_int_equal(get(&w, 0x54, 4), 0x6);
	put(&w, 0x50, 4, 0x4);
	check_message(&w, 1, 0xfee00000, 0x41);
	assert_int_equal(get(&w, 0x54, 4), 0x4);
	put(&w, 0x42, 2, 0); /* off: forgotten */
	assert_int_equal(get(&w, 0x54, 4), 0);
	put(&w, 0x50, 4, 0);
	put(&w, 0x42, 2, 0x21);
	assert_int_equal(w.board.messages, 1);
	close_world(&w);
}

static void set_entry(struct world *w, unsigned int i, uint64_t address,
		      uint32_t data, uint32_t control)
{
	out(w, 1, 16 * i, 4, address);
	out(w, 1, 16 * i + 4, 4, address >> 32);
	out(w, 1, 16 * i + 8, 4, data);
	out(w, 1, 16 * i + 12, 4, control);
}

static void sends_msix(void **state)
{
	struct world w = { 0 };
	struct pci *pci;

	(void)state;
	open_world(&w, &card);
	pci = pci_of(&w);
	put(&w, COMMAND, 2, MASTER);
	assert_int_equal(in(&w, 1, 12, 4), 1); /* each is masked at first */
	assert_int_equal(in(&w, 1, 2 * 16 + 12, 4), 1);
	assert_int_equal(in(&w, 1, 3 * 16 + 12, 4), 0); /* none there */
	put(&w, 0x5a, 2, 0x8000);
	put(&w, 0x42, 2, 1); /* MSI-X goes before MSI */
	set_entry(&w, 2, 0x5fee02003, 0xffff8041, 0xfffffffe);
	assert_int_equal(in(&w, 1, 2 * 16, 4), 0xfee02000);
	assert_int_equal(in(&w, 1, 2 * 16 + 12, 4), 0);
	assert_int_equal(in(&w, 1, 2 * 16 + 9, 1), 0x80);
	pci_message(pci, 2);
	check_message(&w, 1, 0x5fee02000, 0xffff8041);
	pci_message(pci, 3); /* beyond the table */
	pci_message(pci, 31);
	assert_int_equal(w.board.messages, 1);
	close_world(&w);
}

static void masks_msix(void **state)
{
	struct world w = { 0 };
	struct pci *pci;

	(void)state;
	open_world(&w, &card);
	pci = pci_of(&w);
	put(&w, COMMAND, 2, MASTER);
	put(&w, 0x5a, 2, 0xc000); /* all masked */
	set_entry(&w, 0, 0xfee00000, 0x30, 0);
	set_entry(&w, 1, 0xfee00000, 0x31, 1);
	pci_message(pci, 0);
	pci_message(pci, 1);
	assert_int_equal(in(&w, 1, 0x800, 4), 0x3);
	assert_int_equal(w.board.messages, 0);
	put(&w, 0x5a, 2, 0x8000);
	check_message(&w, 1, 0xfee00000, 0x30);
	assert_int_equal(in(&w, 1, 0x800, 4), 0x2);
	set_entry(&w, 1, 0xfee00000, 0x33, 0);
	check_message(&w, 2, 0xfee00000, 0x33);
	assert_int_equal(in(&w, 1, 0x800, 4), 0);
	pci_message(pci, 2);
	assert_int_equal(in(&w, 1, 0x800, 4), 4);
	put(&w, 0x5a, 2, 0); /* off: forgotten */
	assert_int_equal(in(&w, 1, 0x800, 4), 0);
	assert_int_equal(w.board.messages, 2);
	close_world(&w);
}

static void takes_no_part_of_an_entry(void **state)
{
	struct world w = { 0 };

	(void)state;
	open_world(&w, &card);
	set_entry(&w, 0, 0xfee00000, 0x55, 1);
	out(&w, 1, 8, 1, 0x66);
	out(&w, 1, 9, 4, 0x66);
	out(&w, 1, 0x800, 4, 0xff);
	out(&w, 1, 0xffc, 4, 0xff);
	assert_int_equal(w.board.oddities, 4);
	assert_int_equal(in(&w, 1, 8, 4), 0x55);
	assert_int_equal(in(&w, 1, 0xffc, 4), 0);
	close_world(&w);
}

static void has_no_messages_without_apics(void **state)
{
	struct world w = { 0 };

	(void)state;
	fake_no_messages = true;
	open_world(&w, &card);
	fake_no_messages = false;
	assert_int_equal(find_cap(&w, 5), 0);
	assert_int_equal(find_cap(&w, 0x11), 0);
	assert_int_equal(find_cap(&w, 9), 0x40);
	put(&w, COMMAND, 2, MASTER);
	pci_message(pci_of(&w), 0);
	out(&w, 1, 0, 4, 0xfee00000);
	assert_int_equal(in(&w, 1, 0, 4), 0);
	assert_int_equal(w.board.messages, 0);
	close_world(&w);
}

static void reaches_ram_as_a_master(void **state)
{
	struct world w = { 0 };
	struct pci *pci;

	(void)state;
	open_world(&w, &card);
	pci = pci_of(&w);
	assert_null(pci_dma(pci, 0, 1));
	put(&w, COMMAND, 2, MASTER);
	assert_ptr_equal(pci_dma(pci, 16, RAM_SIZE - 16), w.ram + 16);
	assert_null(pci_dma(pci, 16, RAM_SIZE - 15));
	assert_null(pci_dma(pci, UINT64_MAX, 2));
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_these_registers),
		cmocka_unit_test(is_read_in_parts),
		cmocka_unit_test(is_opened_by_the_address),
		cmocka_unit_test(is_memory_as_well),
		cmocka_unit_test(moves_its_bars),
		cmocka_unit_test(asks_by_its_pin),
		cmocka_unit_test(sends_msi),
		cmocka_unit_test(masks_msi),
		cmocka_unit_test(sends_msix),
		cmocka_unit_test(masks_msix),
		cmocka_unit_test(takes_no_part_of_an_entry),
		cmocka_unit_test(has_no_messages_without_apics),
		cmocka_unit_test(reaches_ram_as_a_master),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
