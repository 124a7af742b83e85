/* objects: virtio/rng.o virtio/transport.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/log.o util/sink.o util/lock.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * virtio over PCI, driven as VIRTIO 1.1 wants a driver to: capabilities, the
 * common configuration, the steps of the status, a queue, and all the ways in
 * which what lies in a queue can be none.
 */
#include "virtio_driver.h"

static void tells_where_it_is(void **state)
{
	/* type, bar, offset, bytes of each capability */
	static const uint32_t caps[][4] = {
		{ 1, 0, 0x0000, 0x38 }, { 3, 0, 0x1000, 1 }, { 2, 2, 0, 64 },
		{ 2, 0, 0x2000, 64 },	{ 5, 0, 0, 0 },
	};
	unsigned int at;

	(void)state;
	open_rng();
	assert_int_equal(get(w, 0, 4), 0x10441af4);
	assert_int_equal(get(w, 8, 4), 0x00ff0001);
	at = find_cap(w, 0x11);
	assert_int_equal(get(w, at + 2, 2), 1); /* two vectors */
	assert_int_equal(get(w, at + 4, 4), 1); /* in BAR 1 */
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		at = get(w, at + 1, 1);
		assert_int_equal(get(w, at, 1), 9);
		assert_int_equal(get(w, at + 3, 1), caps[i][0]);
		assert_int_equal(get(w, at + 4, 1), caps[i][1]);
		assert_int_equal(get(w, at + 8, 4), caps[i][2]);
		assert_int_equal(get(w, at + 12, 4), caps[i][3]);
	}
	assert_int_equal(get(w, at + 1, 1), 0);
	close_world(w);
}

static void has_a_window(void **state)
{
	unsigned int at;

	(void)state;
	open_rng();
	for (at = get(w, 0x34, 1);
	     get(w, at, 1) != 9 || get(w, at + 3, 1) != 5;)
		at = get(w, at + 1, 1);
	assert_int_equal(get(w, at + 16, 4), 0xffffffff); /* not set */
	put(w, at + 8, 4, NR_QUEUES);
	put(w, at + 12, 4, 2);
	assert_int_equal(get(w, at + 16, 2), 1);
	assert_int_equal(get(w, at + 16, 4), 0xffffffff);
	assert_int_equal(get(w, at + 18, 2), 0xffff);
	put(w, at + 8, 4, STATUS);
	put(w, at + 12, 4, 1);
	put(w, at + 16, 1, 3);
	assert_int_equal(rd(STATUS, 1), 3);
	put(w, at + 8, 4, 0xfffffffc);
	put(w, at + 12, 4, 4);
	put(w, at + 16, 4, 3);
	assert_int_equal(get(w, at + 16, 4), 0xffffffff);
	put(w, at + 4, 1, 1);
	put(w, at + 8, 4, 0);
	assert_int_equal(get(w, at + 16, 4), 0xffffffff);
	close_world(w);
}

static void has_these_registers(void **state)
{
	(void)state;
	open_rng();
	/* indirect tables and the event index; version 1 and packed */
	assert_int_equal(rd(OFFER, 4), 3U << 28);
	wr(OFFER_SELECT, 4, 1);
	assert_int_equal(rd(OFFER_SELECT, 4), 1);
	assert_int_equal(rd(OFFER, 4), 1 | 1 << 2);
	wr(OFFER_SELECT, 4, 2);
	assert_int_equal(rd(OFFER, 4), 0);
	assert_int_equal(rd(NR_QUEUES, 2), 1);
	assert_int_equal(rd(VECTOR_OF_CONFIG, 2), 0xffff);
	wr(VECTOR_OF_CONFIG, 2, 1);
	assert_int_equal(rd(VECTOR_OF_CONFIG, 2), 1);
	wr(VECTOR_OF_CONFIG, 2, 2); /* there are two */
	assert_int_equal(rd(VECTOR_OF_CONFIG, 2), 0xffff);
	wr(QUEUE_VECTOR, 2, 0);
	assert_int_equal(rd(QUEUE_VECTOR, 2), 0);
	assert_int_equal(rd(QUEUE_SIZE, 2), 64);
	wr(QUEUE_SIZE, 2, 8);
	assert_int_equal(rd(QUEUE_SIZE, 2), 8);
	wr(QUEUE_SIZE, 2, 12); /* no power of two */
	wr(QUEUE_SIZE, 2, 128);
	wr(QUEUE_SIZE, 2, 0);
	assert_int_equal(rd(QUEUE_SIZE, 2), 8);
	wr(QUEUE_DESC + 4, 4, 0x12);
	wr(QUEUE_DESC, 4, 0x3400);
	assert_int_equal(rd(QUEUE_DESC + 4, 4), 0x12);
	assert_int_equal(rd(QUEUE_DESC, 4), 0x3400);
	wr(QUEUE_SELECT, 2, 1); /* no such queue */
	assert_int_equal(rd(QUEUE_SIZE, 2), 0);
	assert_int_equal(rd(QUEUE_VECTOR, 2), 0xffff);
	wr(QUEUE_SIZE, 2, 8);
	wr(QUEUE_ENABLE, 2, 1);
	assert_int_equal(rd(QUEUE_ENABLE, 2), 0);
	wr(STATUS, 1, 0);
	assert_int_equal(rd(QUEUE_SELECT, 2), 0);
	assert_int_equal(rd(QUEUE_SIZE, 2), 64);
	assert_int_equal(rd(QUEUE_DESC, 4), 0);
	assert_int_equal(rd(QUEUE_VECTOR, 2), 0xffff);
	close_world(w);
}

