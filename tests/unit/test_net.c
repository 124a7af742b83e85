/* objects: virtio/net.o virtio/net_plug.o virtio/net_fill.o virtio/net_offload.o net/unplugged.o virtio/transport.o virtio/pci.o virtio/pci_saved.o virtio/pci_common.o virtio/queue.o virtio/chain.o virtio/split.o virtio/packed.o virtio/event_idx.o virtio/status.o virtio/saved.o util/event.o util/log.o util/sink.o util/lock.o util/text.o */
/* objects: pci/host.o pci/config.o pci/saved.o pci/interrupt.o */
/*
 * The network card, with a back end that the test plays: what the guest sends goes
 * there, frames that come from there find buffers or wait, and nothing that cannot
 * be goes through.
 */
#include "net_cable.h"

#include <errno.h>

#include "catch.h"

static void has_an_address(void **state)
{
	static const uint8_t given[] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
	uint8_t first[6], second[6];

	(void)state;
	open_card("fake,mac=52:54:00:12:34:56,mtu=9000", false);
	assert_string_equal(cable.arg, "(none)");
	assert_int_equal(offers() & ~(1U << 29),
			 F_MAC | F_STATUS | F_MERGE | F_MTU | 1U << 28);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(rd(CONFIG + i, 1), given[i]);
	assert_int_equal(rd(CONFIG + 6, 2), 1); /* link */
	assert_int_equal(rd(CONFIG + 8, 2), 1); /* one pair of queues */
	assert_int_equal(rd(CONFIG + 10, 2), 9000);
	close_world(w);

	open_card("fake=x,mtu=1280,y", true);
	assert_string_equal(cable.arg, "x,y");
	for (unsigned int i = 0; i < 6; i++)
		first[i] = rd(CONFIG + i, 1);
	close_world(w);
	open_card("fake=x", true);
	for (unsigned int i = 0; i < 6; i++)
		second[i] = rd(CONFIG + i, 1);
	assert_int_equal(second[0] & 3, 2); /* local, of one card */
	assert_int_equal(second[4], 0);	    /* the guest's number */
	assert_memory_not_equal(first, second, 6);
	assert_int_equal(offers() & F_MTU, 0);
	close_world(w);
}

static void refuses_what_is_none(void **state)
{
	static const char *const rows[] = {
		"",
		"none",
		"fake,mac=",
		"fake,mac=52:54:00:12:34",
		"fake,mac=53:54:00:12:34:56",
		"fake,mac=00:00:00:00:00:00",
		"fake,mac=52-54-00-12-34-56",
		"fake,mac=52:54:00:12:34:5g",
		"fake,mac=52:54:00:12:34:567",
		"fake,mac=+2:54:00:12:34:56",
		"fake,mtu=",
		"fake,mtu=67",
		"fake,mtu=65522",
		"fake,mtu=1500x",
		"fake,mtu=-1",
		"fake,mtu=18446744073709553116",
	};

	(void)state;
	memset(&cable, 0, sizeof(cable));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text;

		catch_begin();
		assert_int_equal(find_plug(false)->plug(NULL, rows[i]),
				 -EINVAL);
		text = catch_end();
		assert_non_null(strstr(text, "kvm-vmm: --net: "));
		assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
	}
	assert_int_equal(cable.end.fd, 0); /* never opened */
}

static void sends(void **state)
{
	(void)state;
	open_card("fake", false);
	start_queues(F_MAC, 2);
	send_frame(plain, 0, 60);
	assert_int_equal(cable.nr_sent, 1);
	assert_int_equal(cable.sent_len, 60);
	assert_memory_equal(cable.sent, bytes, 60);
	assert_int_equal(used_in(TX), 1);
	assert_true(cable.flushes);
	/* header and frame in pieces of any length */
	describe(QUEUE_OF(TX), 1, DATA, 5, NEXT, 2);
	describe(QUEUE_OF(TX), 2, DATA + 5, 0, NEXT, 3);
	describe(QUEUE_OF(TX), 3, DATA + 5, 8, NEXT, 4);
	describe(QUEUE_OF(TX), 4, DATA + 13, 59, 0, 0);
	offer_in(TX, 1);
	kick_card(TX);
	assert_int_equal(cable.nr_sent, 2);
	assert_memory_equal(cable.sent, bytes, 60);
	assert_int_equal(w->board.oddities, 0);
	close_world(w);
}

