/* The server of RFC 6143, by LibVNCServer: people who look, and what they see. */
#ifndef BACKENDS_VNC_SERVER_H
#define BACKENDS_VNC_SERVER_H

#include <stdbool.h>

#define SERVER_DESCRIPTORS 64 /* of the program */

/* Before people can call. False: there is no memory. */
bool server_open(void);

/* Serves until kvm-vmm is gone; an exit status. */
int server_run(void);

#endif
