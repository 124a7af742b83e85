/* objects: virtio/transport.o virtio/mmio.o virtio/mmio_saved.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/log.o util/sink.o util/lock.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * virtio over MMIO for a device that a thread serves and that holds chains for a
 * while: who waits for whom at a reset, and interrupts that a known driver is not
 * waited for to acknowledge. The device is one of the test.
 */
#include "virtio_driver.h"

#include "shown_page.h"
#include "virtio.h"

#define MMIO_NOTIFY 0x50
#define MMIO_READY  0x44
#define MMIO_STATUS 0x60
#define MMIO_ACK    0x64
#define DEVICE_BUSY 0x70

struct holder {
	struct virtio *virtio;
	struct virtio_chain held[8];
	unsigned int nr, resets;
};

static struct holder *holder;
static uint32_t page[SHOWN_SIZE / 4];

static void holder_init(void *dev, struct virtio *virtio, struct board *board)
{
	(void)board;
	holder = dev;
	holder->virtio = virtio;
}

static void holder_kick(void *dev, unsigned int queue)
{
	struct holder *h = dev;

	while (queue_next(h->virtio, queue, &h->held[h->nr]))
		h->nr++;
}

static void holder_reset(void *dev)
{
	struct holder *h = dev;

	assert_int_equal(h->nr, 0); /* as virtio.h says */
	h->resets++;
}

static const struct virtio_type holder_type = {
	.name = "virtio-holder",
	.id = 63,
	.nr_queues = 1,
	.config_size = 4,
	.workers = 1,
	.size = sizeof(struct holder),
	.init = holder_init,
	.kick = holder_kick,
	.reset = holder_reset,
};

static int holder_plug(struct plan *plan, const char *arg)
{
	(void)arg;
	return virtio_add(plan, &holder_type, NULL, 0);
}

static const struct plug plug = { .option = "--holder", .plug = holder_plug };
PLUG(plug);

static uint32_t reg(uint64_t off)
{
	return in(w, 0, off, 4);
}

static void set(uint64_t off, uint32_t val)
{
	out(w, 0, off, 4, val);
}

static bool line(void)
{
	return w->board.irq[0];
}

/* How often the line has risen or fallen since the last call. */
static unsigned int changes(void)
{
	static unsigned int seen;
	const unsigned int before = seen;

	seen = w->board.irq_changes[0];
	return seen - before;
}

static void open_holder(bool is_known)
{
	memset(w, 0, sizeof(*w));
	memset(page, 0, sizeof(page));
	fake_page = page;
	known = is_known;
	open_over("mmio", NULL);
	start(8);
	for (unsigned int i = 0; i < 8; i++)
		describe(DESC, i, BUFFER + 16 * i, 16, WRITE, 0);
	holder->resets = 0; /* but for that with which a driver begins */
	changes();
}

static void close_holder(void)
{
	close_world(w);
	fake_page = NULL;
	fake_meanwhile = NULL;
	known = false;
}

/* The guest offers @nr chains, which the device takes and holds. */
static void hold(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		offer(i);
	kick();
	while (fake_work(&w->board))
		;
	assert_int_equal(holder->nr, nr);
}

static void give_back(void)
{
	queue_done(holder->virtio, 0, &holder->held[--holder->nr], 16);
	queue_tell(holder->virtio, 0);
}

/* While the guest waits for its reset: another vCPU wants one as well, starts the
 * device, kicks; the device gives a chain back. */
static void while_it_resets(struct board *board)
{
	(void)board;
	assert_int_equal(holder->resets, 0);
	assert_int_equal(w->board.nr_ioevents, 0);
	set(DEVICE_BUSY, 0);
	set(DEVICE_BUSY, 3);
	assert_int_equal(reg(DEVICE_BUSY), 0);
	set(MMIO_NOTIFY, 0);
	fake_work(&w->board);
	give_back();
}

static void waits_for_chains_at_a_reset(void **state)
{
	(void)state;
	for (unsigned int is_known = 0; is_known < 2; is_known++) {
		open_holder(is_known);
		hold(3);
		fake_meanwhile = while_it_resets;
		set(DEVICE_BUSY, 0);
		assert_int_equal(holder->nr, 0);
		assert_int_equal(holder->resets, 1);
		assert_int_equal(w->board.waits, 3);
		assert_int_equal(w->board.rings, 2);  /* still, and reset */
		assert_int_equal(*half(USED + 2), 0); /* not a byte more */
		assert_false(line());
		assert_int_equal(reg(MMIO_STATUS), 0);
		assert_int_equal(page[MMIO_STATUS / 4], 0);
		/* And it can be used again. */
		start(8);
		describe(DESC, 0, BUFFER, 4, WRITE, 0);
		hold(1);
		give_back();
		assert_int_equal(*half(USED + 2), 1);
		assert_true(line());
		close_holder();
	}
}