/* Whatever is wrong with a frame, its buffer comes back and the next one goes. */
static void sends_no_nonsense(void **state)
{
	static const struct {
		struct net_header header;
		size_t len;
	} rows[] = {
		{ { 0, 0, 0, 0, 0, 0 }, 13 },
		{ { 0, 0, 0, 0, 0, 0 }, 0 },
		{ { 1, 0, 0, 0, 59, 0 }, 60 },
		{ { 1, 0, 0, 0, 0xffff, 0xffff }, 60 },
		{ { 1, 1, 0, 0, 34, 16 }, 60 },	 /* no size */
		{ { 0, 1, 0, 20, 34, 16 }, 60 }, /* no sum */
		{ { 1, 3, 0, 20, 34, 6 }, 60 },	 /* not offered */
		{ { 1, 4, 0, 20, 54, 16 }, 80 }, /* not taken */
		{ { 1, 0x81, 0, 20, 34, 16 }, 60 },
	};

	(void)state;
	open_card("fake", true);
	start_queues(F_CSUM | F_HOST_TSO4, 2);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		send_frame(rows[i].header, 0, rows[i].len);
		assert_int_equal(cable.nr_sent, 0);
		assert_int_equal(w->board.oddities, i + 1);
		assert_int_equal(used_in(TX), i + 1);
	}
	describe(QUEUE_OF(TX), 0, DATA, 0xff00, NEXT, 1); /* longer than any */
	describe(QUEUE_OF(TX), 1, DATA, 0x200, 0, 0);
	offer_in(TX, 0);
	kick_card(TX);
	assert_int_equal(cable.nr_sent, 0);
	send_frame((struct net_header){ 1, 1, 9999, 20, 34, 16 }, 0, 60);
	assert_int_equal(cable.nr_sent, 1);
	assert_int_equal(cable.header.gso_size, 20);
	assert_int_equal(cable.header.hdr_len, 0); /* cannot be */
	/* What was not asked for is not passed on. */
	send_frame((struct net_header){ 0xfe, 0, 14, 20, 34, 16 }, 0, 60);
	assert_int_equal(cable.nr_sent, 2);
	assert_int_equal(cable.header.flags, 0);
	assert_int_equal(cable.header.gso_size, 0);
	assert_int_equal(cable.header.csum_start, 0);
	assert_int_equal(rd(STATUS, 1), DRIVER_OK);
	close_world(w);
}

static void waits_while_it_is_full(void **state)
{
	(void)state;
	open_card("fake", false);
	start_queues(0, 2);
	cable.full_after = 2;
	for (unsigned int i = 0; i < 3; i++)
		give(TX, i, DATA, HEADER + 60, 0);
	kick_card(TX);
	assert_int_equal(cable.nr_sent, 2);
	assert_int_equal(used_in(TX), 2);
	ring();
	assert_int_equal(cable.nr_sent, 3);
	assert_int_equal(used_in(TX), 3);
	close_world(w);
}

static void receives(void **state)
{
	(void)state;
	open_card("fake", false);
	start_queues(0, 2);
	give(RX, 0, DATA, HEADER + 1518, WRITE);
	kick_card(RX);
	assert_int_equal(used_in(RX), 0);
	come(plain, 60);
	ring();
	assert_int_equal(used_in(RX), 1);
	assert_int_equal(used_len(RX, 0), HEADER + 60);
	assert_int_equal(*half(DATA + 10), 1); /* of buffers */
	assert_memory_equal(w->ram + DATA + HEADER, bytes, 60);
	assert_int_equal(w->ram[DATA + HEADER + 60], 0);
	come(plain, 60); /* no buffer: it waits */
	ring();
	assert_int_equal(used_in(RX), 1);
	assert_int_equal(cable.nr_waiting, 1);
	assert_true(cable.stuck);
	/* in pieces, and the header, too */
	describe(QUEUE_OF(RX), 1, DATA + 0x1000, 11, WRITE | NEXT, 2);
	describe(QUEUE_OF(RX), 2, DATA + 0x2000, 20, WRITE | NEXT, 3);
	describe(QUEUE_OF(RX), 3, DATA + 0x3000, 99, WRITE, 0);
	offer_in(RX, 1);
	kick_card(RX);
	assert_int_equal(used_in(RX), 2);
	assert_false(cable.stuck);
	assert_int_equal(w->ram[DATA + 0x1000 + 10], 1);
	assert_int_equal(w->ram[DATA + 0x2000], 0);
	assert_memory_equal(w->ram + DATA + 0x2001, bytes, 19);
	assert_memory_equal(w->ram + DATA + 0x3000, bytes + 19, 41);
	come(plain, 1519); /* larger than its buffer: lost */
	come(plain, 1518);
	give(RX, 0, DATA, HEADER + 1518, WRITE);
	kick_card(RX);
	assert_int_equal(cable.nr_waiting, 0);
	assert_int_equal(used_in(RX), 3);
	assert_int_equal(used_len(RX, 2), HEADER + 1518);
	close_world(w);
}

