/*
 * The two kinds of pages behind the directory of boot/paged.c. Both map RAM at
 * 0 and once more at OS1K_BASE, 4 MiB with each entry, and leave the entries of
 * what they do not map at 0 (SDM 3A, "32-Bit Paging").
 */
#ifndef MKVM_PAGED_H
#define MKVM_PAGED_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/os1k.h"
#include "loader.h"

#define PAGED_ENTRIES  1024	  /* of a page directory or table */
#define PAGED_SPAN     (4u << 20) /* bytes behind an entry of a directory */
#define PAGED_HALF     (OS1K_BASE / PAGED_SPAN)
#define PAGED_PRESENT  (1u << 0)
#define PAGED_WRITABLE (1u << 1)

/* Fills @directory with 4 MiB pages, and turns them on in @cpu. False, with
 * nothing done, if the run goes without them. */
bool paged_map_large(const struct boot_args *args, const struct memory *mem,
		     uint32_t *directory, struct cpu_state *cpu);

/*
 * Fills @directory with tables of 4 KiB pages, which it puts where RAM ends:
 * the OS takes what the directory shows for its own. 0, or -E2BIG after one
 * message if no RAM is left to be shown.
 */
int paged_map_small(const struct image *image, const struct memory *mem,
		    uint32_t *directory);

#endif
