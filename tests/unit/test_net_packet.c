/* host-objects: backends/net/packet.o */
/*
 * Packets between guest and libslirp (backends/net/packet.c): whose address is
 * exchanged and whose is not, with sums that are right afterwards, and where the
 * guest is seen to live.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/net/packet.h"

#define ETHER	 14
#define IP	 20
#define GUEST	 NET_ADDR(15)
#define RESOLVER 0x08080404u
#define LOOPBACK 0x7f000001u
#define UDP	 17
#define TCP	 6
#define ICMP	 1

static struct packet_view view;
static uint8_t frame[1514];

static int set_up(void **state)
{
	(void)state;
	memset(&view, 0, sizeof(view));
	view.resolver = RESOLVER;
	memset(frame, 0, sizeof(frame));
	return 0;
}

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint32_t add(uint32_t sum, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* What all of the packet at @ip adds up to under its inner sum: 0 is right. */
static uint16_t inner_sum(const uint8_t *ip, size_t len)
{
	uint32_t sum = add(0, ip + IP, len - IP);

	if (ip[9] != ICMP)
		sum = add(sum, ip + 12, 8) + ip[9] + len - IP;
	return fold(sum);
}

/* A packet at @ip, with @len bytes behind its header; all sums are right. */
static void make(uint8_t *ip, uint8_t proto, uint32_t from, uint32_t to,
		 uint16_t from_port, uint16_t to_port, size_t len)
{
	size_t at = proto == TCP ? IP + 16 : IP + 6;

	ip[0] = 0x45;
	put16(ip + 2, IP + len);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, from);
	put32(ip + 16, to);
	put16(ip + 10, 0);
	put16(ip + 10, fold(add(0, ip, IP)));
	put16(ip + IP, from_port);
	put16(ip + IP + 2, to_port);
	if (proto == UDP)
		put16(ip + IP + 4, len);
	for (size_t i = 20; i < len; i++)
		ip[IP + i] = i * 37;
	put16(ip + at, 0);
	put16(ip + at, inner_sum(ip, IP + len));
}

static size_t make_frame(uint8_t proto, uint32_t from, uint32_t to,
			 uint16_t from_port, uint16_t to_port, size_t len)
{
	put16(frame + 12, 0x0800);
	make(frame + ETHER, proto, from, to, from_port, to_port, len);
	return ETHER + IP + len;
}

/* The frame is from @from to @to, and its sums are right. */
static void check(uint32_t from, uint32_t to, size_t len)
{
	assert_int_equal(get32(frame + ETHER + 12), from);
	assert_int_equal(get32(frame + ETHER + 16), to);
	assert_int_equal(fold(add(0, frame + ETHER, IP)), 0);
	assert_int_equal(inner_sum(frame + ETHER, len - ETHER), 0);
}

static void ask(uint8_t proto, uint32_t whom, uint16_t port)
{
	size_t len = make_frame(proto, GUEST, whom, port, 53, 41);

	assert_false(packet_from_guest(&view, frame, len));
	check(GUEST, RESOLVER, len);
}

static void answer(uint8_t proto, uint32_t who, uint16_t port)
{
	size_t len = make_frame(proto, RESOLVER, GUEST, 53, port, 100);

	assert_false(packet_to_guest(&view, frame, len));
	check(who, GUEST, len);
}

static void the_name_server_is_the_resolver(void **state)
{
	static const uint8_t protos[] = { UDP, TCP };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		ask(protos[i], NET_NAME_SERVER, 40000);
		ask(protos[i], RESOLVER, 40001);
		answer(protos[i], NET_NAME_SERVER, 40000);
		answer(protos[i], RESOLVER, 40001);
		ask(protos[i], RESOLVER, 40000);
		answer(protos[i], RESOLVER, 40000);
	}
}

static void only_questions_are(void **state)
{
	size_t len = make_frame(TCP, GUEST, NET_NAME_SERVER, 1, 80, 40);

	(void)state;
	packet_from_guest(&view, frame, len);
	check(GUEST, NET_NAME_SERVER, len);
	len = make_frame(UDP, GUEST, NET_HOST, 1, 53, 40);
	packet_from_guest(&view, frame, len);
	check(GUEST, NET_HOST, len);
	len = make_frame(UDP, RESOLVER, GUEST, 80, 40000, 40);
	packet_to_guest(&view, frame, len);
	check(RESOLVER, GUEST, len);
}

