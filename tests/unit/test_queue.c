/* objects: virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o */
/* objects: util/event.o util/log.o util/sink.o util/lock.o */
/*
 * Both layouts of a queue under one driver and one model: a list of what was put
 * there, in order. Steps are drawn from a seed: requests of all shapes, kicks
 * only when they are due, chains that are put back, given back in any order and
 * shown in batches, and a driver that wants interrupts for everything, nothing,
 * or the next.
 */
#include "device.h"
#include "queue_driver.h"

static const struct device_type no_device = { .name = "none" };
DEVICE(no_device);

/* What is under way, from the driver's add to its get. */
struct entry {
	struct request req;
	uint16_t name;
	uint32_t written;
};

struct held {
	uint16_t head, nr_descs;
	unsigned int entry;
};

struct model {
	struct rig rig;
	struct driver driver;
	uint32_t seed;
	struct entry entries[256]; /* by the name the driver has for it */
	uint16_t waiting[1024];	   /* names that the device has not taken */
	unsigned int put, shown, taken;
	struct held held[256];
	unsigned int nr_held;
	uint16_t given[1024]; /* names that the driver has not got */
	unsigned int nr_given, nr_told, nr_got;
	bool works;  /* the device was kicked, and has not said that it is
		     * through */
	bool hushed; /* it took one since it was kicked */
	enum wish wish;
	bool deaf; /* the driver has looked and found nothing since it wished */
	uint64_t restores, requests, undos, kicks, extra_kicks, interrupts;
};

static uint32_t draw(struct model *m, uint32_t below)
{
	m->seed = m->seed * 1664525 + 1013904223;
	return (uint64_t)m->seed * below >> 32;
}

static struct request draw_request(struct model *m)
{
	struct request req = { .in_table = m->driver.features & F_INDIRECT &&
					   draw(m, 2) };
	const unsigned int most = req.in_table || m->driver.room > PARTS_MAX ?
					  PARTS_MAX :
					  m->driver.room;
	const unsigned int nr = 1 + draw(m, most);

	req.nr_out = draw(m, nr + 1);
	req.nr_in = nr - req.nr_out;
	for (unsigned int i = 0; i < nr; i++)
		req.parts[i] =
			(struct part){ DATA + draw(m, 0x8000),
				       draw(m, 8) ? draw(m, 0x8000) : 0 };
	return req;
}

static void add(struct model *m)
{
	struct entry entry;

	if (!m->driver.room)
		return;
	entry.req = draw_request(m);
	entry.name = driver_add(&m->driver, &entry.req);
	m->entries[entry.name] = entry;
	m->waiting[m->put++ % 1024] = entry.name;
	m->requests++;
}

/* While the device works it need not be kicked, and is not, but for the number
 * that it waited for: that may come again after an undo, and comes round. */
static void show(struct model *m)
{
	driver_show(&m->driver);
	m->shown = m->put;
	if (!driver_needs_kick(&m->driver))
		return;
	m->kicks++;
	m->extra_kicks += m->hushed;
	m->works = true;
}

static void check_chain(const struct model *m, const struct entry *entry,
			const struct virtio_chain *chain)
{
	assert_int_equal(chain->nr_out, entry->req.nr_out);
	assert_int_equal(chain->nr_in, entry->req.nr_in);
	for (unsigned int i = 0; i < nr_parts(&entry->req); i++) {
		assert_ptr_equal(chain->iov[i].iov_base,
				 m->rig.ram + entry->req.parts[i].gpa);
		assert_int_equal(chain->iov[i].iov_len,
				 entry->req.parts[i].len);
	}
}

/* The device takes what is next, and only what was shown. */
static void take(struct model *m)
{
	static struct virtio_chain chain;
	unsigned int entry;

	if (!m->works || m->nr_held == 256)
		return;
	if (!queue_next(&m->rig.virtio, 0, &chain)) {
		assert_int_equal(m->taken, m->shown);
		m->works = m->hushed = false;
		return;
	}
	assert_true(m->taken < m->shown);
	m->hushed = true;
	entry = m->waiting[m->taken++ % 1024];
	check_chain(m, &m->entries[entry], &chain);
	m->held[m->nr_held++] =
		(struct held){ chain.head, chain.nr_descs, entry };
}

