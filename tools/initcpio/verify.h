/*
 * Says whether Linux will unpack an archive completely and find /init.
 */
#ifndef MKVM_INITCPIO_VERIFY_H
#define MKVM_INITCPIO_VERIFY_H

#include "index.h"

/* What one look at an archive has found. */
struct verdict {
	const char *path; /* of the archive, for messages */
	const struct index *index;
	unsigned int faults;
};

/*
 * Checks the bytes of an initramfs and prints each fault with its entry on
 * stderr, the first 20 in full, or that it is good on out. The limit is that
 * of index_read(). Returns 0 when it is good, -EINVAL, or -ENOMEM.
 */
int verify_archive(FILE *out, const char *path, const void *data, size_t len,
		   uint64_t limit);

/* Counts a fault of an entry (or NULL) and prints it. */
void verdict_fault(struct verdict *v, const struct item *item, const char *fmt,
		   ...) __attribute__((format(printf, 3, 4)));

/* Whether /init is there, and what is needed to start it. */
void verify_init(struct verdict *v, const struct index *index);

#endif
