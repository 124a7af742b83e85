/* objects: virtio/net.o virtio/net_plug.o virtio/net_fill.o virtio/net_offload.o net/unplugged.o virtio/transport.o virtio/mmio.o virtio/mmio_saved.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/log.o util/sink.o util/lock.o util/text.o */
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
#define PULLED_NS  200000000
#define HOUR_NS	   3600000000000

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

static void run_for(uint64_t ns)
{
	fake_run_until(&w->board, w->board.now_ns + ns);
}

/* Whether an interrupt asks the guest to look at the configuration space. */
static bool is_told(void)
{
	uint32_t why = rd(ISR, 1);

	if (over_mmio)
		out(w, 0, 0x64, 4, why); /* it is acknowledged */
	return why & 2;
}

/* Down, until the guest has looked and a moment more, and up: told of each. However
 * late that is, and whatever else it reads. */
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
	run_for(HOUR_NS);
	assert_int_equal(rd(ISR, 1), 2);
	assert_true(rd(CONFIG, 4) && rd(CONFIG + 8, 2) && rd(GENERATION, 1));
	run_for(HOUR_NS);
	assert_int_equal(rd(LINK, 2), 0);
	run_for(PULLED_NS - 1);
	assert_int_equal(rd(LINK, 2), 0); /* asking again changes nothing */
	assert_int_equal(rd(ISR, 1), 0);
	run_for(1);
	assert_int_equal(rd(LINK, 2), 1);
	assert_int_equal(rd(ISR, 1), 2);
	assert_true(mac() == before);
	assert_int_equal(cable.accepted, NET_TAKES_CSUM);
	assert_false(cable.stuck);
	close_world(w);
}

/* Each byte of the status is it, and so is what has one among others. */
static void is_seen_by_any_read(void **state)
{
	static const unsigned int rows[][2] = {
		{ LINK, 1 },
		{ LINK + 1, 1 },
		{ CONFIG + 4, 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_card("fake", true);
		start_card();
		restore_card();
		rd(rows[i][0], rows[i][1]);
		assert_int_not_equal(w->board.deadline_ns, 0);
		run_for(PULLED_NS);
		assert_int_equal(rd(LINK, 2), 1);
		close_world(w);
	}
}

static void has_no_driver(void)
{
	wr(STATUS, 1, 0);
}

static void has_none_that_is_ready(void)
{
	wr(STATUS, 1, 0);
	wr(STATUS, 1, 3);
}

static void has_a_broken_one(void)
{
	offer_in(TX, 99);
	kick_card(TX);
	assert_true(rd(STATUS, 1) & NEEDS_RESET);
}

static void has_one_without_a_status(void)
{
	start_queues(F_MAC | F_MERGE, 2);
}

static void polls(void)
{
	put(w, 4, 2, 0x406);
}

/* MSI-X, and no vector but for queues. */
static void polls_beside_messages(void)
{
	put(w, find_cap(w, 0x11) + 2, 2, 0x8000);
	wr(QUEUE_SELECT, 2, RX);
	wr(QUEUE_VECTOR, 2, 0);
}

/* Who is not told may look once in a life: there it takes as long as it takes. So for
 * one that begins anew, then or later. */
static void waits_for_nobody_else(void **state)
{
	static void (*const guests[])(void) = {
		has_no_driver,
		has_none_that_is_ready,
		has_one_without_a_status,
		has_a_broken_one,
		polls,
		polls_beside_messages,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++) {
		open_card("fake", true);
		start_card();
		guests[i]();
		restore_card();
		run_for(PULLED_NS - 2);
		assert_true(w->board.deadline_ns);
		run_for(2);
		assert_int_equal(rd(LINK, 2), 1);
		close_world(w);
	}
}

/* By messages, too. */
static void waits_for_who_has_a_vector(void **state)
{
	(void)state;
	open_card("fake", true);
	start_card();
	put(w, find_cap(w, 0x11) + 2, 2, 0x8000);
	wr(VECTOR_OF_CONFIG, 2, 1);
	restore_card();
	run_for(HOUR_NS);
	assert_int_equal(rd(LINK, 2), 0);
	run_for(PULLED_NS);
	assert_int_equal(rd(LINK, 2), 1);
	close_world(w);
}

/* By the driver, or with all of the machine, before it has looked or after that. */
static void comes_back_after_a_reset(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct stash power_on = { 0 };

		open_card("fake", true);
		fake_remember(&w->board, &power_on);
		start_card();
		restore_card();
		if (i & 1)
			rd(LINK, 2);
		if (i & 2)
			assert_true(fake_reset(&w->board, &power_on));
		else
			wr(STATUS, 1, 0);
		put(w, 4, 2, 6);
		start_card();
		run_for(PULLED_NS);
		assert_int_equal(rd(LINK, 2), 1);
		stash_free(&power_on);
		close_world(w);
	}
}