static void merges_buffers(void **state)
{
	(void)state;
	open_card("fake", false);
	start_queues(F_MERGE, 2);
	for (unsigned int i = 0; i < 3; i++)
		give(RX, i, DATA + 0x1000 * i, 100, WRITE);
	come(plain, 388); /* and the header: four buffers, to the byte */
	ring();
	assert_int_equal(used_in(RX), 0);
	assert_true(cable.stuck);
	give(RX, 3, DATA + 0x3000, 100, WRITE);
	kick_card(RX);
	assert_int_equal(used_in(RX), 4);
	assert_int_equal(*half(DATA + 10), 4);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(used_len(RX, i), 100);
	assert_memory_equal(w->ram + DATA + HEADER, bytes, 88);
	assert_memory_equal(w->ram + DATA + 0x1000, bytes + 88, 100);
	assert_memory_equal(w->ram + DATA + 0x3000, bytes + 288, 100);
	/* more than a queue of 8 can hold: lost, and what follows is not */
	for (unsigned int i = 0; i < 8; i++)
		give(RX, i, DATA + 0x1000 * i, 100, WRITE);
	come(plain, 789);
	come(plain, 788);
	ring();
	assert_int_equal(cable.nr_waiting, 0);
	assert_int_equal(used_in(RX), 12);
	assert_int_equal(*half(DATA + 10), 8);
	close_world(w);
}

static void stops_at_a_short_buffer(void **state)
{
	(void)state;
	open_card("fake", false);
	start_queues(F_MERGE, 2);
	give(RX, 0, DATA, HEADER - 1, WRITE);
	come(plain, 60);
	kick_card(RX);
	assert_int_equal(rd(STATUS, 1), DRIVER_OK | NEEDS_RESET);
	assert_int_equal(used_in(RX), 0);
	assert_int_equal(cable.nr_waiting, 1);
	start_queues(F_MERGE, 2); /* a reset, and all is well */
	give(RX, 0, DATA, 200, WRITE);
	kick_card(RX);
	assert_int_equal(used_in(RX), 1);
	close_world(w);
}

static void passes_headers(void **state)
{
	const struct net_header large = { 1, NET_GSO_TCP4, 66, 1448, 34, 16 };

	(void)state;
	open_card("fake", true);
	start_queues(F_MERGE | F_CSUM | F_HOST_TSO4 | F_GUEST_CSUM |
			     F_GUEST_TSO4,
		     2);
	assert_int_equal(cable.accepted, NET_TAKES_CSUM | NET_TAKES_TCP4);
	send_frame(large, 0, 3000);
	assert_memory_equal(&cable.header, &large, sizeof(large));
	give(RX, 0, DATA, 4000, WRITE);
	come(large, 3000);
	ring();
	assert_int_equal(used_len(RX, 0), HEADER + 3000);
	assert_memory_equal(w->ram + DATA, &large, sizeof(large));
	come((struct net_header){ 1, NET_GSO_TCP4, 0, 0, 34, 16 }, 3000);
	give(RX, 0, DATA, 4000, WRITE); /* it is none, and lost */
	kick_card(RX);
	assert_int_equal(used_in(RX), 1);
	assert_int_equal(cable.nr_waiting, 0);
	close_world(w);
}

