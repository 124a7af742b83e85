/* objects: net/hub.o util/event.o util/log.o util/sink.o util/lock.o */
/*
 * A hub: frames from port to port, who is woken, and who is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

#include "net.h"

TABLE_DECLARE(net, net);

static uint8_t bytes[NET_FRAME_MAX];

static void call_ready(struct net_end *end, uint32_t events)
{
	end->net->ready(end, events);
}

static bool get(struct net_end *end, struct net_frame *frame)
{
	return end->net->next(end, frame);
}

static void done(struct net_end *end)
{
	end->net->done(end);
}

static struct net_end *open_port(const char *name)
{
	struct net_end *end = (*__start_table_net)->open(name);

	assert_non_null(end);
	assert_true(end->link);
	end->net->stuck(end, false);
	return end;
}

/* A frame of @len bytes from the port @from to the one @to; 0xff is all. */
static void send_to(struct net_end *end, uint8_t to, uint8_t from, size_t len)
{
	static uint8_t frame[NET_FRAME_MAX];
	const struct net_header header = { 1, 1, 0, len & 0xffff, from, to };
	const struct iovec iov[] = { { frame, 3 }, { frame + 3, len - 3 } };

	memcpy(frame, bytes, len);
	memset(frame, to, 6);
	memset(frame + 6, from, 6);
	end->net->send(end, &header, iov, 2, len);
}

/* The next frame at @end: from whom, to whom, how long. */
static void expect(struct net_end *end, uint8_t to, uint8_t from, size_t len)
{
	struct net_frame frame;

	assert_true(get(end, &frame));
	assert_int_equal(frame.len, len);
	assert_int_equal(frame.data[0], to);
	assert_int_equal(frame.data[6], from);
	assert_memory_equal(frame.data + 12, bytes + 12, len - 12);
	assert_int_equal(frame.header.gso_size, len & 0xffff);
	assert_int_equal(frame.header.csum_offset, to);
	done(end);
}

static bool is_rung(struct net_end *end)
{
	uint64_t count;

	return read(end->fd, &count, sizeof(count)) > 0;
}

static void switches(void **state)
{
	struct net_end *a = open_port("one"), *b = open_port("one"),
		       *c = open_port("one"), *other = open_port(NULL);
	struct net_frame frame;

	(void)state;
	send_to(a, 0x04, 0x02, 60); /* not known yet: to all */
	expect(b, 0x04, 0x02, 60);
	expect(c, 0x04, 0x02, 60);
	send_to(b, 0x02, 0x04, 61); /* known */
	expect(a, 0x02, 0x04, 61);
	send_to(a, 0x04, 0x02, 62);
	expect(b, 0x04, 0x02, 62);
	send_to(a, 0xff, 0x02, 63); /* to all, always */
	expect(b, 0xff, 0x02, 63);
	expect(c, 0xff, 0x02, 63);
	send_to(c, 0xff, 0xff, 64); /* nobody's address is a group's */
	expect(a, 0xff, 0xff, 64);
	expect(b, 0xff, 0xff, 64);
	send_to(b, 0x04, 0x08, 65); /* to itself */
	send_to(c, 0x0a, 0x04, 66); /* it has moved */
	expect(a, 0x0a, 0x04, 66);
	expect(b, 0x0a, 0x04, 66);
	send_to(a, 0x04, 0x02, 67);
	expect(c, 0x04, 0x02, 67);
	c->net->close(c);
	send_to(a, 0x04, 0x02, 68); /* and its port has gone */
	expect(b, 0x04, 0x02, 68);
	assert_false(get(a, &frame));
	assert_false(get(b, &frame));
	assert_false(get(other, &frame));
	a->net->close(a);
	b->net->close(b);
	other->net->close(other);
}

/* Who looks is not rung for; who sleeps is, once. */
static void rings_sleepers(void **state)
{
	struct net_end *a = open_port(NULL), *b = open_port(NULL);
	struct net_frame frame;

	(void)state;
	send_to(a, 0xff, 0x02, 60);
	assert_false(is_rung(b));
	expect(b, 0xff, 0x02, 60);
	assert_false(get(b, &frame)); /* it sleeps */
	send_to(a, 0xff, 0x02, 60);
	send_to(a, 0xff, 0x02, 61);
	assert_true(is_rung(b));
	expect(b, 0xff, 0x02, 60);
	send_to(a, 0xff, 0x02, 62);
	assert_false(is_rung(b));
	expect(b, 0xff, 0x02, 61);
	expect(b, 0xff, 0x02, 62);
	a->net->close(a);
	b->net->close(b);
}

/* A ring of bytes, round and round, with frames of all sizes. */
static void loses_nothing_that_is_taken(void **state)
{
	static const size_t lens[] = { 14,    60, NET_FRAME_MAX, 1514, 9000,
				       65535, 333 };
	struct net_end *a = open_port(NULL), *b = open_port(NULL);
	struct net_frame frame;
	unsigned int sent = 0, got = 0;

	(void)state;
	assert_false(get(b, &frame));
	for (unsigned int round = 0; round < 200; round++) {
		while (!a->full)
			send_to(a, 0xff, 0x02, lens[sent++ % 7]);
		while (got < sent)
			expect(b, 0xff, 0x02, lens[got++ % 7]);
		assert_false(get(b, &frame));
		assert_true(is_rung(a));
		call_ready(a, EPOLLIN);
		assert_false(a->full);
	}
	a->net->close(a);
	b->net->close(b);
}

/* A guest that takes nothing holds nobody up, and gets what there is room for. */
static void waits_for_nobody_stuck(void **state)
{
	struct net_end *a = open_port(NULL), *b = open_port(NULL);
	struct net_frame frame;
	unsigned int nr = 0;

	(void)state;
	while (!a->full)
		send_to(a, 0xff, 0x02, 60000);
	b->net->stuck(b, true);
	assert_true(is_rung(a));
	call_ready(a, EPOLLIN);
	for (unsigned int i = 0; i < 50; i++) {
		send_to(a, 0xff, 0x02, 60000);
		assert_false(a->full);
	}
	b->net->stuck(b, false);
	for (; get(b, &frame); nr++)
		expect(b, 0xff, 0x02, 60000);
	assert_true(nr >= 7 && nr <= 8);
	while (!a->full)
		send_to(a, 0xff, 0x02, 60000);
	is_rung(a);
	b->net->leave(b);
	assert_true(is_rung(a));
	call_ready(a, EPOLLIN);
	for (unsigned int i = 0; i < 50; i++)
		send_to(a, 0xff, 0x02, 60000);
	assert_false(a->full);
	a->net->close(a);
	b->net->close(b);
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 5 + (i >> 8);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(switches),
		cmocka_unit_test(rings_sleepers),
		cmocka_unit_test(loses_nothing_that_is_taken),
		cmocka_unit_test(waits_for_nobody_stuck),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
