/* The list of devices that a guest's options ask for; include/plug.h fills it,
 * core/board.c makes them. */
#ifndef MKVM_PLAN_H
#define MKVM_PLAN_H

#include "framebuffer.h"
#include "plug.h"

#define PLAN_WORDS_MAX 256
#define PLAN_MAX       31 /* devices: slots of PCI beside the bridge's */

struct image;
struct loader;

/* The guest that it is for. */
struct plan_guest {
	const struct loader *loader;
	const struct image *image;
	const char *const *without; /* features left out: feature.h */
	unsigned int copy;	    /* see plan_copy() */
};

struct plan {
	struct plan_guest guest;
	const void *choice;	    /* of an early plug */
	unsigned int boot;	    /* plan_boot() */
	uint8_t floppies;	    /* plan_floppies() */
	struct framebuffer shown;   /* plan_show(); 0 bits: none */
	const char *symbols;	    /* file of --symbols; NULL: not given */
	char words[PLAN_WORDS_MAX]; /* for Linux, each with a blank behind it */
	unsigned int nr;
	struct planned devices[PLAN_MAX];
};

/* An empty one for @guest, or NULL: no memory. */
struct plan *plan_new(const struct plan_guest *guest);

/* Whether there is a device called @name; @plan may be NULL. */
bool plan_has(const struct plan *plan, const char *name);

/* Whether it makes a device of @type, which is a row of the table as well, and then
 * stands in for that. */
bool plan_makes(const struct plan *plan, const struct device_type *type);

/* What plan_say() was told; @plan may be NULL. */
const char *plan_words(const struct plan *plan);

/* @plan may be NULL. */
void plan_free(struct plan *plan);

/* All devices are in @plan: those with plan_window() get their places. 0, or
 * -EINVAL after one message: there are no more. */
int plan_settle(struct plan *plan);

/* Whether @gpa is in one of those places; @plan may be NULL. */
bool plan_has_window_at(const struct plan *plan, uint64_t gpa);

#endif