static void takes_features_that_it_offers(void **state)
{
	/* low and high half, and whether they are accepted */
	static const uint32_t rows[][3] = {
		{ 0, 1, 1 },	      { 1U << 28, 1, 1 }, { 0, 0, 0 },
		{ 1U << 28, 0, 0 },   { 1, 1, 0 },	  { 0, 3, 0 },
		{ 0xffffffff, 1, 0 },
	};

	(void)state;
	open_rng();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wr(STATUS, 1, 0);
		wr(STATUS, 1, 3);
		for (unsigned int half_nr = 0; half_nr < 2; half_nr++) {
			wr(TAKE_SELECT, 4, half_nr);
			wr(TAKE, 4, rows[i][half_nr]);
		}
		wr(STATUS, 1, FEATURES_OK);
		assert_int_equal(rd(STATUS, 1), rows[i][2] ? FEATURES_OK : 3);
	}
	negotiate();
	wr(TAKE, 4, 0); /* too late */
	assert_int_equal(rd(TAKE, 4), 1);
	wr(TAKE_SELECT, 4, 7);
	wr(TAKE, 4, 0xff);
	assert_int_equal(rd(TAKE, 4), 0);
	close_world(w);
}

static void goes_only_with_its_features(void **state)
{
	(void)state;
	open_rng();
	start(8);
	wr(STATUS, 1, 3); /* what is set stays, and so do the features */
	assert_int_equal(rd(STATUS, 1), DRIVER_OK);
	wr(TAKE_SELECT, 4, 1);
	wr(TAKE, 4, 0);
	assert_int_equal(rd(TAKE, 4), 1);

	start(8);
	wr(STATUS, 1, 0);
	wr(STATUS, 1, 3);
	wr(TAKE, 4, 1);
	wr(QUEUE_SIZE, 2, 8);
	wr(QUEUE_DESC, 4, DESC);
	wr(QUEUE_AVAIL, 4, AVAIL);
	wr(QUEUE_USED, 4, USED);
	wr(QUEUE_ENABLE, 2, 1);
	wr(TAKE_SELECT, 4, 0);
	wr(TAKE, 4, 0xffffffff);
	wr(STATUS, 1, 7); /* nobody has agreed to these */
	assert_int_equal(rd(STATUS, 1), 3);
	wr(STATUS, 1, DRIVER_OK);
	assert_int_equal(rd(STATUS, 1), 3);
	describe(DESC, 0, BUFFER, 4, WRITE, 0);
	offer(0);
	kick();
	assert_int_equal(w->board.random_len, 0);
	close_world(w);
}

static void fills_buffers(void **state)
{
	(void)state;
	open_rng();
	start(8);
	describe(DESC, 0, BUFFER, 16, WRITE, 0);
	describe(DESC, 1, BUFFER + 0x100, 8, NEXT, 2); /* not to be written */
	describe(DESC, 2, BUFFER + 0x200, 300, WRITE | NEXT, 3);
	describe(DESC, 3, BUFFER + 0x400, 10, WRITE, 0);
	offer(0);
	offer(1);
	w->board.random = 1;
	kick();
	assert_int_equal(*half(USED + 2), 2);
	assert_int_equal(*word(USED + 4), 0);
	assert_int_equal(*word(USED + 8), 16);
	assert_int_equal(*word(USED + 12), 1);
	assert_int_equal(*word(USED + 16), 256); /* what a request gets */
	assert_int_equal(w->ram[BUFFER], 1);
	assert_int_equal(w->ram[BUFFER + 15], 16);
	assert_int_equal(w->ram[BUFFER + 16], 0);
	assert_int_equal(w->ram[BUFFER + 0x100], 0);
	assert_int_equal(w->ram[BUFFER + 0x200], 17);
	assert_int_equal(w->ram[BUFFER + 0x2ff], 16);
	assert_int_equal(w->ram[BUFFER + 0x300], 0);
	assert_int_equal(w->ram[BUFFER + 0x400], 0);
	kick(); /* nothing new */
	assert_int_equal(*half(USED + 2), 2);
	assert_int_equal(rd(STATUS, 1), DRIVER_OK);
	assert_int_equal(w->board.oddities, 0);
	close_world(w);
}

