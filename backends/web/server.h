/* The event loop of kvm-web, by libwebsockets, and kvm-vmm at its other end. */
#ifndef BACKENDS_WEB_SERVER_H
#define BACKENDS_WEB_SERVER_H

#include <stdbool.h>

/* Before people can call. False: there is no memory. */
bool server_open(void);

/* Serves until kvm-vmm is gone, and its pages know; an exit status. */
int server_run(void);

#endif
