/* The guest's network, which libslirp makes. */
#ifndef BACKENDS_NET_NETWORK_H
#define BACKENDS_NET_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

struct jail;
struct peer;

#define NETWORK_FDS_MAX \
	1024 /* descriptors, sockets of connections among them */

/* What it needs when it serves. */
extern const struct jail net_jail;

/* Sets it up before @peer, for packets of at most @mtu bytes; questions about
 * names go to @resolver, an address with its high byte first. False: it cannot
 * be. */
bool network_open(const struct peer *peer, unsigned int mtu, uint32_t resolver);

/* Serves it until the peer has gone: 0; 1 when what it sends are no frames. */
int network_run(void);

#endif
