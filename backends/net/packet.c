/*
 * Packets between the guest and libslirp 4.7 (RFC 791, 768, 9293, 792, 826,
 * 2131). libslirp would look for a resolver in /etc/resolv.conf, which its jail
 * has not; so it is told that there is none, and the addresses are exchanged
 * here. And when the host refuses a UDP packet, it passes on who said so, and
 * that is 127.0.0.1.
 */
#include "backends/net/packet.h"

#include <string.h>

#define ETHER	     14 /* bytes of the header */
#define ETHER_TYPE   12
#define ETHER_SOURCE 6
#define TYPE_IPV4    0x0800
#define TYPE_ARP     0x0806

#define ARP_SIZE    28
#define ARP_MAC	    8
#define ARP_ADDRESS 14

#define IP_SIZE	   20
#define IP_LENGTH  2
#define IP_OFFSET  6 /* and flags */
#define IP_PROTO   9
#define IP_SUM	   10
#define IP_SOURCE  12
#define IP_DEST	   16
#define PROTO_ICMP 1
#define PROTO_TCP  6
#define PROTO_UDP  17

#define UDP_SIZE  8
#define UDP_SUM	  6
#define TCP_SIZE  20
#define TCP_FLAGS 13
#define TCP_ACK	  0x10
#define TCP_SUM	  16
#define PORT_DNS  53

#define ICMP_SIZE	 8
#define ICMP_SUM	 2
#define ICMP_UNREACHABLE 3
#define ICMP_EXCEEDED	 11

#define DHCP_SERVER  67
#define DHCP_CLIENT  68
#define DHCP_ADDRESS 16 /* in the message: yiaddr, chaddr, options */
#define DHCP_MAC     28
#define DHCP_OPTIONS 240
#define DHCP_PAD     0
#define DHCP_TYPE    53
#define DHCP_END     255
#define DHCP_ACK     5

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
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

