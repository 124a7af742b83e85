/* The bare run loop, and what it asks of devices if there are any. */
#ifndef MKVM_BARE_H
#define MKVM_BARE_H

#include <stdbool.h>

struct kvm_run;

struct bare {
	const char *name;    /* of the image, for messages */
	int vcpu;	     /* file descriptor */
	struct kvm_run *run; /* shared with the kernel */
	bool stopped;	     /* the guest is to end with status: */
	int status;	     /* an exit status */
};

/* Puts the devices on their bus. 0, or -errno after one message. */
int bare_io_init(struct bare *bare);

/*
 * Answers the I/O instruction that the guest has left for, and may stop the
 * guest. False: no device is built in, so that nobody can.
 */
bool bare_io_answer(struct bare *bare);

/* Prints the devices for --list. */
void bare_io_list(void);

#endif
