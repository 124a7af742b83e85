/* objects: virtio/rng.o virtio/transport.o virtio/mmio.o virtio/mmio_saved.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/log.o util/sink.o util/lock.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * virtio over MMIO, register by register as VIRTIO 1.1 has it, and its line; the
 * same driver as over PCI finds the same device.
 */
#include "virtio_driver.h"

#include "shown_page.h"

#define MMIO_NOTIFY 0x50
#define MMIO_STATUS 0x60
#define MMIO_ACK    0x64

static uint32_t reg(uint64_t off)
{
	return in(w, 0, off, 4);
}

static void set(uint64_t off, uint32_t val)
{
	out(w, 0, off, 4, val);
}

static void open_mmio(void)
{
	memset(w, 0, sizeof(*w));
	open_over("mmio", NULL);
	assert_true(over_mmio);
}

/* The device's only line; it has one buffer for the driver to offer. */
static bool line(void)
{
	return w->board.irq[0];
}

static void start_with_buffer(void)
{
	start(8);
	describe(DESC, 0, BUFFER, 4, WRITE, 0);
}

static void has_these_registers(void **state)
{
	/* offset, what is there at first */
	static const uint32_t rows[][2] = {
		{ 0x00, 0x74726976 }, { 0x04, 2 },  { 0x08, 4 },
		{ 0x0c, 0x4d564b4d }, { 0x34, 64 }, { 0x44, 0 },
		{ 0x60, 0 },	      { 0x70, 0 },  { 0xfc, 0 },
	};

	(void)state;
	open_mmio();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(reg(rows[i][0]), rows[i][1]);
	set(0x14, 1);
	assert_int_equal(reg(0x10) & 1, 1); /* version 1 */
	set(0x14, 2);
	assert_int_equal(reg(0x10), 0);
	set(0x30, 1); /* no such queue */
	assert_int_equal(reg(0x34), 0);
	set(0x44, 1);
	assert_int_equal(reg(0x44), 0);
	/* Those for writing only, those that there are not, and the end. */
	for (uint64_t off = 0; off < 0x1000; off += 4)
		reg(off);
	assert_int_equal(reg(0x50), 0);
	assert_int_equal(reg(0x80), 0);
	assert_int_equal(reg(0xac), 0);
	assert_int_equal(reg(0x100), 0);
	assert_int_equal(reg(0xffc), 0);
	close_world(w);
}

static void wants_whole_registers(void **state)
{
	(void)state;
	open_mmio();
	assert_int_equal(in(w, 0, 0x00, 1), 0);
	assert_int_equal(in(w, 0, 0x00, 2), 0);
	assert_int_equal(in(w, 0, 0x02, 4), 0);
	out(w, 0, 0x70, 1, 3);
	out(w, 0, 0x72, 4, 3);
	assert_int_equal(reg(0x70), 0);
	set(0x70, 3);
	assert_int_equal(reg(0x70), 3);
	close_world(w);
}

static void fills_buffers(void **state)
{
	(void)state;
	open_mmio();
	start_with_buffer();
	w->board.random = 1;
	offer(0);
	kick();
	assert_int_equal(*half(USED + 2), 1);
	assert_int_equal(*word(USED + 8), 4);
	assert_int_equal(w->ram[BUFFER + 3], 4);
	set(MMIO_NOTIFY, 1); /* no such queue */
	set(MMIO_NOTIFY, 0x10000);
	assert_int_equal(w->board.oddities, 0);
	close_world(w);
}

static void asks_by_its_line(void **state)
{
	(void)state;
	open_mmio();
	start_with_buffer();
	offer(0);
	kick();
	assert_true(line());
	assert_int_equal(reg(MMIO_STATUS), 1);
	assert_int_equal(reg(MMIO_STATUS), 1); /* reading takes nothing away */
	set(MMIO_ACK, 2);		       /* not what it asks for */
	assert_true(line());
	set(MMIO_ACK, 1);
	assert_false(line());
	assert_int_equal(reg(MMIO_STATUS), 0);
	*half(AVAIL) = 1; /* no interrupt, please */
	offer(0);
	kick();
	assert_false(line());
	close_world(w);
}

