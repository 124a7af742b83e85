/*
 * Prints what is in an archive, a line an entry, as `ls -l` would.
 */
#ifndef MKVM_INITCPIO_SHOW_H
#define MKVM_INITCPIO_SHOW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Prints the entries on out, as far as the archive is whole, with a line
 * before each part when there are several. The limit is that of index_read().
 * Returns 0, or prints on stderr and returns -EINVAL (malformed) or -ENOMEM.
 */
int show_archive(FILE *out, const char *path, const void *data, size_t len,
		 uint64_t limit);

#endif
