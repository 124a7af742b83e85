/*
 * A folder of the host that goes into the archive whole: the overlay.
 */
#ifndef MKVM_INITCPIO_FOLDER_H
#define MKVM_INITCPIO_FOLDER_H

#include "tree.h"

/*
 * Adds everything below path, sorted by name. Owner is root; directories get
 * 0755, files 0755 or 0644 by the owner's x bit, which is all that git keeps,
 * so that a clone with another umask gives the same archive. A directory that
 * the tree has already keeps its mode. .gitignore and .gitkeep stay out.
 * Returns 0, or prints and returns -EINVAL, -ENOMEM or -EIO.
 */
int folder_read(struct tree *tree, const char *path, unsigned int rank);

#endif
