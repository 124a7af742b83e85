/*
 * An address space of devices: I/O ports, or the part of guest-physical
 * memory that no RAM backs.
 *
 * Claims are made while the machine is built; bus_freeze() sorts them and
 * refuses overlaps, so that the order of building never matters. After that
 * the table is constant and look-ups need no lock.
 *
 * A claim that a guest may move while its vCPUs run, such as a BAR of PCI, is
 * in a list beside that table: core/bus_moving.c.
 */
#ifndef MKVM_BUS_H
#define MKVM_BUS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "util/lock.h"

#define BUS_CLAIMS_MAX 64
#define BUS_SEEN_MAX   32
#define BUS_LIKELY     256
#define BUS_LAST       12

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
	bool begun;	    /* DEV_BEGUN */
};

/* One that a guest may switch on, move and switch off. */
struct bus_moving {
	struct bus_moving *next;
	struct bus_claim claim; /* guarded by moving_lock; len 0: it is off */
};

/* What happened at an address where no device is. */
struct bus_stray {
	uint64_t addr;
	uint32_t reads, writes;
	uint8_t last[BUS_LAST]; /* bytes written, a ring: the next one goes to */
	uint8_t at;
};

struct bus {
	const char *name; /* "port" or "address", for messages */
	unsigned int nr_claims;
	struct bus_claim claims[BUS_CLAIMS_MAX];

	/* By the low bits of an address, the claim that it is likely to be in:
	 * an index into claims[]. From bus_freeze() on. */
	uint8_t likely[BUS_LIKELY];

	struct lock moving_lock;   /* after any device's */
	struct bus_moving *moving; /* in the order of adding */

	pthread_mutex_t stray_lock; /* guards what follows */
	uint64_t nr_stray;	    /* accesses that no device answered */
	unsigned int nr_seen;
	struct bus_stray seen[BUS_SEEN_MAX]; /* already logged, each once */
};

void bus_init(struct bus *bus, const char *name);

/* Adds @len addresses from @base, as range number @range of @dev reaches. 0,
 * -ENOSPC, or -EINVAL (empty, wraps). */
int bus_claim(struct bus *bus, uint64_t base, uint64_t len, struct device *dev,
	      unsigned int range);

/* Ends building. 0, or -EEXIST after naming two devices that overlap. */
int bus_freeze(struct bus *bus);

/*
 * Adds @moving, which is off, for range number @range of @dev; before vCPUs
 * run, and it stays in the list. Of several at one address the one that was
 * added first has it; what bus_claim() has claimed goes before all of them, and
 * RAM never comes here.
 */
void bus_add_moving(struct bus *bus, struct bus_moving *moving,
		    struct device *dev, unsigned int range);

/*
 * @moving is at the @len addresses from @base from now on; 0: it is off. Any
 * thread, also one that holds a device's lock. An access that another vCPU began
 * before may still arrive where it was going: offsets are those of its range
 * in any case.
 */
void bus_move(struct bus *bus, struct bus_moving *moving, uint64_t base,
	      uint64_t len);

/* Copies to @claim the moving one that has @addr, which no fixed one has; it
 * ends where another begins. False: none has it. For bus.c. */
bool bus_find_moving(struct bus *bus, uint64_t addr, struct bus_claim *claim);

/* Name of the device that claims @addr, or NULL. */
const char *bus_owner(struct bus *bus, uint64_t addr);

/* The same, and which range of the device it is, and how far into it. */
const char *bus_locate(struct bus *bus, uint64_t addr, unsigned int *range,
		       uint64_t *off);

/*
 * One access of @size bytes (1-8) at @addr; takes the device's lock. Where no
 * device answers, reads give ones and writes are dropped, both counted. What
 * lies on several ranges, or beside one, is split as enum dev_reach says.
 */
uint64_t bus_read(struct bus *bus, uint64_t addr, unsigned int size);
void bus_write(struct bus *bus, uint64_t addr, unsigned int size, uint64_t val);

/* The same @nr times at one address, to @to, @size bytes each; false: the device
 * takes them one by one. */
bool bus_read_items(struct bus *bus, uint64_t addr, unsigned int size,
		    unsigned int nr, void *to);

/* The same for one byte, as most accesses are. */
uint8_t bus_read_byte(struct bus *bus, uint64_t addr);
void bus_write_byte(struct bus *bus, uint64_t addr, uint8_t val);

#endif