static struct virtio_chain *name_of(const struct held *held)
{
	static struct virtio_chain chain;

	chain.head = held->head;
	chain.nr_descs = held->nr_descs;
	return &chain;
}

/* The last one that was taken, if it is held: as if it had not been. */
static void undo(struct model *m)
{
	const struct held *last;

	if (!m->nr_held)
		return;
	last = &m->held[m->nr_held - 1];
	if (last->entry != m->waiting[(m->taken - 1) % 1024])
		return;
	queue_undo(&m->rig.virtio, 0, name_of(last));
	m->undos++;
	m->nr_held--;
	m->taken--;
	m->works = true; /* it knows that there is something */
}

static void give(struct model *m)
{
	unsigned int i;
	struct held held;
	struct entry *entry;

	if (!m->nr_held)
		return;
	i = draw(m, m->nr_held);
	held = m->held[i];
	memmove(&m->held[i], &m->held[i + 1],
		(--m->nr_held - i) * sizeof(held));
	entry = &m->entries[held.entry];
	entry->written = draw(m, 0x10000);
	queue_done(&m->rig.virtio, 0, name_of(&held), entry->written);
	m->given[m->nr_given++ % 1024] = entry->name;
}

static void tell(struct model *m)
{
	const unsigned int before = m->rig.interrupts;
	const bool new = m->nr_told != m->nr_given;

	queue_tell(&m->rig.virtio, 0);
	m->nr_told = m->nr_given;
	m->interrupts += m->rig.interrupts - before;
	if (m->wish == WANT_ALL)
		assert_int_equal(m->rig.interrupts - before, new);
	else if (m->wish == WANT_NONE || !new)
		assert_int_equal(m->rig.interrupts, before);
	else if (m->deaf)
		assert_int_equal(m->rig.interrupts - before, 1);
	if (new && m->wish == WANT_NEXT)
		m->deaf = false;
}

/* The driver gets what was shown to it, in order, and then wishes. */
static void get(struct model *m)
{
	uint32_t name, written;
	unsigned int most = draw(m, 8);

	while (most-- && driver_get(&m->driver, &name, &written)) {
		assert_true(m->nr_got < m->nr_told);
		assert_int_equal(name, m->given[m->nr_got++ % 1024]);
		assert_int_equal(written, m->entries[name].written);
		m->deaf = false;
	}
	if (!driver_sees(&m->driver))
		assert_int_equal(m->nr_got, m->nr_told);
}

static void wish(struct model *m)
{
	const bool has_event = m->driver.features & F_EVENT_IDX;

	/* With the event index a split queue's flag means nothing. */
	m->wish = draw(m, 3);
	if (!has_event && m->wish == WANT_NEXT)
		m->wish = WANT_ALL;
	if (has_event && !(m->driver.features & F_PACKED))
		m->wish = WANT_NEXT;
	driver_wish(&m->driver, m->wish);
	m->deaf = m->wish == WANT_NEXT && !driver_sees(&m->driver);
}

/* What is saved, in whatever state that holds no chain, goes on as it was. */
static void restore(struct model *m)
{
	if (m->nr_held || !m->rig.virtio.queues[0].ring.layout)
		return;
	rig_restore(&m->rig);
	m->restores++;
}

static void step(struct model *m)
{
	static void (*const steps[])(struct model *) = {
		add,  add,  add,  show, show, take, take, take, undo,
		give, give, give, tell, tell, get,  get,  wish, restore,
	};

	steps[draw(m, sizeof(steps) / sizeof(steps[0]))](m);
}

