/* objects: virtio/net.o virtio/net_plug.o virtio/net_fill.o virtio/net_offload.o net/unplugged.o virtio/transport.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/log.o util/sink.o util/lock.o util/text.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * A network card that is saved and restored: it has its address, its features and
 * what lies in its queues, and the guest sees that the cable was pulled. A copy of it
 * has an address of its own.
 */
#include "net_cable.h"
#include "saved_world.h"

#define F_INDIRECT (1U << 28)
#define LINK	   (CONFIG + 6)
#define LONG_NS	   1000000000

/* The card of the next process, with a cable of its own; nothing is on it yet. */
static void renew_card(struct stash *stash)
{
	renew_device(true);
	memset(&cable.accepted, 0, sizeof(cable.accepted));
	cable.end.fd = event_fd();
	cable.end.full = false;
	cable.stuck = true;
	w->board.any_level = copy; /* others were before it */
	w->board.copy = copy;
	assert_true(try_restore(stash));
}

static void restore_card(void)
{
	struct stash stash = save_device();

	renew_card(&stash);
	stash_free(&stash);
	go_on();
}

static uint64_t mac(void)
{
	return (uint64_t)rd(CONFIG, 4) << 16 | rd(CONFIG + 4, 2);
}

static void start_card(void)
{
	start_queues(F_MAC | F_STATUS | F_MERGE | F_CSUM | F_GUEST_CSUM |
			     F_INDIRECT,
		     2);
}

/* Down, for as long as a guest takes to notice, and up: told of each. */
static void pulls_the_cable(void **state)
{
	uint64_t before;

	(void)state;
	open_card("fake", true);
	start_card();
	before = mac();
	assert_int_equal(rd(LINK, 2), 1);
	rd(ISR, 1);
	restore_card();
	assert_int_equal(rd(LINK, 2), 0);
	assert_int_equal(rd(ISR, 1), 2);
	fake_run_until(&w->board, w->board.now_ns + LONG_NS);
	assert_int_equal(rd(LINK, 2), 1);
	assert_int_equal(rd(ISR, 1), 2);
	assert_true(mac() == before);
	assert_int_equal(cable.accepted, NET_TAKES_CSUM);
	assert_false(cable.stuck);
	close_world(w);
}

/* Also where it was saved while it was down; and where nobody is at the other end,
 * it stays so. */
static void is_up_in_the_end(void **state)
{
	(void)state;
	open_card("fake", true);
	start_card();
	restore_card();
	restore_card();
	assert_int_equal(rd(LINK, 2), 0);
	fake_run_until(&w->board, w->board.now_ns + LONG_NS);
	assert_int_equal(rd(LINK, 2), 1);
	cable.end.link = false;
	restore_card();
	fake_run_until(&w->board, w->board.now_ns + LONG_NS);
	assert_int_equal(rd(LINK, 2), 0);
	close_world(w);
}

/* The kick that a worker had not heard: what was sent goes, once. And buffers that
 * lay there take what comes. */
static void finds_what_lies_in_queues(void **state)
{
	(void)state;
	open_card("fake", true);
	start_card();
	give(RX, 0, DATA, 2048, WRITE);
	kick_card(RX);
	memset(w->ram + DATA + 4096, 0, HEADER);
	give(TX, 0, DATA + 4096, HEADER + 60, 0);
	kick_queue(TX);
	assert_int_equal(cable.nr_sent, 0);
	restore_card();
	assert_int_equal(cable.nr_sent, 0); /* not before a worker is there */
	assert_true(fake_work(&w->board));
	assert_int_equal(cable.nr_sent, 1);
	assert_int_equal(cable.sent_len, 60);
	assert_int_equal(used_in(TX), 1);
	fake_work(&w->board);
	assert_int_equal(cable.nr_sent, 1);
	come(plain, 100);
	ring();
	assert_int_equal(used_in(RX), 1);
	assert_int_equal(used_len(RX, 0), HEADER + 100);
	send_frame(plain, 1, 80);
	assert_int_equal(cable.nr_sent, 2);
	close_world(w);
}

/* One that came and found no buffer is lost, as others are on a network. */
static void loses_what_was_on_its_way(void **state)
{
	(void)state;
	open_card("fake", true);
	start_card();
	come(plain, 100);
	kick_card(RX);
	assert_int_equal(cable.nr_waiting, 1);
	cable.nr_waiting = 0;
	restore_card();
	give(RX, 0, DATA, 2048, WRITE);
	kick_card(RX);
	assert_int_equal(used_in(RX), 0);
	come(plain, 64);
	ring();
	assert_int_equal(used_len(RX, 0), HEADER + 64);
	close_world(w);
}

static void copies_have_addresses(void **state)
{
	uint64_t macs[101];
	struct stash stash;

	(void)state;
	open_card("fake,mac=52:54:00:12:34:56", true);
	start_card();
	macs[0] = mac();
	stash = save_device();
	for (copy = 1; copy <= 100; copy++) {
		renew_card(&stash);
		go_on();
		macs[copy] = mac();
		assert_int_equal(rd(CONFIG, 1) & 3, 2); /* local, of one */
		assert_int_equal(macs[copy] & 0xffff, macs[0] & 0xffff);
		for (unsigned int i = 0; i < copy; i++)
			assert_true(macs[i] != macs[copy]);
	}
	copy = 0;
	stash_free(&stash);
	close_world(w);
}

/* The cable is the other guest's, and what this one has takes what that one's did. */
static void a_copy_has_no_cable(void **state)
{
	struct stash stash;

	(void)state;
	open_card("fake", true);
	start_card();
	stash = save_device();
	close_world(w);
	copy = 1;
	open_device("fake");
	w->board.copy = copy;
	assert_true(try_restore(&stash));
	go_on();
	fake_run_until(&w->board, w->board.now_ns + LONG_NS);
	assert_int_equal(rd(LINK, 2), 0);
	send_frame(plain, 0, 80);
	assert_int_equal(used_in(TX), 1);
	copy = 0;
	stash_free(&stash);
	close_world(w);
}

static void use_it(void)
{
	fake_run_until(&w->board, w->board.now_ns + LONG_NS);
	come(plain, 100);
	event_notify(cable.end.fd);
	fake_work(&w->board);
	cable.nr_waiting = 0;
	give(TX, 2, DATA, 2048, 0);
	kick_card(TX);
	fake_work(&w->board);
	wr(STATUS, 1, 0);
	cable.end.fd = event_fd();
}

static void survives_damage(void **state)
{
	(void)state;
	open_card("fake", true);
	start_card();
	give(RX, 0, DATA, 2048, WRITE);
	kick_card(RX);
	damage_device(use_it);
	close_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pulls_the_cable),
		cmocka_unit_test(is_up_in_the_end),
		cmocka_unit_test(finds_what_lies_in_queues),
		cmocka_unit_test(loses_what_was_on_its_way),
		cmocka_unit_test(copies_have_addresses),
		cmocka_unit_test(a_copy_has_no_cable),
		cmocka_unit_test(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
