/*
 * Checksums completed (RFC 1071) and large TCP segments cut, as a network card
 * with these offloads does it. Lengths in the frame are its sender's, which is
 * hostile: all that is believed is what fits.
 */
#include "virtio/net_offload.h"

#include <string.h>

#define VLAN_TAG 4
#define IP4_MIN	 20
#define IP6_MIN	 40
#define TCP_MIN	 20
#define TCP	 6

/* Offsets in the Internet protocols' headers */
enum { ETHERTYPE = 12 };
enum { IP4_LENGTH = 2, IP4_ID = 4, IP4_SUM = 10, IP4_SOURCE = 12 };
enum { IP6_LENGTH = 4, IP6_SOURCE = 8 };
enum { TCP_SEQUENCE = 4, TCP_OFFSET = 12, TCP_FLAGS = 13, TCP_SUM = 16 };
enum { TCP_FIN = 0x01, TCP_PSH = 0x08, TCP_CWR = 0x80 };

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static void put16(uint8_t *at, uint16_t val)
{
	at[0] = val >> 8;
	at[1] = val;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put32(uint8_t *at, uint32_t val)
{
	put16(at, val >> 16);
	put16(at + 2, val);
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The ones' complement sum of 16-bit numbers; in words of 32, which have the same
 * one, in the host's order until the end. */
static uint16_t sum_of(const uint8_t *at, size_t len)
{
	uint64_t sum = 0;
	uint32_t word = 0;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum += word;
	}
	word = 0;
	memcpy(&word, at, len);
	return __builtin_bswap16(fold(sum + word));
}

bool offload_is_right(const struct net_header *h, size_t len)
{
	const unsigned int kind = h->gso_type & ~NET_GSO_ECN;

	if (h->flags & NET_NEEDS_CSUM &&
	    (size_t)h->csum_start + h->csum_offset + sizeof(uint16_t) > len)
		return false;
	if (h->gso_type == NET_GSO_NONE)
		return true;
	return (kind == NET_GSO_TCP4 || kind == NET_GSO_TCP6) && h->gso_size &&
	       h->flags & NET_NEEDS_CSUM;
}

unsigned int offload_wants(const struct net_header *h)
{
	unsigned int wants = h->flags & NET_NEEDS_CSUM ? NET_TAKES_CSUM : 0;

	switch (h->gso_type & ~NET_GSO_ECN) {
	case NET_GSO_TCP4:
		wants |= NET_TAKES_TCP4;
		break;
	case NET_GSO_TCP6:
		wants |= NET_TAKES_TCP6;
		break;
	}
	return wants | (h->gso_type & NET_GSO_ECN ? NET_TAKES_ECN : 0);
}

/* The place holds the sum of what is not in the frame, the pseudo header. No sum
 * is 0: to UDP that says that there is none, and FFFFh is as good. */
void offload_complete(struct net_frame *frame)
{
	const struct net_header *h = &frame->header;
	uint8_t *from = frame->data + h->csum_start;
	uint16_t sum;

	if (h->flags & NET_NEEDS_CSUM) {
		sum = ~sum_of(from, frame->len - h->csum_start);
		put16(from + h->csum_offset, sum ? sum : 0xffff);
	}
	frame->header = (struct net_header){ .flags = 0 };
}

/* Where the parts of a large segment begin; of what IP it is. */
struct layout {
	size_t ip, tcp, payload;
	bool is_ip6;
};

static bool find_layout(const struct net_frame *f, struct layout *l)
{
	const unsigned int kind = f->header.gso_type & ~NET_GSO_ECN;

	l->is_ip6 = kind == NET_GSO_TCP6;
	l->ip = NET_FRAME_MIN;
	if (get16(f->data + ETHERTYPE) == 0x8100)
		l->ip += VLAN_TAG;
	l->tcp = f->header.csum_start;
	if (l->tcp < l->ip + (l->is_ip6 ? IP6_MIN : IP4_MIN) ||
	    l->tcp + TCP_MIN > f->len)
		return false;
	l->payload = l->tcp + (f->data[l->tcp + TCP_OFFSET] >> 4) * 4;
	return l->payload >= l->tcp + TCP_MIN && l->payload < f->len;
}

/* The sum of the pseudo header for @len bytes of TCP. */
static uint32_t pseudo_sum(const uint8_t *ip, bool is_ip6, size_t len)
{
	const uint8_t *addresses = ip + (is_ip6 ? IP6_SOURCE : IP4_SOURCE);

	return sum_of(addresses, is_ip6 ? 32 : 8) + TCP + len;
}

static void set_ip(uint8_t *ip, const struct layout *l, unsigned int nr,
		   size_t len)
{
	const size_t header = l->tcp - l->ip;

	if (l->is_ip6) {
		put16(ip + IP6_LENGTH, len - IP6_MIN);
		return;
	}
	put16(ip + IP4_LENGTH, len);
	put16(ip + IP4_ID, get16(ip + IP4_ID) + nr);
	put16(ip + IP4_SUM, 0);
	put16(ip + IP4_SUM, ~sum_of(ip, header));
}

/* The flags that only the first of all segments has, or the last. */
static uint8_t flags_of(uint8_t flags, bool is_first, bool is_last)
{
	if (!is_first)
		flags &= ~TCP_CWR;
	if (!is_last)
		flags &= ~(TCP_FIN | TCP_PSH);
	return flags;
}

size_t offload_cut(const struct net_frame *f, unsigned int nr, uint8_t *out)
{
	const size_t at = (size_t)nr * f->header.gso_size;
	struct layout l;
	size_t len, rest;
	uint8_t *tcp;

	if (!find_layout(f, &l) || at >= f->len - l.payload)
		return 0;
	rest = f->len - l.payload - at;
	len = rest < f->header.gso_size ? rest : f->header.gso_size;
	memcpy(out, f->data, l.payload);
	memcpy(out + l.payload, f->data + l.payload + at, len);
	len += l.payload;
	tcp = out + l.tcp;
	set_ip(out + l.ip, &l, nr, len - l.ip);
	put32(tcp + TCP_SEQUENCE, get32(tcp + TCP_SEQUENCE) + at);
	tcp[TCP_FLAGS] =
		flags_of(tcp[TCP_FLAGS], !nr, rest <= f->header.gso_size);
	put16(tcp + TCP_SUM, 0);
	put16(tcp + TCP_SUM,
	      ~fold(pseudo_sum(out + l.ip, l.is_ip6, len - l.tcp) +
		    sum_of(tcp, len - l.tcp)));
	return len;
}