/* Everything comes back in the end: no kick was lost. */
static void drain(struct model *m)
{
	show(m);
	while (m->works)
		take(m), give(m);
	while (m->nr_held)
		give(m);
	tell(m);
	while (m->nr_got < m->nr_given)
		get(m);
	assert_int_equal(m->taken, m->put);
	assert_int_equal(m->nr_got, m->put);
	assert_int_equal(m->driver.room, m->driver.size);
	assert_int_equal(m->rig.virtio.nr_held, 0);
	assert_int_equal(m->rig.virtio.status, 0xf);
}

static void check_counts(const struct model *m)
{
	const struct queue_counts *c = &m->rig.virtio.counts[0];

	assert_int_equal(c->chains, m->requests);
	assert_true(c->buffers >= c->chains);
	assert_true(c->kicked >= 1 && c->kicked <= m->kicks + m->undos);
	assert_int_equal(c->interrupts, m->interrupts);
	assert_int_equal(c->size, m->driver.size);
	assert_int_equal(c->packed, !!(m->driver.features & F_PACKED));
	if (m->driver.features & F_EVENT_IDX && !c->packed)
		assert_true(m->extra_kicks <= m->undos + m->requests / 65536);
	else
		assert_int_equal(m->extra_kicks, 0);
}

static void run(uint64_t features, unsigned int size, unsigned int steps,
		uint32_t seed)
{
	static struct model m;

	memset(&m, 0, sizeof(m));
	m.seed = seed;
	rig_open(&m.rig);
	driver_open(&m.driver, &m.rig, features, size);
	wish(&m);
	while (steps--)
		step(&m);
	drain(&m);
	check_counts(&m);
	assert_true(m.restores);
	rig_close(&m.rig);
}

static const uint64_t some_features[] = {
	0,
	F_EVENT_IDX,
	F_INDIRECT,
	F_EVENT_IDX | F_INDIRECT,
};

static void is_what_the_model_says(uint64_t layout)
{
	for (unsigned int size = 1; size <= 256; size *= 2)
		for (unsigned int i = 0; i < 4; i++)
			for (uint32_t seed = 1; seed <= 8; seed++)
				run(layout | some_features[i], size,
				    500 + 20 * size, seed);
}

static void split_is_what_the_model_says(void **state)
{
	(void)state;
	is_what_the_model_says(0);
}

static void packed_is_what_the_model_says(void **state)
{
	(void)state;
	is_what_the_model_says(F_PACKED);
}

/* Indices of 16 bits come round. */
static void goes_round(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		run(some_features[i], 4, 600000, 77);
		run(some_features[i] | F_PACKED, 4, 600000, 78);
	}
}

/* While a chain is held the device is not still; who waits for that hears when it
 * is, and nobody else is disturbed. */
static void says_when_it_is_still(void **state)
{
	static struct virtio_chain first, second;
	struct request req = { .nr_out = 1, .parts = { { DATA, 16 } } };
	struct rig rig;
	struct driver driver;

	(void)state;
	rig_open(&rig);
	driver_open(&driver, &rig, 0, 8);
	assert_true(virtio_still(&rig.virtio));
	for (unsigned int i = 0; i < 3; i++)
		driver_add(&driver, &req);
	driver_show(&driver);
	assert_true(virtio_still(&rig.virtio)); /* nothing was taken */
	assert_true(queue_next(&rig.virtio, 0, &first));
	assert_true(queue_next(&rig.virtio, 0, &second));
	assert_false(virtio_still(&rig.virtio));
	queue_done(&rig.virtio, 0, &first, 0);
	assert_int_equal(rig.board.rings, 0);
	queue_undo(&rig.virtio, 0, &second);
	assert_int_equal(rig.board.rings, 1);
	assert_true(virtio_still(&rig.virtio));
	assert_true(queue_next(&rig.virtio, 0, &first));
	queue_done(&rig.virtio, 0, &first, 0);
	assert_int_equal(rig.board.rings, 1);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_is_what_the_model_says),
		cmocka_unit_test(packed_is_what_the_model_says),
		cmocka_unit_test(goes_round),
		cmocka_unit_test(says_when_it_is_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