static void a_udp_packet_may_have_no_sum(void **state)
{
	size_t len = make_frame(UDP, GUEST, NET_NAME_SERVER, 5, 53, 30);

	(void)state;
	put16(frame + ETHER + IP + 6, 0);
	packet_from_guest(&view, frame, len);
	assert_int_equal(get32(frame + ETHER + 16), RESOLVER);
	assert_int_equal(frame[ETHER + IP + 6] | frame[ETHER + IP + 7], 0);
	assert_int_equal(fold(add(0, frame + ETHER, IP)), 0);
}

/* A refusal from @who of what was for @whom; the length of the frame. */
static size_t refuse(uint32_t who, uint32_t whom, uint16_t from_port,
		     uint16_t port)
{
	uint8_t *icmp = frame + ETHER + IP;

	memset(frame, 0, sizeof(frame));
	put16(frame + 12, 0x0800);
	make(icmp + 8, UDP, GUEST, whom, from_port, port, 21);
	make(frame + ETHER, ICMP, who, GUEST, 0, 0, 8);
	put16(frame + ETHER + 2, IP + 8 + IP + 21);
	put16(frame + ETHER + 10, 0);
	put16(frame + ETHER + 10, fold(add(0, frame + ETHER, IP)));
	memset(icmp, 0, 8);
	icmp[0] = icmp[1] = 3;
	put16(icmp + 2, fold(add(0, icmp, 8 + IP + 21)));
	return ETHER + IP + 8 + IP + 21;
}

static void check_refusal(uint32_t who, uint32_t whom, size_t len)
{
	const uint8_t *quoted = frame + ETHER + IP + 8;

	check(who, GUEST, len);
	assert_int_equal(get32(quoted + 12), GUEST);
	assert_int_equal(get32(quoted + 16), whom);
	assert_int_equal(fold(add(0, quoted, IP)), 0);
	assert_int_equal(inner_sum(quoted, IP + 21), 0);
}

static void who_refuses_is_whom_was_asked(void **state)
{
	size_t len = refuse(LOOPBACK, NET_HOST, 7, 9);

	(void)state;
	assert_false(packet_to_guest(&view, frame, len));
	check_refusal(NET_HOST, NET_HOST, len);
	/* Somebody on the way says who he is. */
	len = refuse(0xc0a80101, 0x01020304, 7, 9);
	packet_to_guest(&view, frame, len);
	check_refusal(0xc0a80101, 0x01020304, len);
}

static void a_name_server_may_refuse(void **state)
{
	size_t len;

	(void)state;
	view.resolver = LOOPBACK;
	len = make_frame(UDP, GUEST, NET_NAME_SERVER, 40000, 53, 41);
	packet_from_guest(&view, frame, len);
	len = refuse(LOOPBACK, LOOPBACK, 40000, 53);
	packet_to_guest(&view, frame, len);
	check_refusal(NET_NAME_SERVER, NET_NAME_SERVER, len);
	/* And a router may on its behalf. */
	view.resolver = RESOLVER;
	len = refuse(0xc0a80101, RESOLVER, 40000, 53);
	packet_to_guest(&view, frame, len);
	check_refusal(0xc0a80101, NET_NAME_SERVER, len);
}

static void other_messages_stay(void **state)
{
	size_t len = refuse(LOOPBACK, NET_HOST, 7, 9);

	(void)state;
	frame[ETHER + IP] = 0; /* an echo's answer */
	packet_to_guest(&view, frame, len);
	assert_int_equal(get32(frame + ETHER + 12), LOOPBACK);
}

static bool arp(uint32_t who, uint8_t mac)
{
	memset(frame, 0, sizeof(frame));
	put16(frame + 12, 0x0806);
	memset(frame + ETHER + 8, mac, 6);
	put32(frame + ETHER + 14, who);
	return packet_from_guest(&view, frame, ETHER + 28);
}