/* One reason is acknowledged, another is left: an edge for that. */
static void gives_an_edge_for_each(void **state)
{
	unsigned int edges;

	(void)state;
	open_mmio();
	start_with_buffer();
	offer(0);
	kick();
	offer(9); /* no descriptor */
	kick();
	assert_int_equal(reg(MMIO_STATUS), 3);
	edges = w->board.irq_changes[0];
	set(MMIO_ACK, 1);
	assert_int_equal(reg(MMIO_STATUS), 2);
	assert_true(line());
	assert_int_equal(w->board.irq_changes[0], edges + 2);
	set(MMIO_ACK, 2);
	assert_false(line());
	close_world(w);
}

static void forgets_all_at_a_reset(void **state)
{
	(void)state;
	open_mmio();
	start_with_buffer();
	offer(0);
	kick();
	set(0x30, 5);
	set(0x14, 1);
	set(0x70, 0);
	assert_int_equal(reg(0x70), 0);
	assert_false(line());
	assert_int_equal(reg(MMIO_STATUS), 0);
	assert_int_equal(reg(0x44), 0);
	assert_int_equal(reg(0x34), 64);    /* of queue 0 again */
	assert_int_equal(reg(0x10) & 1, 0); /* of half 0 again */
	close_world(w);
}

/* QueueReady: what is set up stays as it is until it is taken back. */
static void can_stop_a_queue(void **state)
{
	(void)state;
	open_mmio();
	start_with_buffer();
	set(0x38, 16);
	set(0x80, INDIRECT);
	set(0x44, 3); /* it is on anyway */
	offer(0);
	kick();
	assert_int_equal(*half(USED + 2), 1);
	set(0x44, 0);
	assert_int_equal(reg(0x44), 0);
	offer(0);
	kick();
	assert_int_equal(*half(USED + 2), 1);
	memset(w->ram, 0, RAM_SIZE);
	set(0x38, 8);
	set(0x80, DESC);
	set(0x90, AVAIL);
	set(0xa0, USED);
	set(0x44, 1);
	describe(DESC, 0, BUFFER, 4, WRITE, 0);
	offer(0);
	kick();
	assert_int_equal(*half(USED + 2), 1); /* from the start */
	close_world(w);
}

/* What the guest reads in the page is what it would be told. */
static void check_page(void)
{
	const uint32_t *page = fake_page;

	for (uint64_t off = 0; off < 0x1000; off += 4)
		assert_int_equal(page[off / 4], reg(off));
}

static void shows_all_in_a_page(void **state)
{
	static _Alignas(4096) uint8_t page[SHOWN_SIZE];

	(void)state;
	memset(page, 0, sizeof(page));
	fake_page = page;
	open_mmio();
	check_page();
	negotiate();
	check_page();
	for (uint32_t half_nr = 0; half_nr < 3; half_nr++) {
		set(0x14, half_nr);
		check_page();
	}
	start_with_buffer();
	check_page();
	offer(0);
	kick();
	check_page();
	assert_int_equal(reg(MMIO_STATUS), 1);
	offer(9);
	kick();
	check_page();
	set(MMIO_ACK, 1);
	check_page();
	assert_int_equal(reg(0x70), DRIVER_OK | NEEDS_RESET);
	set(0x30, 7);
	check_page();
	set(0x70, 0);
	check_page();
	close_world(w);
	fake_page = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_these_registers),
		cmocka_unit_test(wants_whole_registers),
		cmocka_unit_test(fills_buffers),
		cmocka_unit_test(asks_by_its_line),
		cmocka_unit_test(gives_an_edge_for_each),
		cmocka_unit_test(forgets_all_at_a_reset),
		cmocka_unit_test(can_stop_a_queue),
		cmocka_unit_test(shows_all_in_a_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
