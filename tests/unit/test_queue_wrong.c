/* objects: virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o */
/* objects: util/event.o util/log.o util/sink.o util/lock.o */
/*
 * What can be wrong with a queue, and what is only unusual: each fault stops the
 * device until a reset and touches nothing; the smallest queues, a driver that
 * kicks although it need not, and a reset in the middle go well.
 */
#include "device.h"
#include "queue_driver.h"

static const struct device_type no_device = { .name = "none" };
DEVICE(no_device);

static struct rig rig;
static struct driver driver;
static struct virtio_chain chain;

static bool next(void)
{
	return queue_next(&rig.virtio, 0, &chain);
}

static bool needs_reset(void)
{
	return rig.virtio.status & VIRTIO_NEEDS_RESET;
}

static void open_driver(uint64_t features, unsigned int size)
{
	rig_open(&rig);
	driver_open(&driver, &rig, features, size);
}

/* One buffer of @len bytes at @gpa, for the device to write. */
static uint16_t put(uint64_t gpa, uint32_t len)
{
	const struct request req = { .nr_in = 1, .parts = { { gpa, len } } };
	const uint16_t name = driver_add(&driver, &req);

	driver_show(&driver);
	return name;
}

enum where { BOTH, SPLIT, PACKED, NO_TABLES };

struct fault_desc {
	uint16_t flags;
	uint64_t gpa;
	uint32_t len;
	uint16_t next; /* of a split queue; a packed one has ids, any */
};

/* The faults: the first descriptors of a queue of 8. */
struct fault {
	const char *what;
	enum where where;
	struct fault_desc descs[2];
};

/* Tables: a good one, one that is a table, one that goes on behind its end. */
#define TABLE_GOOD   TABLES
#define TABLE_TABLE  (TABLES + 16)
#define TABLE_BEYOND (TABLES + 32)

static const struct fault faults[] = {
	{ "a buffer behind RAM", BOTH, { { WRITE, RAM_SIZE - 3, 4, 0 } } },
	{ "an address that wraps", BOTH, { { WRITE, UINT64_MAX - 1, 4, 0 } } },
	{ "a length beyond RAM", BOTH, { { 0, DATA, UINT32_MAX, 0 } } },
	{ "the second behind RAM",
	  BOTH,
	  { { NEXT, DATA, 16, 1 }, { WRITE, RAM_SIZE, 1, 0 } } },
	{ "read behind write",
	  BOTH,
	  { { WRITE | NEXT, DATA, 16, 1 }, { 0, DATA, 16, 0 } } },
	{ "a table that has a next",
	  BOTH,
	  { { TABLE | NEXT, TABLE_GOOD, 16, 1 }, { 0, DATA, 16, 0 } } },
	{ "an empty table", BOTH, { { TABLE, TABLE_GOOD, 0, 0 } } },
	{ "a piece of a table", BOTH, { { TABLE, TABLE_GOOD, 31, 0 } } },
	{ "a table behind RAM", BOTH, { { TABLE, RAM_SIZE - 16, 32, 0 } } },
	{ "not agreed on", NO_TABLES, { { TABLE, TABLE_GOOD, 16, 0 } } },
	{ "a table in a table", SPLIT, { { TABLE, TABLE_TABLE, 16, 0 } } },
	{ "beyond the table", SPLIT, { { TABLE, TABLE_BEYOND, 16, 0 } } },
	{ "a next that is none", SPLIT, { { NEXT, DATA, 16, 8 } } },
	{ "a circle", SPLIT, { { NEXT, DATA, 16, 1 }, { NEXT, DATA, 16, 0 } } },
	{ "to itself", SPLIT, { { WRITE | NEXT, DATA, 16, 0 } } },
	{ "longer than the ring", PACKED, { { NEXT, DATA, 16, 0 } } },
};

static void put_words(unsigned int at, const struct fault_desc *desc)
{
	const struct part part = { desc->gpa, desc->len };

	if (is_packed(&driver))
		put_desc(&driver, at, part, 0, desc->flags | 1U << 7);
	else
		put_desc(&driver, at, part, desc->flags, desc->next);
}

static void put_tables(void)
{
	static const struct fault_desc descs[] = {
		{ 0, DATA, 16, 0 },
		{ TABLE, TABLE_GOOD, 16, 0 },
		{ NEXT, DATA, 16, 1 },
	};

	for (unsigned int i = 0; i < 3; i++)
		put_words(TABLES + 16 * i, &descs[i]);
}

static void put_fault(const struct fault *fault)
{
	put_words(DESC, &fault->descs[0]);
	put_words(DESC + 16, &fault->descs[1]);
	if (fault->where == PACKED) { /* all of them go on */
		for (unsigned int i = 1; i < 8; i++)
			put_words(DESC + 16 * i, &fault->descs[0]);
	}
	if (!is_packed(&driver))
		*half_at(&driver, AVAIL + 2) = 1;
}

