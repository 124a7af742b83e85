/*
 * An address space of devices: I/O ports, or the part of guest-physical
 * memory that no RAM backs.
 *
 * Claims are made while the machine is built; bus_freeze() sorts them and
 * refuses overlaps, so that the order of building never matters. After that
 * the table is constant and look-ups need no lock.
 */
#ifndef MKVM_BUS_H
#define MKVM_BUS_H

#include <pthread.h>
#include <stdint.h>

#include "device.h"
#include "util/lock.h"

#define BUS_CLAIMS_MAX 64
#define BUS_SEEN_MAX   32
#define BUS_LIKELY     256

/* A device as the bus sees it: its code, its state, and the lock of both. */
struct device {
	struct lock lock;
	const struct device_type *type;
	void *state;
};

struct bus_claim {
	uint64_t base, len; /* where an access may begin */
	struct device *dev;
	unsigned int range; /* index into dev->type->ranges */
	unsigned int width; /* widest access that goes to the device as it is;
			     * not wider than len */
	unsigned int whole; /* bytes of a DEV_REGISTER, else 0 */
};

struct bus {
	const char *name; /* "port" or "address", for messages */
	unsigned int nr_claims;
	struct bus_claim claims[BUS_CLAIMS_MAX];

	/* By the low bits of an address, the claim that it is likely to be in:
	 * an index into claims[]. From bus_freeze() on. */
	uint8_t likely[BUS_LIKELY];

	pthread_mutex_t stray_lock; /* guards what follows */
	uint64_t nr_stray;	    /* accesses that no device answered */
	unsigned int nr_seen;
	uint64_t seen[BUS_SEEN_MAX]; /* stray addresses already logged */
};

void bus_init(struct bus *bus, const char *name);

/* Adds @len addresses from @base, as range number @range of @dev reaches. 0,
 * -ENOSPC, or -EINVAL (empty, wraps). */
int bus_claim(struct bus *bus, uint64_t base, uint64_t len, struct device *dev,
	      unsigned int range);

/* Ends building. 0, or -EEXIST after naming two devices that overlap. */
int bus_freeze(struct bus *bus);

/* Name of the device that claims @addr, or NULL. */
const char *bus_owner(const struct bus *bus, uint64_t addr);

/*
 * One access of @size bytes (1-8) at @addr; takes the device's lock. Where no
 * device answers, reads give ones and writes are dropped, both counted. What
 * lies on several ranges, or beside one, is split as enum dev_reach says.
 */
uint64_t bus_read(struct bus *bus, uint64_t addr, unsigned int size);
void bus_write(struct bus *bus, uint64_t addr, unsigned int size, uint64_t val);

/* The same for one byte, as most accesses are. */
uint8_t bus_read_byte(struct bus *bus, uint64_t addr);
void bus_write_byte(struct bus *bus, uint64_t addr, uint8_t val);

#endif
