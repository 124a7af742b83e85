/*
 * poll(2), but the kernel keeps in mind what is waited for (epoll(7)): from one call
 * to the next that hardly changes, and what is as it was costs nothing.
 */
#ifndef BACKENDS_NET_WAITING_H
#define BACKENDS_NET_WAITING_H

#include <poll.h>
#include <stdbool.h>

#define WAITING_MAX 1024 /* descriptors have lower numbers */

/* An event for pollfd.events: an eventfd, which is told of once for each time that
 * it is rung, and which nobody reads. */
#define WAITING_RUNG 0x4000

/* Once, before all others. False: this kernel does not let us. */
bool waiting_open(void);

/* As poll(2), each descriptor once; at most 64 of them are told of in a call. */
int waiting_poll(struct pollfd *polled, unsigned int nr, int ms);

/* The descriptor @fd is about to be closed; or any may be. */
void waiting_forget(int fd);
void waiting_forget_all(void);

#endif
