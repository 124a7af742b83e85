/*
 * Ports of the host that lead into the guest. The sockets that listen there are
 * kvm-vmm's, inherited; libslirp gets copies when it is known where the guest
 * lives. Until then, and while it moves, connections wait in their queues.
 */
#ifndef BACKENDS_NET_FORWARD_H
#define BACKENDS_NET_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

struct Slirp;

/* Adds the listening TCP, or bound UDP, socket @fd, which leads to @port in the
 * guest. False: there is no room for more, or it is no such socket. */
bool forward_add(bool udp, int fd, uint16_t port);

/* Makes all of them lead to @guest, an address with its high byte first. */
void forward_to(struct Slirp *slirp, uint32_t guest);

#endif
