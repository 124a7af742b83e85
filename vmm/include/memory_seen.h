/* What a guest finds at an address, be it RAM or a device's memory. */
#ifndef MKVM_MEMORY_SEEN_H
#define MKVM_MEMORY_SEEN_H

#include "memory.h"

/* hva of what the guest reads in the @len bytes at @gpa, where that is no register:
 * memory that a device shows, or RAM. NULL unless it is one of them, all of it. */
const void *mem_seen(const struct memory *mem, gpa_t gpa, size_t len);

/* Copies what the guest reads there. 0, or -EFAULT with nothing done. */
int mem_read(const struct memory *mem, gpa_t gpa, void *buf, size_t len);

#endif
