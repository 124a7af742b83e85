/* What --net asks for, from net_plug.c to the card, net.c. */
#ifndef MKVM_VIRTIO_NET_CARD_H
#define MKVM_VIRTIO_NET_CARD_H

#include "net.h"
#include "virtio.h"

struct net_card {
	struct net_end *end;
	uint8_t mac[NET_MAC_LEN]; /* the last but one is the guest's number */
	bool has_mac;		  /* but not if the user gave it */
	uint16_t mtu;		  /* 0: the guest is not told of one */
};

extern const struct virtio_type net_card;

/* Makes @mac that of copy number @copy, from 1, of the guest that has it. */
void net_mac_of_copy(uint8_t *mac, unsigned int copy);

#endif
