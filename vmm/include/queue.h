/*
 * What goes through the queues of devices, for probes: counts, which devices keep
 * all the time, and events, which they tell only where a probe wants them.
 */
#ifndef MKVM_QUEUE_H
#define MKVM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct board;

/* Since power-on: a reset of the device does not change it. */
struct queue_counts {
	uint64_t chains;     /* requests that the device has taken */
	uint64_t buffers;    /* in them */
	uint64_t bytes_out;  /* in those that the device reads */
	uint64_t bytes_in;   /* that the device has written */
	uint64_t kicks;	     /* notifications that came */
	uint64_t kicked;     /* chains that the guest was to kick for */
	uint64_t given;	     /* chains given back */
	uint64_t interrupts; /* that were asked for */
	uint16_t size;	     /* of the queue when it was used last; 0: never */
	bool packed;
};

/* Chains that came without a kick, and that went back without an interrupt of
 * their own. */
static inline uint64_t queue_kicks_saved(const struct queue_counts *counts)
{
	return counts->chains > counts->kicked ?
		       counts->chains - counts->kicked :
		       0;
}

static inline uint64_t queue_interrupts_saved(const struct queue_counts *counts)
{
	return counts->given > counts->interrupts ?
		       counts->given - counts->interrupts :
		       0;
}

/* Which queue. The strings live as long as the process. */
struct queue_view {
	const char *guest;	/* its name in messages */
	unsigned int guest_id;	/* place on the command line, from 0 */
	unsigned int nr_guests; /* on the command line */
	const char *device;	/* "virtio-blk" */
	unsigned int number;	/* of those that the guest has, from 0 */
	unsigned int queue;
};

enum queue_what {
	QUEUE_TAKEN, /* a chain, by the device */
	QUEUE_GIVEN, /* one back to the guest */
	QUEUE_TOLD,  /* the guest may see what was given back */
};

struct queue_event {
	enum queue_what what;
	unsigned int nr_out, nr_in; /* TAKEN: buffers to be read, written */
	uint64_t out, in;  /* TAKEN: bytes in them; GIVEN, in: written */
	unsigned int head; /* TAKEN, GIVEN: the chain's name */
	bool asked;	   /* TAKEN: the guest was to kick; TOLD: interrupt */
};

/* Of a device, in its init(): it keeps these counts, one for each of @nr queues,
 * with its lock taken, until release(). */
void board_keeps_counts(struct board *board, const struct queue_counts *counts,
			unsigned int nr);

/* Whether a probe wants to hear of events; constant. */
bool board_tells_events(struct board *board);

/* Tells the probes. Any thread, with the device's lock taken. */
void board_event(struct board *board, unsigned int queue,
		 const struct queue_event *event);

#endif