static void stops(const struct fault *fault, uint64_t layout)
{
	const bool tables = fault->where != NO_TABLES;

	open_driver(layout | (tables ? F_INDIRECT : 0), 8);
	put_tables();
	put_fault(fault);
	assert_false(next());
	if (!needs_reset())
		fail_msg("%s", fault->what);
	assert_int_equal(rig.config_interrupts, 1);
	assert_int_equal(rig.virtio.nr_held, 0);
	assert_false(next()); /* and stays so */
	driver_open(&driver, &rig, layout, 8);
	put(DATA, 1);
	assert_true(next());
	assert_false(needs_reset());
	rig_close(&rig);
}

static void stops_at_each_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		if (faults[i].where != PACKED)
			stops(&faults[i], 0);
		if (faults[i].where != SPLIT)
			stops(&faults[i], F_PACKED);
	}
}

static void stops_at_indices_that_cannot_be(void **state)
{
	static const uint16_t rows[][2] = {
		/* the guest's index, and the head that is there */
		{ 9, 0 },
		{ 0xffff, 0 },
		{ 1, 8 },
		{ 1, 0xffff },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_driver(0, 8);
		*half_at(&driver, AVAIL + 2) = rows[i][0];
		*half_at(&driver, AVAIL + 4) = rows[i][1];
		assert_false(next());
		assert_true(needs_reset());
		rig_close(&rig);
	}
}

static void *large_ram(struct virtio *v, uint64_t gpa, size_t len)
{
	return len > RAM_SIZE ? rig.ram : rig_ram(v, gpa, len);
}

/* Not a byte more than 32 bits count: so a sum of lengths is one of them. */
static void stops_at_too_many_bytes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const struct request req = {
			.nr_out = 1,
			.nr_in = 1,
			.parts = { { DATA, 0x80000000 },
				   { DATA, 0x7fffffff + i / 2 } },
		};

		open_driver(i % 2 ? F_PACKED : 0, 8);
		rig.virtio.ram = large_ram;
		driver_add(&driver, &req);
		driver_show(&driver);
		assert_int_equal(next(), i < 2);
		assert_int_equal(needs_reset(), i >= 2);
		rig_close(&rig);
	}
}

/* Each part of a queue ends with RAM; one byte further it is none. */
static void wants_its_parts_in_ram(void **state)
{
	static const struct {
		uint64_t features;
		unsigned int len[3]; /* of a queue of 8 */
	} rows[] = {
		{ 0, { 128, 20, 68 } },
		{ F_EVENT_IDX, { 128, 22, 70 } },
		{ F_PACKED, { 128, 4, 4 } },
		{ F_PACKED | F_EVENT_IDX, { 128, 4, 4 } },
	};
	static const unsigned int align[] = { 16, 4, 4 };

	(void)state;
	for (unsigned int i = 0; i < 12; i++) {
		const unsigned int part = i % 3;
		const unsigned int len = rows[i / 3].len[part];
		const unsigned int up = -len % align[part];
		struct virtio_queue *q;
		uint64_t *at;

		open_driver(rows[i / 3].features, 8);
		q = &rig.virtio.queues[0];
		at = part == 0 ? &q->desc : part == 1 ? &q->avail : &q->used;
		*at = RAM_SIZE - len - up;
		assert_false(next());
		assert_false(needs_reset());
		driver_open(&driver, &rig, rows[i / 3].features, 8);
		*at = RAM_SIZE - len - up + align[part];
		assert_false(next());
		assert_true(needs_reset());
		rig_close(&rig);
	}
}

static void wants_it_aligned(void **state)
{
	static const struct {
		uint64_t features, desc, avail, used;
	} rows[] = {
		{ 0, DESC + 8, AVAIL, USED },
		{ 0, DESC, AVAIL + 1, USED },
		{ 0, DESC, AVAIL, USED + 2 },
		{ F_PACKED, DESC, AVAIL + 2, USED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct virtio_queue *q = &rig.virtio.queues[0];

		open_driver(rows[i].features, 8);
		q->enabled = false;
		q->desc = rows[i].desc;
		q->avail = rows[i].avail;
		q->used = rows[i].used;
		virtio_enable(&rig.virtio, 0);
		assert_false(next());
		assert_true(needs_reset());
		rig_close(&rig);
	}
}

/* Layouts and ways to hear of things, for what must work in all of them. */
static const uint64_t ways[] = { 0, F_EVENT_IDX, F_PACKED,
				 F_PACKED | F_EVENT_IDX };

static void put_one_between(void)
{
	put(DATA, 5);
	assert_false(driver_needs_kick(&driver));
}

/* The guest puts something there when the device has seen that nothing is, and
 * before it has asked for a kick. */
static void looks_once_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		open_driver(ways[i], 8);
		put(DATA, 4);
		assert_true(driver_needs_kick(&driver));
		assert_true(next());
		rig.on_look = put_one_between;
		assert_true(next());
		assert_int_equal(chain.iov[0].iov_len, 5);
		assert_false(next());
		put(DATA, 6);
		assert_true(driver_needs_kick(&driver));
		rig_close(&rig);
	}
}