/* For a guest that takes whole frames alone. */
static void does_what_headers_ask(void **state)
{
	const struct net_header large = { 1, NET_GSO_TCP4, 54, 1000, 34, 16 };

	(void)state;
	open_card("fake", true);
	start_queues(F_MERGE, 2);
	assert_int_equal(cable.accepted, 0);
	bytes[12] = 8;
	bytes[13] = 0;
	bytes[34 + 12] = 0x50;
	come(large, 54 + 2500);
	give(RX, 0, DATA, 2000, WRITE);
	ring();
	assert_int_equal(used_in(RX), 1); /* and two segments wait */
	assert_true(cable.stuck);
	assert_int_equal(used_len(RX, 0), HEADER + 1054);
	assert_int_equal(w->ram[DATA], 0);
	give(RX, 1, DATA, 2000, WRITE);
	give(RX, 2, DATA + 0x1000, 2000, WRITE);
	kick_card(RX);
	assert_int_equal(used_in(RX), 3);
	assert_int_equal(used_len(RX, 1), HEADER + 1054);
	assert_memory_equal(w->ram + DATA + HEADER + 54, bytes + 1054, 1000);
	assert_int_equal(used_len(RX, 2), HEADER + 554);
	assert_int_equal(cable.nr_waiting, 0);
	come((struct net_header){ 1, 0, 0, 0, 14, 4 }, 60);
	give(RX, 0, DATA, 2000, WRITE);
	kick_card(RX);
	assert_int_equal(w->ram[DATA], 0);
	assert_memory_equal(w->ram + DATA + HEADER, bytes, 60);
	close_world(w);
}

static void says_what_is_checked(void **state)
{
	(void)state;
	is_checked = true;
	open_card("fake", false);
	is_checked = false;
	assert_int_equal(offers() & (F_CSUM | F_GUEST_CSUM), F_GUEST_CSUM);
	start_queues(F_GUEST_CSUM, 2);
	give(RX, 0, DATA, 2000, WRITE);
	come(plain, 60);
	ring();
	assert_int_equal(w->ram[DATA], NET_DATA_VALID);
	close_world(w);
}

static void tells_of_the_link(void **state)
{
	(void)state;
	open_card("fake", false);
	start_queues(F_STATUS, 2);
	rd(ISR, 1);
	cable.end.link = false;
	ring();
	assert_int_equal(rd(CONFIG + 6, 2), 0);
	assert_int_equal(rd(ISR, 1), 2);
	ring(); /* nothing new */
	assert_int_equal(rd(ISR, 1), 0);
	cable.end.link = true;
	ring();
	assert_int_equal(rd(CONFIG + 6, 2), 1);
	assert_int_equal(rd(ISR, 1), 2);
	close_world(w);
}

/* Also if it is up again before the guest has come to it; and to one that is not told of
 * changes it is what it is. */
static void tells_of_a_link_that_is_back(void **state)
{
	(void)state;
	open_card("fake", false);
	start_queues(F_STATUS, 2);
	rd(ISR, 1);
	cable.end.link = false;
	ring();
	cable.end.link = true;
	ring();
	assert_int_equal(rd(ISR, 1), 2);
	rd(CONFIG, 4); /* a part of the address */
	assert_int_equal(rd(ISR, 1), 0);
	assert_int_equal(rd(CONFIG + 6, 2), 0);
	assert_int_equal(rd(ISR, 1), 2);
	assert_int_equal(rd(CONFIG + 6, 2), 1);
	put(w, 4, 2, 0x406); /* no interrupts */
	cable.end.link = false;
	ring();
	cable.end.link = true;
	ring();
	assert_int_equal(rd(CONFIG + 6, 2), 1);
	close_world(w);
}

/* Before there is a driver, and between two, nothing is taken. */
static void waits_for_a_driver(void **state)
{
	(void)state;
	open_card("fake", false);
	come(plain, 60);
	start_queues(F_MERGE, 1); /* no queue to send */
	assert_false(cable.stuck);
	kick_card(TX);
	give(RX, 0, DATA, 100, WRITE);
	wr(STATUS, 1, 0);
	assert_true(cable.stuck);
	ring();
	assert_int_equal(cable.nr_waiting, 1);
	start_queues(F_MERGE, 2);
	give(RX, 0, DATA, 100, WRITE);
	ring();
	assert_int_equal(used_in(RX), 1);
	w->board.type->abort(w->board.dev);
	assert_true(cable.has_left);
	close_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_an_address),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(sends),
		cmocka_unit_test(sends_no_nonsense),
		cmocka_unit_test(waits_while_it_is_full),
		cmocka_unit_test(receives),
		cmocka_unit_test(merges_buffers),
		cmocka_unit_test(stops_at_a_short_buffer),
		cmocka_unit_test(passes_headers),
		cmocka_unit_test(does_what_headers_ask),
		cmocka_unit_test(says_what_is_checked),
		cmocka_unit_test(tells_of_the_link),
		cmocka_unit_test(tells_of_a_link_that_is_back),
		cmocka_unit_test(waits_for_a_driver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
