/*
 * A page walk: what walk() is given, and what it says.
 */
#ifndef EXERCISE_WALK_H
#define EXERCISE_WALK_H

#include <stdbool.h>
#include <stdint.h>

/* What the access wants; none of them: ring 0 reads data. */
struct access {
	bool write, user, fetch;
};

struct walked {
	bool fault;
	uint64_t pa;	/* physical address, without a fault */
	uint32_t error; /* error code of the page fault */
};

/* The 8 bytes of guest memory at @gpa, which is a multiple of 8. */
uint64_t entry_at(uint64_t gpa);

/* Walks from @cr3 to the page of @va, which is canonical. */
struct walked walk(uint64_t cr3, uint64_t va, struct access access);

#endif
