/* Guest RAM that goes back to the host. */
#ifndef MKVM_DISCARD_H
#define MKVM_DISCARD_H

#include "memory.h"

/* Gives the host back the whole pages in the @len bytes at @hva, of mem_hva(): they
 * are zeroes when touched next. How many bytes; 0 where not all of it is RAM. */
size_t mem_discard(const struct memory *mem, void *hva, size_t len);

#endif
