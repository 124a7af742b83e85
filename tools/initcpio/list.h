/*
 * The text list that says what is in an initramfs; its lines are in
 * initramfs/README.md.
 */
#ifndef MKVM_INITCPIO_LIST_H
#define MKVM_INITCPIO_LIST_H

#include "tree.h"

#include <stdio.h>

/*
 * Adds what one line says (without its newline). Sources are looked for from
 * the current directory. Returns 0, or prints "FILE:LINE: why"
 * and returns -EINVAL, -ENOMEM or -EIO.
 */
int list_line(struct tree *tree, const struct origin *at, const char *line);

/* Reads a whole list; stops at the first bad line. Returns as list_line(). */
int list_read(struct tree *tree, const char *path, unsigned int rank);

#endif
