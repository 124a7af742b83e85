/*
 * What is mended in the packets between the guest and libslirp 4.7, and what is
 * learnt from them. No call here knows sockets; addresses are as in a packet,
 * high byte first.
 */
#ifndef BACKENDS_NET_PACKET_H
#define BACKENDS_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The guest's network, as QEMU has it: 10.0.2.0/24. */
#define NET_ADDR(last)	(10u << 24 | 0 << 16 | 2 << 8 | (last))
#define NET_MASK	0xffffff00u
#define NET_HOST	NET_ADDR(2) /* the host, and the way out */
#define NET_NAME_SERVER NET_ADDR(3) /* answers questions about names */
#define NET_FIRST_LEASE NET_ADDR(15)
#define NET_BROADCAST	NET_ADDR(255)

struct packet_view {
	uint32_t resolver; /* who stands behind NET_NAME_SERVER */
	uint32_t guest;	   /* the address to which forwards lead; 0: none yet */
	uint8_t mac[6];	   /* whose it is */
	bool leased;	   /* by DHCP */

	/* The guest's ports, UDP's and TCP's, that have last asked
	 * NET_NAME_SERVER, and not @resolver itself; a bit for each. */
	uint8_t asks[2][65536 / 8];
};

/*
 * Looks at a frame of @len bytes on its way from the guest, and turns questions
 * to NET_NAME_SERVER into questions to @view->resolver. True: the guest was
 * seen at another address than before, @view->guest.
 */
bool packet_from_guest(struct packet_view *view, uint8_t *frame, size_t len);

/*
 * The same for a frame on its way to the guest: answers come from
 * NET_NAME_SERVER, refusals from whom the guest has asked, and not from a
 * loopback address, which nobody believes.
 */
bool packet_to_guest(struct packet_view *view, uint8_t *frame, size_t len);

/* Whether packet_to_guest() would do nothing to @frame, nor learn from it: the
 * quick answer for long ones. */
bool packet_is_plain(const struct packet_view *view, const uint8_t *frame,
		     size_t len);

/* Whether @frame is of ARP. */
bool packet_is_arp(const uint8_t *frame, size_t len);

/* Whether @frame only tells, by TCP, that something has arrived. */
bool packet_is_receipt(const uint8_t *frame, size_t len);

#endif
