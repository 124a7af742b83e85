/*
 * The contract between a plug and the machine: devices that there can be
 * several of, or that take an argument. An option, `--exit-port 0xf4`, becomes
 * an instance with ranges and interrupt lines of its own.
 *
 * The plan is a guest's list of such devices. Options before the first image
 * are for all guests, those behind an image for that one.
 */
#ifndef MKVM_PLUG_H
#define MKVM_PLUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "table.h"

struct framebuffer; /* include/framebuffer.h */
struct plan;

/* A device that is to be: its type, where its guest finds it, and what its
 * option said. */
struct planned {
	const struct device_type *type;
	struct dev_range ranges[DEV_RANGES_MAX]; /* the type's, until set */
	unsigned char irqs[DEV_IRQS_MAX];	 /* likewise */
	bool has_window; /* range 0 and line 0 are plan_window()'s */
	void *config;	 /* for board_config() */
	bool made; /* the device is there: its release() comes at the end */

	/* Closes what @config holds open; called in release()'s place if the
	 * device never came to be. NULL: nothing. */
	void (*forget)(const void *config);
};

struct plug {
	const char *option; /* "--exit-port" */
	const char *arg;    /* name of its value in --help; NULL: has none */
	bool arg_optional;  /* "--edu" or "--edu=ARG" */
	const char *what;   /* one line for --help and --list */
	bool is_of_host; /* @arg names files of the host, or where it is reached */
	const char *
		alone; /* what @arg is where it is not given: a file which is the
			    * image, too, if none is named. NULL: it is not */
	bool begins;   /* the guest begins in it: it is firmware */
	bool early;    /* asked before all that are not: how others are made */

	/*
	 * Adds to @plan what @arg asks for; it is NULL when none was given, and
	 * stays readable as long as the process lives. On the main thread,
	 * before the guest is created. 0, or -errno after one message (-EINVAL:
	 * the user's mistake).
	 */
	int (*plug)(struct plan *plan, const char *arg);
};

#define PLUG(row) TABLE_ROW(plug, plug, row)

/*
 * Adds a device of @type to @plan, with a copy of the @size bytes at @config
 * for board_config(); the type need not be a row of the table of devices. The
 * result may be changed until the next call; NULL after one message when there
 * are too many, or no memory.
 */
struct planned *plan_add(struct plan *plan, const struct device_type *type,
			 const void *config, size_t size);

/* The device of @type that is in @plan already; NULL: none is. */
struct planned *plan_find(struct plan *plan, const struct device_type *type);

/* Moves range number @range of @planned to the @len ports or addresses from
 * @base on. */
void plan_range(struct planned *planned, unsigned int range, uint64_t base,
		uint64_t len);

/*
 * Gives @planned a page of addresses as range 0 and an interrupt line of its own
 * as line 0, of which firmware and loaders tell the guest: virtio over MMIO.
 * Which ones, is decided when all devices are planned, in the order of adding.
 */
void plan_window(struct planned *planned);

/* Whether a function is planned that has to have slot @slot of the PCI bus. */
bool plan_has_slot(const struct plan *plan, unsigned int slot);

/* Whether this run has the feature @name: see include/feature.h. */
bool plan_allows(const struct plan *plan, const char *name);

/* Which copy of a guest this one is to be, that runs beside it, from 1; 0: none. What
 * others have open they keep: see include/disk.h, "Copies". */
unsigned int plan_copy(const struct plan *plan);

/* Whether the guest is known to have a driver for such windows. */
bool plan_drives_windows(const struct plan *plan);

/*
 * Puts @words, with a blank behind them, on the guest's command line, before the
 * user's. 0, or -EINVAL after one message that begins with @option: the guest is
 * no Linux, or they are too many.
 */
int plan_say(struct plan *plan, const char *option, const char *words);

/* Plugs in what @option with @arg would, "--share". As the plug itself; -EINVAL
 * after one message where it was not built in. */
int plan_plug(struct plan *plan, const char *option, const char *arg);

/* Whether firmware is plugged in. */
bool plan_has_rom(const struct plan *plan);

/* What firmware is to start, in that order, as CMOS RAM has it: a digit of 16 for each,
 * the lowest first: 1 a floppy, 2 a disk, 3 a CD, 4 the network. 0: as it likes. */
void plan_boot(struct plan *plan, unsigned int order);

/* Which drives for floppies there are, as CMOS RAM has it: see board_floppies(). */
void plan_floppies(struct plan *plan, uint8_t drives);

/* What an early plug has decided for those that come after it: a row of whatever
 * table they agree on; NULL: nothing yet. */
void plan_choose(struct plan *plan, const void *row);
const void *plan_choice(const struct plan *plan);

/* The guest's screen shows @fb from the start, and loaders may say so; what that is;
 * NULL: nothing of the kind. */
void plan_show(struct plan *plan, const struct framebuffer *fb);
const struct framebuffer *plan_framebuffer(const struct plan *plan);

/* Whether a device called @name is among those that options have asked for so far. */
bool plan_has(const struct plan *plan, const char *name);

/* Whether one of them is of @type. */
bool plan_makes(const struct plan *plan, const struct device_type *type);

#endif
