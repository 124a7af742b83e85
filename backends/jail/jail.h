/* What a back end gives up before it reads what a guest has made. */
#ifndef BACKENDS_JAIL_H
#define BACKENDS_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One call that is let through: always, or if the bits of @mask in argument
 * number @arg are @value. */
struct jail_call {
	uint16_t call;
	uint8_t arg;
	uint32_t mask, value;
};

/* What a back end keeps. */
struct jail {
	const struct jail_call *calls; /* the most frequent ones first */
	size_t nr_calls;	       /* at most 50 */
	uint64_t memory;	       /* bytes of address space */
	unsigned int descriptors;
	bool has_network;
	bool has_files; /* that it was given, which it may let grow */
};

/*
 * From here on the process cannot execute programs, open files, look into other
 * processes or become more than it is, and what it may use is limited; where the
 * host's kernel has namespaces, it sees no file system either. False: this kernel
 * cannot filter system calls.
 */
bool jail_enter(const struct jail *jail);

/* The second half of it: which system calls there are left; filter.c. */
bool filter_enter(const struct jail *jail);

#endif
