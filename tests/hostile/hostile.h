/*
 * A kvm-vmm that is on the guest's side: what one would do that a guest has taken
 * over. Harmless each, and aimed at nothing but this process, its parent and names
 * that do not exist; what counts is whether the kernel is asked at all.
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include <stddef.h>

struct attack {
	const char *name;
	/* What the kernel answers where nothing is in the way: 0, or -errno. */
	long (*try)(void);
};

extern const struct attack attacks[];
extern const size_t nr_attacks;

/* Before the walls are raised. */
void attacks_prepare(void);

/* Tries each of the comma-separated @names, or "all", and prints what came of it:
 * a line "attack: NAME: ERRNO" each, ERRNO 0 if it succeeded. */
void attacks_try(const char *names);

#endif
