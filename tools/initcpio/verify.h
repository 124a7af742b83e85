/*
 * Says whether Linux will unpack an archive completely and find /init.
 */
#ifndef MKVM_INITCPIO_VERIFY_H
#define MKVM_INITCPIO_VERIFY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Checks the bytes of an initramfs and prints each fault with its entry on
 * stderr, the first 20 in full, or that it is good on out. The limit is that
 * of index_read(). Returns 0 when it is good, -EINVAL, or -ENOMEM.
 */
int verify_archive(FILE *out, const char *path, const void *data, size_t len,
		   uint64_t limit);

#endif
