/*
 * Writes of the guest that the host's kernel turns into an eventfd by itself: a
 * vCPU that kicks a worker (include/worker.h) goes on at once and never comes to
 * us. A wish: where the host cannot, or the run goes without, the write comes to
 * the device's write() as any other, and so does one that is not as described.
 */
#ifndef MKVM_IOEVENT_H
#define MKVM_IOEVENT_H

#include <stdbool.h>
#include <stdint.h>

struct board;

#define IOEVENTS_MAX 20 /* of one device */

struct ioevent {
	unsigned int range; /* of the device; a BAR of PCI, wherever it is */
	uint64_t off;
	unsigned int size; /* bytes, exactly; a power of two */
	bool only;	   /* if it is @val */
	uint64_t val;
	int fd; /* an eventfd, which stays open until it is dropped */
};

/* From now on, until board_drop_ioevents(), which is for all of this device. */
void board_add_ioevent(struct board *board, const struct ioevent *event);
void board_drop_ioevents(struct board *board);

#endif
