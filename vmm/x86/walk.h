/*
 * Page walks, after SDM 3A "Paging": 32-bit, PAE, 4-level and 5-level, with
 * large pages. A walk looks at what stands in memory now, and changes nothing
 * there; a TLB or the PDPTE registers may still hold something older.
 */
#ifndef MKVM_X86_WALK_H
#define MKVM_X86_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WALK_LEVELS_MAX 5

/* The registers that say how addresses are translated. */
struct walk_regs {
	uint64_t cr0, cr3, cr4, efer;
};

enum walk_end {
	WALK_MAPPED,
	WALK_ABSENT,	/* the last entry is not present */
	WALK_NO_TABLE,	/* the last table is not in RAM; its entry is unknown */
	WALK_CANONICAL, /* the address is none that this mode knows */
};

struct walk_step {
	const char *name; /* "PDE" */
	unsigned int index;
	uint64_t at;	/* gpa of the entry */
	uint64_t entry; /* 0 when the table is not in RAM */
};

struct walk {
	uint64_t gva; /* linear address */
	enum walk_end end;
	unsigned int nr_steps; /* 0 without paging */
	struct walk_step steps[WALK_LEVELS_MAX];
	uint64_t gpa;			 /* WALK_MAPPED */
	uint64_t page_size;		 /* WALK_MAPPED; 0 without paging */
	bool writable, user, executable; /* WALK_MAPPED: all levels together */
};

/* Reads @len bytes at @gpa of @ram into @buf; 0 unless they are not RAM. */
typedef int walk_read(const void *ram, uint64_t gpa, void *buf, size_t len);

/* Walks from linear address @gva as a CPU with @regs would. */
void walk_address(struct walk *walk, const struct walk_regs *regs, uint64_t gva,
		  walk_read *read, const void *ram);

#endif
