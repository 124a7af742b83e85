/* What messages call guests: the names of their images. */
#ifndef MKVM_NAMES_H
#define MKVM_NAMES_H

/* The name of guest number @id of @images, for the caller to free: the file's, and
 * of those with the same one the second gets "#2". NULL: no memory. */
char *name_guest(const char *const *images, unsigned int id);

#endif