static void while_it_stops(struct board *board)
{
	(void)board;
	set(MMIO_READY, 0); /* another vCPU, too */
	set(MMIO_NOTIFY, 0);
	fake_work(&w->board);
	give_back();
}

/* QueueReady 0: what is held comes back, and then the queue is not touched. */
static void waits_for_chains_of_a_queue(void **state)
{
	(void)state;
	open_holder(false);
	hold(2);
	fake_meanwhile = while_it_stops;
	set(MMIO_READY, 0);
	assert_int_equal(holder->nr, 0);
	assert_int_equal(holder->resets, 0);
	assert_int_equal(w->board.waits, 2);
	assert_int_equal(*half(USED + 2), 2);
	assert_int_equal(reg(MMIO_READY), 0);
	offer(0);
	kick();
	assert_false(fake_work(&w->board) && holder->nr);
	close_holder();
}

/* A guest that ends does not wait for what will not come. */
static void ends_with_chains_held(void **state)
{
	(void)state;
	open_holder(false);
	hold(2);
	holder->nr = 0; /* forgotten */
	set(DEVICE_BUSY, 0);
	assert_int_equal(w->board.waits, 1);
	close_holder();
}

/* Any driver may do as VIRTIO 1.1 says: high until it has acknowledged. */
static void waits_for_others_to_acknowledge(void **state)
{
	(void)state;
	open_holder(false);
	assert_int_equal(w->board.nr_ioevents, 1);
	assert_int_equal(w->board.ioevents[0].off, MMIO_NOTIFY);
	hold(3);
	give_back();
	give_back();
	assert_true(line());
	assert_int_equal(changes(), 1);
	set(MMIO_ACK, 1);
	assert_false(line());
	assert_int_equal(page[MMIO_STATUS / 4], 0);
	give_back();
	assert_true(line());
	assert_int_equal(changes(), 2);
	close_holder();
}

/* Linux's: an edge for each, whatever is left of the last one. */
static void gives_an_edge_for_each(void **state)
{
	const struct ioevent *ack = &w->board.ioevents[1];

	(void)state;
	open_holder(true);
	assert_int_equal(w->board.nr_ioevents, 2);
	assert_int_equal(ack->off, MMIO_ACK);
	assert_int_equal(ack->size, 4);
	assert_true(ack->only);
	assert_int_equal(ack->val, 1);
	hold(4);
	give_back();
	assert_int_equal(changes(), 1);
	give_back(); /* its acknowledgement never came here */
	assert_int_equal(changes(), 2);
	assert_true(line());
	assert_int_equal(page[MMIO_STATUS / 4], 1);
	/* The configuration space has changed: it shows, and it is an edge. */
	virtio_set_config(holder->virtio, 0, "\1\2\3\4", 4);
	assert_int_equal(changes(), 2);
	assert_true(line());
	assert_int_equal(page[MMIO_STATUS / 4], 3);
	/* So is a queue's that comes before both have been acknowledged. */
	give_back();
	assert_int_equal(changes(), 2);
	assert_true(line());
	/* That is a write as any other, for it is not the one that is unheard. */
	set(MMIO_ACK, 3);
	assert_int_equal(changes(), 1);
	assert_false(line());
	assert_int_equal(page[MMIO_STATUS / 4], 0);
	give_back();
	assert_int_equal(changes(), 1);
	assert_true(line());
	assert_int_equal(page[MMIO_STATUS / 4], 1);
	close_holder();
}

/* Where the host does not take that write, it comes here, and counts. */
static void takes_an_acknowledgement(void **state)
{
	(void)state;
	open_holder(true);
	hold(3);
	give_back();
	set(MMIO_ACK, 1);
	assert_false(line());
	assert_int_equal(page[MMIO_STATUS / 4], 0);
	give_back();
	assert_true(line());
	/* One of two reasons is left, and that is an edge. */
	virtio_set_config(holder->virtio, 0, "\1", 1);
	changes();
	set(MMIO_ACK, 2);
	assert_int_equal(changes(), 2);
	assert_true(line());
	assert_int_equal(page[MMIO_STATUS / 4], 1);
	give_back();
	assert_int_equal(changes(), 2);
	close_holder();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_for_chains_at_a_reset),
		cmocka_unit_test(waits_for_chains_of_a_queue),
		cmocka_unit_test(ends_with_chains_held),
		cmocka_unit_test(waits_for_others_to_acknowledge),
		cmocka_unit_test(gives_an_edge_for_each),
		cmocka_unit_test(takes_an_acknowledgement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