static bool lease(uint32_t addr, uint8_t mac, uint8_t type)
{
	uint8_t *dhcp = frame + ETHER + IP + 8;
	size_t len;

	memset(frame, 0, sizeof(frame));
	len = make_frame(UDP, NET_HOST, ~0u, 67, 68, 8 + 300);
	memset(dhcp, 0, 300);
	put32(dhcp + 16, addr);
	memset(dhcp + 28, mac, 6);
	/* Something else first, and a pad. */
	memcpy(dhcp + 240,
	       (uint8_t[]){ 1, 4, 255, 255, 255, 0, 0, 53, 1, type }, 10);
	dhcp[250] = 255;
	return packet_to_guest(&view, frame, len);
}

static void the_guest_is_where_its_lease_is(void **state)
{
	(void)state;
	assert_false(lease(GUEST, 1, 2)); /* only offered */
	assert_int_equal(view.guest, 0);
	assert_true(lease(GUEST, 1, 5));
	assert_int_equal(view.guest, GUEST);
	assert_false(lease(GUEST, 1, 5));
	assert_true(lease(NET_ADDR(17), 2, 5));
	assert_int_equal(view.guest, NET_ADDR(17));
	assert_false(lease(NET_HOST, 2, 5));
	assert_false(lease(0x01020304, 2, 5));
	assert_int_equal(view.guest, NET_ADDR(17));
}

static void or_where_it_asks_from(void **state)
{
	(void)state;
	assert_false(arp(0, 1)); /* it wants to know whether one is free */
	assert_false(arp(0xc0a80001, 1));
	assert_true(arp(NET_ADDR(20), 1));
	assert_true(arp(NET_ADDR(21), 2));
	assert_true(lease(NET_ADDR(15), 1, 5));
	assert_false(arp(NET_ADDR(21), 2)); /* has no lease */
	assert_true(arp(NET_ADDR(30), 1));  /* has moved on */
	assert_int_equal(view.guest, NET_ADDR(30));
	assert_false(arp(NET_HOST, 1));
	assert_false(arp(NET_BROADCAST, 1));
}

static void long_frames_are_asked_about_quickly(void **state)
{
	size_t len = make_frame(TCP, NET_HOST, GUEST, 53, 40000, 1000);

	(void)state;
	assert_true(packet_is_plain(&view, frame, len));
	len = make_frame(TCP, RESOLVER, GUEST, 53, 40000, 1000);
	assert_false(packet_is_plain(&view, frame, len));
	len = make_frame(UDP, NET_HOST, GUEST, 67, 68, 1000);
	assert_false(packet_is_plain(&view, frame, len));
	assert_false(packet_is_plain(&view, frame, 20));
}

/* Whatever is cut off or wrong, nothing is read behind the frame. */
static void short_ones_are_left_alone(void **state)
{
	size_t len = refuse(LOOPBACK, NET_HOST, 7, 9);
	uint8_t whole[sizeof(frame)];

	(void)state;
	memcpy(whole, frame, sizeof(frame));
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n + !n);

		memcpy(copy, whole, n);
		packet_from_guest(&view, copy, n);
		memcpy(copy, whole, n);
		packet_to_guest(&view, copy, n);
		packet_is_plain(&view, copy, n);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_name_server_is_the_resolver, set_up),
		cmocka_unit_test_setup(only_questions_are, set_up),
		cmocka_unit_test_setup(a_udp_packet_may_have_no_sum, set_up),
		cmocka_unit_test_setup(who_refuses_is_whom_was_asked, set_up),
		cmocka_unit_test_setup(a_name_server_may_refuse, set_up),
		cmocka_unit_test_setup(other_messages_stay, set_up),
		cmocka_unit_test_setup(the_guest_is_where_its_lease_is, set_up),
		cmocka_unit_test_setup(or_where_it_asks_from, set_up),
		cmocka_unit_test_setup(long_frames_are_asked_about_quickly,
				       set_up),
		cmocka_unit_test_setup(short_ones_are_left_alone, set_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
