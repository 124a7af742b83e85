/*
 * Makes an initramfs of file lists and folders.
 */
#ifndef MKVM_INITCPIO_CREATE_H
#define MKVM_INITCPIO_CREATE_H

#include "squeeze.h"

#include <stdbool.h>
#include <time.h>

struct request {
	const struct compressor *compressor;
	const char *output;
	const char *depfile; /* rules for make go there; may be NULL */
	char *const *inputs; /* lists and folders; later ones win */
	unsigned int count;
	time_t mtime;  /* of every file, seconds */
	bool unlinked; /* each hard link becomes a file of its own */
};

/*
 * Everything is read and packed before the first byte is written, so a mistake
 * leaves no output, and an output of before as it was. Returns 0, or prints and
 * returns -EINVAL (the input is at fault), -EIO or -ENOMEM.
 */
int create_archive(const struct request *r);

#endif
