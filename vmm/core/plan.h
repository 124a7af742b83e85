/* The list of devices that a guest's options ask for; include/plug.h fills it,
 * core/board.c makes them. */
#ifndef MKVM_PLAN_H
#define MKVM_PLAN_H

#include "plug.h"

#define PLAN_MAX 31 /* devices: slots of PCI beside the bridge's */

struct plan {
	unsigned int nr;
	struct planned devices[PLAN_MAX];
};

/* An empty one, or NULL: no memory. */
struct plan *plan_new(void);

/* Whether there is a device called @name; @plan may be NULL. */
bool plan_has(const struct plan *plan, const char *name);

/* @plan may be NULL. */
void plan_free(struct plan *plan);

#endif
