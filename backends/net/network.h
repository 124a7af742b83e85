/* The guest's network, which libslirp makes, behind a stream of frames. */
#ifndef BACKENDS_NET_NETWORK_H
#define BACKENDS_NET_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

/* Sets it up behind the stream socket @fd, for packets of at most @mtu bytes;
 * questions about names go to @resolver, an address with its high byte first.
 * False: it cannot be. */
bool network_open(int fd, unsigned int mtu, uint32_t resolver);

/* Serves it until the peer has closed @fd: 0; 1 when the peer sends what are no
 * frames. */
int network_run(void);

#endif