static void goes_round(void **state)
{
	(void)state;
	open_rng();
	start(8);
	describe(DESC, 5, BUFFER, 1, WRITE, 0);
	for (unsigned int i = 1; i <= 70000; i++) {
		offer(5);
		kick();
		assert_int_equal(*half(USED + 2), (uint16_t)i);
	}
	close_world(w);
}

static void takes_chains_in_tables(void **state)
{
	(void)state;
	open_rng();
	start(8);
	describe(DESC, 0, INDIRECT, 32, TABLE, 0);
	describe(INDIRECT, 0, BUFFER, 4, WRITE | NEXT, 1);
	describe(INDIRECT, 1, BUFFER + 8, 4, WRITE, 0);
	offer(0);
	kick();
	assert_int_equal(*half(USED + 2), 1);
	assert_int_equal(*word(USED + 8), 8);
	close_world(w);
}

static void asks_by_its_pin(void **state)
{
	(void)state;
	open_rng();
	start(8);
	describe(DESC, 0, BUFFER, 4, WRITE, 0);
	offer(0);
	kick();
	assert_true(w->board.pin);
	assert_int_equal(rd(ISR, 1), 1);
	assert_false(w->board.pin);
	assert_int_equal(rd(ISR, 1), 0);
	*half(AVAIL) = 1; /* no interrupt, please */
	offer(0);
	kick();
	assert_int_equal(*half(USED + 2), 2);
	assert_false(w->board.pin);
	out(w, 2, 0, 2, 0); /* by its port */
	assert_int_equal(*half(USED + 2), 2);
	offer(0);
	out(w, 2, 0, 2, 0);
	assert_int_equal(*half(USED + 2), 3);
	wr(NOTIFY + 4, 2, 1); /* no such queue */
	out(w, 2, 4, 2, 1);
	wr(NOTIFY + 64, 4, 0);
	close_world(w);
}

static void asks_by_msix(void **state)
{
	unsigned int cap;

	(void)state;
	open_rng();
	cap = find_cap(w, 0x11);
	put(w, cap + 2, 2, 0x8000);
	for (unsigned int i = 0; i < 2; i++) {
		out(w, 1, 16 * i, 4, 0xfee00000);
		out(w, 1, 16 * i + 8, 4, 0x40 + i);
		out(w, 1, 16 * i + 12, 4, 0);
	}
	start(8);
	describe(DESC, 0, BUFFER, 4, WRITE, 0);
	offer(0);
	kick();
	assert_int_equal(w->board.messages, 0); /* no vector yet */
	wr(QUEUE_VECTOR, 2, 1);
	wr(VECTOR_OF_CONFIG, 2, 0);
	offer(0);
	kick();
	assert_int_equal(w->board.messages, 1);
	assert_int_equal(w->board.message_data, 0x41);
	offer(9); /* not a descriptor */
	kick();
	assert_int_equal(w->board.messages, 2);
	assert_int_equal(w->board.message_data, 0x40);
	assert_int_equal(rd(ISR, 1), 0);
	assert_false(w->board.pin);
	close_world(w);
}

/* What can be wrong with a chain at 0; each breaks the queue until a reset. */
static void no_table_end(void)
{
	describe(DESC, 0, BUFFER, 4, WRITE | NEXT, 8);
}

static void a_circle(void)
{
	describe(DESC, 0, BUFFER, 4, WRITE | NEXT, 1);
	describe(DESC, 1, BUFFER, 4, WRITE | NEXT, 0);
}

static void no_ram(void)
{
	describe(DESC, 0, RAM_SIZE - 3, 4, WRITE, 0);
}

static void wraps(void)
{
	describe(DESC, 0, UINT64_MAX - 1, 4, WRITE, 0);
}

static void too_long(void)
{
	describe(DESC, 0, BUFFER, UINT32_MAX, WRITE, 0);
}

static void read_behind_write(void)
{
	describe(DESC, 0, BUFFER, 4, WRITE | NEXT, 1);
	describe(DESC, 1, BUFFER, 4, 0, 0);
}