/* The Internet checksum of @len bytes (RFC 1071). */
static uint16_t sum_of(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (; len > 1; p += 2, len -= 2)
		sum += get16(p);
	if (len)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Writes the one of the @len bytes at @p, which it lies in, to @at. */
static void put_sum(uint8_t *at, const uint8_t *p, size_t len)
{
	put16(at, 0);
	put16(at, sum_of(p, len));
}

/* The sum at @at, after @old, 32 bits under it, have become @new (RFC 1624). */
static void sum_change(uint8_t *at, uint32_t old, uint32_t new)
{
	uint32_t sum = (uint16_t)~get16(at);

	sum += (uint16_t) ~(old >> 16) + (uint16_t)~old;
	sum += (new >> 16) + (uint16_t) new;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(at, ~sum);
}

/* An IPv4 packet, whole as far as its ports: those of a first fragment only. */
struct ip {
	uint8_t *head, *body;
	size_t body_len;
	uint8_t proto;
};

static bool ip_at(struct ip *ip, uint8_t *packet, size_t len)
{
	size_t head;

	if (len < IP_SIZE || packet[0] >> 4 != 4)
		return false;
	head = (packet[0] & 15) * 4;
	if (head < IP_SIZE || head > len)
		return false;
	ip->head = packet;
	ip->body = packet + head;
	ip->body_len = len - head;
	ip->proto = packet[IP_PROTO];
	return (get16(packet + IP_OFFSET) & 0x1fff) == 0;
}

/* The one of @frame; false: it holds none. */
static bool ip_in(struct ip *ip, uint8_t *frame, size_t len)
{
	return len >= ETHER && get16(frame + ETHER_TYPE) == TYPE_IPV4 &&
	       ip_at(ip, frame + ETHER, len - ETHER);
}

/* Where UDP or TCP has its checksum; NULL: nowhere, or it has none. */
static uint8_t *sum_in(const struct ip *ip)
{
	if (ip->proto == PROTO_TCP && ip->body_len >= TCP_SIZE)
		return ip->body + TCP_SUM;
	if (ip->proto == PROTO_UDP && ip->body_len >= UDP_SIZE &&
	    get16(ip->body + UDP_SUM))
		return ip->body + UDP_SUM;
	return NULL;
}

/* Puts @new at @field, IP_SOURCE or IP_DEST, and makes the sums right. */
static void readdress(const struct ip *ip, size_t field, uint32_t new)
{
	uint32_t old = get32(ip->head + field);
	uint8_t *sum = sum_in(ip);

	put32(ip->head + field, new);
	sum_change(ip->head + IP_SUM, old, new);
	if (sum)
		sum_change(sum, old, new);
}

/* Whether there is port @port at @at, 0 or 2: source or destination. */
static bool has_port(const struct ip *ip, size_t at, uint16_t port)
{
	return (ip->proto == PROTO_UDP || ip->proto == PROTO_TCP) &&
	       ip->body_len >= UDP_SIZE && get16(ip->body + at) == port;
}

/* The byte of @view->asks, and the bit in it, of the guest's port at @at. */
static uint8_t *asks_at(struct packet_view *view, const struct ip *ip,
			size_t at, uint8_t *bit)
{
	uint16_t port = get16(ip->body + at);

	*bit = 1 << port % 8;
	return &view->asks[ip->proto == PROTO_TCP][port / 8];
}

static bool asks(struct packet_view *view, const struct ip *ip, size_t at)
{
	uint8_t bit, *byte = asks_at(view, ip, at, &bit);

	return *byte & bit;
}

static bool is_loopback(uint32_t addr)
{
	return addr >> 24 == 127;
}

/* Whether a guest can live at @addr. */
static bool is_guests(uint32_t addr)
{
	return (addr & NET_MASK) == NET_ADDR(0) && addr != NET_ADDR(0) &&
	       addr != NET_HOST && addr != NET_NAME_SERVER &&
	       addr != NET_BROADCAST;
}

static bool move_guest(struct packet_view *view, uint32_t addr,
		       const uint8_t *mac)
{
	bool moved = view->guest != addr;

	view->guest = addr;
	memcpy(view->mac, mac, sizeof(view->mac));
	return moved;
}

/* Who asks for or tells addresses lives at the one it does that from; once there
 * is a lease, only its holder can move on. */
static bool see_arp(struct packet_view *view, const uint8_t *arp, size_t len)
{
	uint32_t addr;

	if (len < ARP_SIZE)
		return false;
	addr = get32(arp + ARP_ADDRESS);
	if (!is_guests(addr) ||
	    (view->leased &&
	     memcmp(view->mac, arp + ARP_MAC, sizeof(view->mac)) != 0))
		return false;
	return move_guest(view, addr, arp + ARP_MAC);
}

/* The type of a DHCP message, of @len bytes; 0: none. */
static uint8_t dhcp_type(const uint8_t *dhcp, size_t len)
{
	size_t at = DHCP_OPTIONS;

	while (at + 2 < len && dhcp[at] != DHCP_END) {
		if (dhcp[at] == DHCP_PAD)
			at++;
		else if (dhcp[at] == DHCP_TYPE)
			return dhcp[at + 2];
		else
			at += 2 + dhcp[at + 1];
	}
	return 0;
}

static bool see_lease(struct packet_view *view, const struct ip *ip)
{
	const uint8_t *dhcp = ip->body + UDP_SIZE;
	size_t len;

	if (ip->proto != PROTO_UDP || !has_port(ip, 0, DHCP_SERVER) ||
	    !has_port(ip, 2, DHCP_CLIENT))
		return false;
	len = ip->body_len - UDP_SIZE;
	if (dhcp_type(dhcp, len) != DHCP_ACK ||
	    !is_guests(get32(dhcp + DHCP_ADDRESS)))
		return false;
	view->leased = true;
	return move_guest(view, get32(dhcp + DHCP_ADDRESS), dhcp + DHCP_MAC);
}

/*
 * A refusal quotes the packet that is refused, the addresses of which are those
 * that libslirp had; and who refuses is, on the host itself, whom it was for.
 */
static void mend_refusal(struct packet_view *view, const struct ip *ip)
{
	struct ip quoted;
	uint32_t from = get32(ip->head + IP_SOURCE), asked;

	if (ip->body_len < ICMP_SIZE ||
	    (ip->body[0] != ICMP_UNREACHABLE && ip->body[0] != ICMP_EXCEEDED))
		return;
	if (!ip_at(&quoted, ip->body + ICMP_SIZE, ip->body_len - ICMP_SIZE))
		return;
	asked = get32(quoted.head + IP_DEST);
	if (asked == view->resolver && has_port(&quoted, 2, PORT_DNS) &&
	    asks(view, &quoted, 0)) {
		readdress(&quoted, IP_DEST, NET_NAME_SERVER);
		if (from == asked)
			from = NET_NAME_SERVER;
		asked = NET_NAME_SERVER;
	}
	if (is_loopback(from))
		from = asked;
	if (from != get32(ip->head + IP_SOURCE))
		readdress(ip, IP_SOURCE, from);
	put_sum(quoted.head + IP_SUM, quoted.head, quoted.body - quoted.head);
	put_sum(ip->body + ICMP_SUM, ip->body, ip->body_len);
}

/* A question to NET_NAME_SERVER goes to who answers it. */
static void see_question(struct packet_view *view, const struct ip *ip)
{
	uint32_t to = get32(ip->head + IP_DEST);
	uint8_t bit, *byte;

	if ((to != NET_NAME_SERVER && to != view->resolver) ||
	    !has_port(ip, 2, PORT_DNS))
		return;
	byte = asks_at(view, ip, 0, &bit);
	if (to == NET_NAME_SERVER) {
		*byte |= bit;
		readdress(ip, IP_DEST, view->resolver);
	} else {
		*byte &= ~bit;
	}
}

bool packet_from_guest(struct packet_view *view, uint8_t *frame, size_t len)
{
	struct ip ip;

	if (len >= ETHER && get16(frame + ETHER_TYPE) == TYPE_ARP)
		return see_arp(view, frame + ETHER, len - ETHER);
	if (ip_in(&ip, frame, len))
		see_question(view, &ip);
	return false;
}

bool packet_to_guest(struct packet_view *view, uint8_t *frame, size_t len)
{
	struct ip ip;

	if (!ip_in(&ip, frame, len))
		return false;
	if (ip.proto == PROTO_ICMP)
		mend_refusal(view, &ip);
	else if (get32(ip.head + IP_SOURCE) == view->resolver &&
		 has_port(&ip, 0, PORT_DNS) && asks(view, &ip, 2))
		readdress(&ip, IP_SOURCE, NET_NAME_SERVER);
	return see_lease(view, &ip);
}

bool packet_is_plain(const struct packet_view *view, const uint8_t *frame,
		     size_t len)
{
	const uint8_t *ip = frame + ETHER;

	return len >= ETHER + IP_SIZE &&
	       get16(frame + ETHER_TYPE) == TYPE_IPV4 &&
	       ip[IP_PROTO] == PROTO_TCP &&
	       get32(ip + IP_SOURCE) != view->resolver;
}

bool packet_is_arp(const uint8_t *frame, size_t len)
{
	return len >= ETHER && get16(frame + ETHER_TYPE) == TYPE_ARP;
}

/* libslirp sends no options of IPv4, and of TCP only with SYN. */
bool packet_is_receipt(const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + ETHER;

	return len >= ETHER + IP_SIZE + TCP_SIZE &&
	       get16(frame + ETHER_TYPE) == TYPE_IPV4 &&
	       ip[IP_PROTO] == PROTO_TCP && ip[0] == 0x45 &&
	       get16(ip + IP_LENGTH) == IP_SIZE + TCP_SIZE &&
	       ip[IP_SIZE + TCP_FLAGS] == TCP_ACK;
}
