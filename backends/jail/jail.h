/*
 * What a back end gives up before it reads what a guest has made.
 *
 *   rooms.c     namespaces, in which there is no file and nobody else
 *   landlock.c  the kernel's own "no file" (Landlock)
 *   filter.c    the system calls that are left (seccomp)
 *   jail.c      limits and rights, and all of it in order
 *   show.c      what stands, in words
 *   libc.inc    rows for lists of calls
 */
#ifndef BACKENDS_JAIL_H
#define BACKENDS_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One call that is let through: always, or if the bits of @mask in argument
 * number @arg are @value. */
struct jail_call {
	const char *name, *why;
	uint16_t call;
	uint8_t arg;
	uint32_t mask, value;
	const char *only; /* that condition in words */
};

#define JAIL_CALL(call_, why_) \
	.name = #call_, .why = (why_), .call = SYS_##call_
#define JAIL_ONLY(arg_, mask_, value_, only_) \
	.arg = (arg_), .mask = (mask_), .value = (value_), .only = (only_)

/* What a back end keeps. */
struct jail {
	const char *program;
	const struct jail_call *calls; /* the most frequent ones first */
	size_t nr_calls;	       /* at most 50; 0: read, write and exit */
	uint64_t memory;	       /* bytes of address space */
	unsigned int descriptors;
	bool has_network;
	bool has_files; /* that it was given, which it may let grow */
};

/* How a back end ends that is called in another way, or whose machine does not let
 * it: says on stderr @what is wrong, and returns @status. */
#define JAIL_USAGE	 64
#define JAIL_UNAVAILABLE 69
int jail_refuse(const struct jail *jail, int status, const char *what);

/* What is typed at the terminal is for kvm-vmm, which ends this program; and a
 * socket or pipe that was closed is an error, not an end. */
void jail_ignore_signals(void);

/*
 * From here on the process cannot execute programs, open files, look into other
 * processes or become more than it is, and what it may use is limited. Where the
 * host's kernel allows it, it is alone, too, without any file or network to be seen;
 * which of these walls stand is said on stderr if kvm-vmm is asked for details. False:
 * this kernel cannot filter system calls. Single threaded, nothing to open left.
 */
bool jail_enter(const struct jail *jail);

/* For `PROGRAM --show-sandbox`: prints what jail_enter() leaves, and what walls there
 * are on this host, which it finds out by going there. An exit status. */
int jail_show(const struct jail *jail);

/* --- Its pieces ------------------------------------------------------------ */

/* The walls that not every host has. */
struct jail_walls {
	unsigned int spaces; /* CLONE_NEW...: namespaces of its own */
	bool no_files;	     /* its root is an empty folder */
	int landlock;	     /* version; 0: none */
	bool is_root;	     /* its user outside is root, whatever it may do */
};

/* The calls that end a back end, whichever it is; the others that it has not are
 * refused, with EPERM. */
struct jail_deadly {
	const char *name;
	uint16_t call;
};
extern const struct jail_deadly jail_deadly[];
extern const size_t jail_nr_deadly;

void rooms_enter(const struct jail *jail, struct jail_walls *walls);
int landlock_enter(const struct jail *jail);
bool filter_enter(const struct jail *jail);

/* Prints the calls; and the walls, to @to, two lines at most. */
void show_calls(const struct jail *jail);
void show_walls(FILE *to, const struct jail *jail,
		const struct jail_walls *walls);

#endif
