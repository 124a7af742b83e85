/* objects: util/log.o util/sink.o net/user_words.o */
/*
 * The memory between kvm-vmm and kvm-net (util/net_ring.h): whatever goes in comes out,
 * and a writer or reader that lies harms nobody else; and the words of --net user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "net/user_words.h"
#include "util/net_ring.h"

static struct net_ring ring;
static struct net_lane writer, reader;
static int bell;

static int set_up(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof(ring));
	bell = eventfd(0, EFD_NONBLOCK);
	net_lane_init(&writer, &ring, NET_LANE_FROM_GUEST, bell);
	net_lane_init(&reader, &ring, NET_LANE_FROM_GUEST, bell);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return close(bell);
}

static bool rang(void)
{
	uint64_t times;

	return read(bell, &times, sizeof(times)) == sizeof(times);
}

static bool put(uint32_t len, uint8_t fill)
{
	uint8_t *frame = net_lane_reserve(&writer, len);

	if (!frame)
		return false;
	memset(frame, fill, len);
	net_lane_commit(&writer, len);
	return true;
}

static void get(uint32_t len, uint8_t fill)
{
	uint8_t *frame;
	uint32_t got;

	assert_int_equal(net_lane_next(&reader, &frame, &got), NET_LANE_FRAME);
	assert_int_equal(got, len);
	for (uint32_t i = 0; i < len; i++)
		assert_int_equal(frame[i], fill);
	net_lane_done(&reader);
}

static enum net_lane_found look(void)
{
	uint8_t *frame;
	uint32_t len;

	return net_lane_next(&reader, &frame, &len);
}

/* Lengths of all kinds, several under way, many times around. */
static void what_goes_in_comes_out(void **state)
{
	uint32_t lens[8], seed = 1;

	(void)state;
	for (unsigned int n = 0; n < 4000; n++) {
		unsigned int nr = 1 + n % 8;

		for (unsigned int i = 0; i < nr; i++) {
			seed = seed * 1103515245 + 12345;
			lens[i] = (seed >> 8) % (n % 5 ? 1600 : 9000);
			assert_true(put(lens[i], n + i));
		}
		for (unsigned int i = 0; i < nr; i++)
			get(lens[i], n + i);
		assert_int_equal(look(), NET_LANE_EMPTY);
	}
}

/* The promise of NET_RING_FRAME, from every place of the lane. */
static void half_a_lane_has_room_for_one(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 700; n++) {
		assert_true(put(400, 1));
		while (net_lane_used(&writer) + 4008 <= NET_RING_LANE / 2)
			assert_true(put(4000, 2));
		assert_true(put(NET_RING_FRAME, 3));
		get(400, 1);
		while (look() == NET_LANE_FRAME)
			net_lane_done(&reader);
	}
	assert_false(put(NET_RING_FRAME + 1, 1));
}

static void who_sleeps_is_woken_once(void **state)
{
	(void)state;
	assert_true(net_lane_sleep(&reader));
	assert_true(put(60, 1));
	net_lane_tell(&writer);
	assert_true(rang());
	assert_true(put(60, 2));
	net_lane_tell(&writer);
	assert_false(rang());
	assert_false(net_lane_sleep(&reader)); /* there is something */
	while (put(1000, 3))
		;
	assert_true(net_lane_wait_room(&writer));
	net_lane_make_room(&reader);
	assert_true(rang());
	net_lane_make_room(&reader);
	assert_false(rang());
}

static void lies_are_told_from_frames(void **state)
{
	static const uint32_t lens[] = { NET_RING_FRAME + 1, 0x7fffffff, 61,
					 NET_RING_SKIP };

	(void)state;
	for (unsigned int i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		assert_true(put(50, 1));
		net_lane_write(&reader, reader.here, lens[i]);
		assert_int_equal(look(), NET_LANE_LIE);
		net_lane_write(&reader, reader.here, 50);
		get(50, 1);
	}
	atomic_store(&ring.state[NET_LANE_FROM_GUEST].head, reader.here + 4);
	assert_int_equal(look(), NET_LANE_LIE);
	reader.there = reader.here;
	atomic_store(&ring.state[NET_LANE_FROM_GUEST].head,
		     reader.here + NET_RING_LANE + 8);
	assert_int_equal(look(), NET_LANE_LIE);
	/* A reader ahead of the writer makes the lane full. */
	atomic_store(&ring.state[NET_LANE_FROM_GUEST].tail, writer.here + 8);
	assert_false(put(60, 1));
}

static void words_are_taken(void **state)
{
	static const char *const wrong[] = {
		"foo",
		"",
		"dns=",
		"dns=1.2.3",
		"hostfwd=",
		"hostfwd=tcp",
		"hostfwd=tcp:1",
		"hostfwd=tcp:0:1",
		"hostfwd=tcp:1:0",
		"hostfwd=tcp:1:65536",
		"hostfwd=tcp:-1:2",
		"hostfwd=tcp:1:2:",
		"hostfwd=tcp:x:1:2",
		"hostfwd=tcp: 1:2",
		"hostfwd=sctp:1:2",
		"hostfwd=tcp:192.0.2.1:34567:2",
		"dns=9.9.9.9,,",
	};
	struct user_words words;
	int type;
	socklen_t len = sizeof(type);

	(void)state;
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(user_words_take(&words, wrong[i]));
	assert_true(user_words_take(&words, NULL));
	assert_true(words.resolver[0] != '\0');
	assert_true(user_words_take(
		&words, "dns=9.9.9.9,hostfwd=udp:127.0.0.1:45671:53"));
	assert_string_equal(words.resolver, "9.9.9.9");
	assert_int_equal(words.nr_forwards, 1);
	assert_true(words.forwards[0].udp);
	assert_int_equal(words.forwards[0].guest_port, 53);
	assert_int_equal(getsockopt(words.forwards[0].fd, SOL_SOCKET, SO_TYPE,
				    &type, &len),
			 0);
	assert_int_equal(type, SOCK_DGRAM);
	user_words_drop(&words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_goes_in_comes_out, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(half_a_lane_has_room_for_one,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_sleeps_is_woken_once,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(lies_are_told_from_frames,
						set_up, tear_down),
		cmocka_unit_test(words_are_taken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