static void table_in_table(void)
{
	describe(DESC, 0, INDIRECT, 32, TABLE, 0);
	describe(INDIRECT, 0, INDIRECT, 32, TABLE, 0);
}

static void table_and_next(void)
{
	describe(DESC, 0, INDIRECT, 32, TABLE | NEXT, 1);
	describe(INDIRECT, 0, BUFFER, 4, WRITE, 0);
}

static void empty_table(void)
{
	describe(DESC, 0, INDIRECT, 0, TABLE, 0);
}

static void broken_table(void)
{
	describe(DESC, 0, INDIRECT, 31, TABLE, 0);
}

static void table_elsewhere(void)
{
	describe(DESC, 0, RAM_SIZE - 8, 16, TABLE, 0);
}

static void beyond_a_table(void)
{
	describe(DESC, 0, INDIRECT, 32, TABLE, 0);
	describe(INDIRECT, 0, BUFFER, 4, WRITE | NEXT, 2);
}

static void too_many_waiting(void)
{
	*half(AVAIL + 2) = 9;
}

static void no_bus_master(void)
{
	put(w, 4, 2, 2);
}

static void (*const wrongs[])(void) = {
	no_table_end,	  a_circle,	     no_ram,	      wraps,
	too_long,	  read_behind_write, table_in_table,  table_and_next,
	empty_table,	  broken_table,	     table_elsewhere, beyond_a_table,
	too_many_waiting, no_bus_master,
};

static void stops_at_what_is_none(void **state)
{
	(void)state;
	open_rng();
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		put(w, 4, 2, 6);
		start(8);
		offer(0);
		wrongs[i]();
		kick();
		assert_int_equal(rd(STATUS, 1), DRIVER_OK | NEEDS_RESET);
		assert_int_equal(rd(ISR, 1), 2);
		assert_int_equal(w->board.oddities, i + 1);
		assert_int_equal(*half(USED + 2), 0);
		wr(STATUS, 1, DRIVER_OK); /* does not help */
		kick();
		assert_int_equal(rd(STATUS, 1), DRIVER_OK | NEEDS_RESET);
		assert_int_equal(w->board.oddities, i + 1);
	}
	close_world(w);
}

static void wants_its_queue_in_ram(void **state)
{
	/* descriptors, the guest's ring, the device's; whether at once */
	static const uint32_t rows[][4] = {
		{ DESC + 8, AVAIL, USED, 1 },
		{ DESC, AVAIL + 1, USED, 1 },
		{ DESC, AVAIL, USED + 2, 1 },
		{ RAM_SIZE - 64, AVAIL, USED, 0 },
		{ DESC, RAM_SIZE - 8, USED, 0 },
		{ DESC, AVAIL, RAM_SIZE - 16, 0 },
		{ 0xfffffff0, 0xfffffff0, 0xfffffff0, 0 },
	};

	(void)state;
	open_rng();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(w->ram, 0, RAM_SIZE);
		negotiate();
		wr(QUEUE_SIZE, 2, 8);
		wr(QUEUE_DESC, 4, rows[i][0]);
		wr(QUEUE_AVAIL, 4, rows[i][1]);
		wr(QUEUE_USED, 4, rows[i][2]);
		wr(QUEUE_ENABLE, 2, 1);
		assert_int_equal(rd(QUEUE_ENABLE, 2), !rows[i][3]);
		wr(STATUS, 1, DRIVER_OK);
		describe(DESC, 0, BUFFER, 4, WRITE, 0);
		*half(AVAIL + 2) = 1;
		*half(RAM_SIZE - 6) = 1;
		kick();
		assert_true(rd(STATUS, 1) & NEEDS_RESET);
	}
	wr(STATUS, 1, 0);
	kick(); /* not started */
	wr(STATUS, 1, DRIVER_OK);
	kick(); /* no queue */
	assert_int_equal(w->board.random_len, 0);
	close_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_where_it_is),
		cmocka_unit_test(has_a_window),
		cmocka_unit_test(has_these_registers),
		cmocka_unit_test(takes_features_that_it_offers),
		cmocka_unit_test(goes_only_with_its_features),
		cmocka_unit_test(fills_buffers),
		cmocka_unit_test(goes_round),
		cmocka_unit_test(takes_chains_in_tables),
		cmocka_unit_test(asks_by_its_pin),
		cmocka_unit_test(asks_by_msix),
		cmocka_unit_test(stops_at_what_is_none),
		cmocka_unit_test(wants_its_queue_in_ram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
