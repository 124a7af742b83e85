/* Filling guest RAM with what is mostly zero, such as a kernel with its gaps. */
#ifndef MKVM_MEMORY_SPARSE_H
#define MKVM_MEMORY_SPARSE_H

#include "memory.h"

/*
 * mem_write() for RAM that is still zero: leaves out pieces of 4 KiB that are
 * zero in @buf, and asks for small pages where little is left, so that the
 * host need not clear what nobody uses.
 */
int mem_write_sparse(const struct memory *mem, gpa_t gpa, const void *buf,
		     size_t len);

#endif
