/* The faults that are found in an archive, and who looks for them. */
#ifndef MKVM_INITCPIO_VERDICT_H
#define MKVM_INITCPIO_VERDICT_H

#include "index.h"

#define VERDICT_SHOWN 20 /* faults that are printed; the others are counted */

/* What one look at an archive has found. */
struct verdict {
	const char *path; /* of the archive, for messages */
	const struct index *index;
	unsigned int faults;
};

/* Counts a fault of an entry (or NULL) and prints it. */
void verdict_fault(struct verdict *v, const struct item *item, const char *fmt,
		   ...) __attribute__((format(printf, 3, 4)));

/* Whether /init is there, and what is needed to start it. */
void verify_init(struct verdict *v, const struct index *index);

#endif
