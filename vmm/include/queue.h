/* What went through a queue, for probes. Since power-on: a reset of the device
 * does not change it. */
#ifndef MKVM_QUEUE_H
#define MKVM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct queue_counts {
	uint64_t chains;	   /* that the device has taken */
	uint64_t buffers;	   /* in them */
	uint64_t bytes_out;	   /* in those that the device reads */
	uint64_t bytes_in;	   /* that the device has written */
	uint64_t kicks;		   /* notifications that came */
	uint64_t kicked;	   /* chains that the guest was to kick for */
	uint64_t interrupts;	   /* that were asked for */
	uint64_t interrupts_saved; /* and those that the guest did not want */
	uint16_t size; /* of the queue when it was used last; 0: never */
	bool packed;
};

#endif
