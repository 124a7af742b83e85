/* objects: virtio/net_offload.o */
/*
 * Headers that are refused, sums that are completed, and segments that are cut,
 * against sums made byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "virtio/net_offload.h"

#define MSS 1000

static uint8_t data[NET_FRAME_MAX];
static uint8_t out[NET_FRAME_MAX];

/* RFC 1071, as plain as can be. */
static uint16_t plain_sum(const uint8_t *at, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? at[i] : at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint16_t half(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static void refuses_wrong_headers(void **state)
{
	static const struct {
		struct net_header header;
		size_t len;
		bool right;
	} rows[] = {
		{ { 0, 0, 0, 0, 0, 0 }, 14, true },
		{ { 0, 0, 0xffff, 0xffff, 0xffff, 0xffff }, 14, true },
		{ { 1, 0, 0, 0, 14, 6 }, 22, true },
		{ { 1, 0, 0, 0, 14, 7 }, 22, false },
		{ { 1, 0, 0, 0, 0xffff, 0xffff }, NET_FRAME_MAX, false },
		{ { 1, 0, 0, 0, 0xffff, 1 }, NET_FRAME_MAX, true },
		{ { 1, 1, 0, 1, 34, 16 }, 60, true },
		{ { 1, 0x81, 0, 1, 34, 16 }, 60, true },
		{ { 1, 4, 0, 1, 54, 16 }, 80, true },
		{ { 1, 1, 0, 0, 34, 16 }, 60, false }, /* no size */
		{ { 0, 1, 0, 1, 34, 16 }, 60, false }, /* no sum */
		{ { 1, 3, 0, 1, 34, 6 }, 60, false },  /* UFO */
		{ { 1, 2, 0, 1, 34, 6 }, 60, false },
		{ { 1, 0x80, 0, 1, 34, 6 }, 60, false },
		{ { 1, 5, 0, 1, 34, 6 }, 60, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(offload_is_right(&rows[i].header, rows[i].len),
				 rows[i].right);
}

static void says_what_is_wanted(void **state)
{
	static const struct {
		struct net_header header;
		unsigned int wants;
	} rows[] = {
		{ { 0, 0, 0, 0, 0, 0 }, 0 },
		{ { NET_DATA_VALID, 0, 0, 0, 0, 0 }, 0 },
		{ { 1, 0, 0, 0, 0, 0 }, NET_TAKES_CSUM },
		{ { 1, 1, 0, 9, 0, 0 }, NET_TAKES_CSUM | NET_TAKES_TCP4 },
		{ { 1, 4, 0, 9, 0, 0 }, NET_TAKES_CSUM | NET_TAKES_TCP6 },
		{ { 1, 0x84, 0, 9, 0, 0 },
		  NET_TAKES_CSUM | NET_TAKES_TCP6 | NET_TAKES_ECN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(offload_wants(&rows[i].header), rows[i].wants);
}

/* Of all lengths, so that no rest of a word is forgotten; the place's own number is
 * a part of it. */
static void completes_sums(void **state)
{
	(void)state;
	for (size_t len = 24; len < 200; len++) {
		struct net_frame f = { { 1, 0, 0, 0, 14, 4 }, data, len };
		uint16_t sum;

		for (size_t i = 0; i < len; i++)
			data[i] = i * 7 + len;
		sum = ~plain_sum(data + 14, len - 14, 0);
		offload_complete(&f);
		assert_int_equal(f.header.flags, 0);
		assert_int_equal(half(data + 18), sum);
	}
}

static void never_says_no_sum(void **state)
{
	struct net_frame f = { { 1, 0, 0, 0, 14, 6 }, data, 22 };

	(void)state;
	memset(data, 0, sizeof(data));
	data[14] = data[15] = 0xff;
	offload_complete(&f);
	assert_int_equal(half(data + 20), 0xffff);
}

/* A segment of TCP in IP of version @version, with @payload bytes. */
static struct net_frame make_segment(int version, bool vlan, size_t payload)
{
	const size_t ip = vlan ? 18 : 14, tcp = ip + (version == 6 ? 40 : 24);
	const size_t len = tcp + 32 + payload;
	struct net_frame f = { { 1, version == 6 ? 4 : 1, 0, MSS, tcp, 16 },
			       data,
			       len };

	for (size_t i = 0; i < len; i++)
		data[i] = i * 31 + (i >> 8);
	data[12] = vlan ? 0x81 : version == 6 ? 0x86 : 0x08;
	data[13] = vlan ? 0x00 : version == 6 ? 0xdd : 0x00;
	data[ip] = version == 6 ? 0x60 : 0x46; /* one word of options */
	data[ip + 9] = 6;
	memset(data + tcp + 4, 0xff, 4); /* the number runs over */
	data[tcp + 12] = 0x80;		 /* 32 bytes of header */
	data[tcp + 13] = 0x99;		 /* CWR ACK PSH FIN */
	return f;
}

static void check_segment(int version, size_t ip, size_t len, unsigned int nr,
			  bool last)
{
	const size_t tcp = ip + (version == 6 ? 40 : 24);
	const size_t from = version == 6 ? ip + 8 : ip + 12;
	const uint32_t number = (uint32_t)out[tcp + 4] << 24 |
				out[tcp + 5] << 16 | half(out + tcp + 6);
	uint32_t pseudo =
		plain_sum(out + from, version == 6 ? 32 : 8, 6 + len - tcp);

	assert_int_equal(number, 0xffffffff + nr * MSS);
	assert_int_equal(out[tcp + 13],
			 0x10 | (nr ? 0 : 0x80) | (last ? 0x09 : 0));
	assert_int_equal(plain_sum(out + tcp, len - tcp, pseudo), 0xffff);
	if (version == 6) {
		assert_int_equal(half(out + ip + 4), len - tcp);
		return;
	}
	assert_int_equal(half(out + ip + 2), len - ip);
	assert_int_equal(half(out + ip + 4), half(data + ip + 4) + nr);
	assert_int_equal(plain_sum(out + ip, tcp - ip, 0), 0xffff);
}

static void cuts_segments(void **state)
{
	static const size_t payloads[] = { 1, 999, 1000, 1001, 2500, 60000 };

	(void)state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		for (unsigned int how = 0; how < 4; how++) {
			const int version = how & 1 ? 6 : 4;
			const size_t ip = how & 2 ? 18 : 14;
			const struct net_frame f =
				make_segment(version, how & 2, payloads[i]);
			const size_t head = f.len - payloads[i];
			size_t at = 0, len;
			unsigned int nr = 0;

			while ((len = offload_cut(&f, nr, out))) {
				assert_memory_equal(out + head,
						    data + head + at,
						    len - head);
				at += len - head;
				check_segment(version, ip, len, nr++,
					      at == payloads[i]);
			}
			assert_int_equal(at, payloads[i]);
			assert_int_equal(nr, (payloads[i] + MSS - 1) / MSS);
		}
}

/* What is no TCP behind IP of that version is not cut, and nothing beyond the
 * frame is read. */
static void cuts_no_nonsense(void **state)
{
	struct net_frame f = make_segment(4, false, 2000);

	(void)state;
	f.header.csum_start = 33; /* in IP's own header */
	assert_int_equal(offload_cut(&f, 0, out), 0);
	f = make_segment(4, false, 2000);
	f.header.csum_start = f.len - 19;
	assert_int_equal(offload_cut(&f, 0, out), 0);
	f = make_segment(4, false, 2000);
	data[38 + 12] = 0x40; /* 16 bytes of header */
	assert_int_equal(offload_cut(&f, 0, out), 0);
	f = make_segment(4, false, 2000);
	f.len = 38 + 32; /* nothing behind it */
	assert_int_equal(offload_cut(&f, 0, out), 0);
	f = make_segment(6, false, 2000);
	f.header.csum_start = 14 + 39;
	assert_int_equal(offload_cut(&f, 0, out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_wrong_headers),
		cmocka_unit_test(says_what_is_wanted),
		cmocka_unit_test(completes_sums),
		cmocka_unit_test(never_says_no_sum),
		cmocka_unit_test(cuts_segments),
		cmocka_unit_test(cuts_no_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
