/*
 * From the tree of files to the bytes of a newc archive.
 */
#ifndef MKVM_INITCPIO_PACK_H
#define MKVM_INITCPIO_PACK_H

#include "buf.h"
#include "tree.h"

#include <stdbool.h>
#include <time.h>

/*
 * Appends the archive to out: the same tree gives the same bytes. Every file
 * gets the time mtime (seconds), and with @unlinked every name is a file of its
 * own, for readers that know no hard links. Reads the sources. Returns 0, or prints and
 * returns -EINVAL (a source changed), -EIO or -ENOMEM.
 */
int pack_newc(struct tree *tree, time_t mtime, bool unlinked, struct buf *out);

#endif
