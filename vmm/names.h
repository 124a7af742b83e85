/* What messages call guests: the names of their images. */
#ifndef MKVM_NAMES_H
#define MKVM_NAMES_H

/* The names of the @nr guests of @images, a list that ends with NULL: the files', and
 * of those with the same one the second gets "#2". NULL: no memory. */
char **names_make(const char *const *images, unsigned int nr);
void names_free(char **names);

#endif
