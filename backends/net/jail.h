/* What kvm-net gives up before the guest's first frame. */
#ifndef BACKENDS_NET_JAIL_H
#define BACKENDS_NET_JAIL_H

#include <stdbool.h>

/*
 * From here on the process cannot execute programs, open files, look into other
 * processes or become more than it is, and what it may use is limited; where the
 * host's kernel has namespaces, it sees no file system either. False: this kernel
 * cannot filter system calls.
 */
bool jail_enter(void);

/* The second half of it: which system calls there are left; filter.c. */
bool filter_enter(void);

#endif