/* A reset in the first moment, before the device goes on. */
static void goes_on_after_a_reset(void **state)
{
	struct stash power_on = { 0 }, stash;
	uint64_t before;

	(void)state;
	open_card("fake,mac=52:54:00:12:34:56", true);
	fake_remember(&w->board, &power_on);
	start_card();
	before = mac();
	stash = save_device();
	copy = 1;
	renew_card(&stash);
	assert_true(fake_reset(&w->board, &power_on));
	go_on();
	put(w, 4, 2, 6);
	assert_true(mac() != before); /* it is a copy */
	run_for(PULLED_NS);
	assert_int_equal(rd(LINK, 2), 1);
	copy = 0;
	stash_free(&stash);
	stash_free(&power_on);
	close_world(w);
}

/* The guest has looked and knows; it is asked once more, since nobody else does. */
static void asks_again_who_was_saved_meanwhile(void **state)
{
	(void)state;
	for (unsigned int seen = 0; seen < 2; seen++) {
		open_card("fake", true);
		start_card();
		restore_card();
		if (seen)
			assert_int_equal(rd(LINK, 2), 0);
		assert_true(is_told());
		restore_card();
		run_for(HOUR_NS);
		assert_true(is_told());
		assert_int_equal(rd(LINK, 2), 0);
		run_for(PULLED_NS);
		assert_int_equal(rd(LINK, 2), 1);
		assert_true(is_told());
		close_world(w);
	}
}

/* What is read in a page is heard of nobody: while it counts, there is none. Where it
 * cannot be taken away the time counts. */
static void hides_what_is_read_unheard(void **state)
{
	static _Alignas(4096) uint8_t page[0x1000];

	(void)state;
	fake_page = page;
	for (unsigned int stays = 0; stays < 2; stays++) {
		open_card_over("mmio", "fake", true);
		start_card();
		is_told();
		fake_page_stays = stays;
		restore_card();
		assert_int_equal(w->board.page_hidden, !stays);
		assert_int_equal(page[0x106], 0);
		assert_true(is_told());
		if (!stays) {
			run_for(HOUR_NS);
			assert_true(w->board.page_hidden);
			assert_int_equal(rd(LINK, 2), 0);
			assert_false(w->board.page_hidden);
		}
		run_for(PULLED_NS);
		assert_int_equal(page[0x106], 1);
		assert_true(is_told());
		fake_page_stays = false;
		close_world(w);
	}
	fake_page = NULL;
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
	run_for(LONG_NS);
	assert_int_equal(rd(LINK, 2), 1);
	cable.end.link = false;
	restore_card();
	run_for(LONG_NS);
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
	run_for(LONG_NS);
	assert_int_equal(rd(LINK, 2), 0);
	send_frame(plain, 0, 80);
	assert_int_equal(used_in(TX), 1);
	copy = 0;
	stash_free(&stash);
	close_world(w);
}

static void use_it(void)
{
	run_for(LONG_NS);
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
		cmocka_unit_test(is_seen_by_any_read),
		cmocka_unit_test(waits_for_nobody_else),
		cmocka_unit_test(waits_for_who_has_a_vector),
		cmocka_unit_test(comes_back_after_a_reset),
		cmocka_unit_test(goes_on_after_a_reset),
		cmocka_unit_test(asks_again_who_was_saved_meanwhile),
		cmocka_unit_test(hides_what_is_read_unheard),
		cmocka_unit_test(is_up_in_the_end),
		cmocka_unit_test(finds_what_lies_in_queues),
		cmocka_unit_test(loses_what_was_on_its_way),
		cmocka_unit_test(copies_have_addresses),
		cmocka_unit_test(a_copy_has_no_cable),
		cmocka_unit_test(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