/* What an earlier system has left there does not hush the next one. */
static void asks_from_the_start(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		open_driver(ways[i], 8);
		memset(rig.ram + USED, i & 2 ? 1 : 0xff, 2);
		memset(rig.ram + USED + 68, 0x55, 2);
		memset(rig.ram + USED + 2, i & 2 ? 1 : 0, 1);
		assert_false(next());
		put(DATA, 4);
		assert_true(driver_needs_kick(&driver));
		rig_close(&rig);
	}
}

static void does_not_mind_needless_kicks(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		open_driver(ways[i], 2);
		for (unsigned int round = 0; round < 9; round++) {
			uint32_t name, written;

			for (unsigned int n = 0; n < 5; n++)
				assert_false(next());
			queue_tell(&rig.virtio, 0); /* of nothing */
			put(DATA, round);
			assert_true(next());
			assert_false(next());
			queue_done(&rig.virtio, 0, &chain, round);
			assert_false(driver_sees(&driver)); /* not told */
			queue_tell(&rig.virtio, 0);
			assert_true(driver_get(&driver, &name, &written));
			assert_int_equal(written, round);
		}
		rig_close(&rig);
	}
}

/* Where the device's DMA ends, it stops, and nothing more is written. */
static void stops_where_dma_does(void **state)
{
	static uint8_t before[RAM_SIZE];

	(void)state;
	for (unsigned int i = 0; i < 16; i++) {
		const unsigned int when = i / 4;

		open_driver(ways[i % 4], 8);
		put(DATA, 4);
		rig.dma_off = when == 0;
		assert_int_equal(next(), when > 0);
		rig.dma_off |= when == 1;
		if (when == 3)
			assert_false(next());
		rig.dma_off |= when == 3;
		memcpy(before, rig.ram, RAM_SIZE);
		if (when)
			queue_done(&rig.virtio, 0, &chain, 4);
		if (when == 2) {
			memcpy(before, rig.ram, RAM_SIZE);
			rig.dma_off = true;
		}
		queue_tell(&rig.virtio, 0);
		assert_true(needs_reset());
		assert_memory_equal(before, rig.ram, RAM_SIZE);
		rig_close(&rig);
	}
}

static void reset_it(void)
{
	virtio_set_status(&rig.virtio, 0);
}

/* A reset forgets what is held; what the device gives back then is nobody's, even
 * if the guest has made the queue anew, and a smaller one. */
static void lives_through_a_reset(void **state)
{
	struct virtio_chain old;

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		open_driver(ways[i % 4], 256);
		for (unsigned int n = 0; n < 200; n++)
			put(DATA, 4);
		assert_true(next());
		old = chain;
		if (i < 4) {
			queue_done(&rig.virtio, 0, &old, 4); /* not told */
			reset_it();
			queue_tell(&rig.virtio, 0);
			assert_int_equal(rig.interrupts, 0);
			assert_int_equal(*half_at(&driver, USED + 2) & ~1, 0);
			driver_open(&driver, &rig, ways[i % 4], 2);
		} else { /* as a guest over MMIO can, without one */
			old.nr_descs = 200;
			driver_open(&driver, &rig, ways[i % 4], 2);
			rig.virtio.nr_held = 2;
			put(DATA, 1);
			assert_true(next());
			queue_done(&rig.virtio, 0, &old, 4);
			queue_undo(&rig.virtio, 0, &old);
			queue_tell(&rig.virtio, 0);
			driver_open(&driver, &rig, ways[i % 4], 2);
		}
		put(DATA, 7);
		assert_true(next());
		assert_int_equal(chain.iov[0].iov_len, 7);
		rig_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_at_each_fault),
		cmocka_unit_test(stops_at_indices_that_cannot_be),
		cmocka_unit_test(stops_at_too_many_bytes),
		cmocka_unit_test(wants_its_parts_in_ram),
		cmocka_unit_test(wants_it_aligned),
		cmocka_unit_test(looks_once_more),
		cmocka_unit_test(asks_from_the_start),
		cmocka_unit_test(does_not_mind_needless_kicks),
		cmocka_unit_test(stops_where_dma_does),
		cmocka_unit_test(lives_through_a_reset),
	};

	const int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rig_low = DATA; /* buffers are above the hole */
	return failed ? failed : cmocka_run_group_tests(tests, NULL, NULL);
}
