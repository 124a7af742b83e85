/*
 * Page tables for long mode: the low 4 GiB mapped to themselves with pages of
 * 2 MiB (SDM 3A, "4-Level Paging").
 *
 *   @root            PML4   entry 0 leads to
 *   @root + 0x1000   PDPT   whose entries 0 to 3 lead to
 *   @root + 0x2000   four page directories, 512 pages of 2 MiB each
 */
#ifndef MKVM_BOOT_MAP64_H
#define MKVM_BOOT_MAP64_H

#include "memory.h"

#define MAP64_SIZE	 0x6000ULL /* bytes of tables */
#define MAP64_LARGE_PAGE (2ULL << 20)

/* Writes the tables at gpa @root, page aligned. 0 or -EFAULT. */
int map64_identity(const struct memory *mem, gpa_t root);

/*
 * Opens the pages that hold any of [@start, @end), below 4 GiB, to ring 3; at
 * first all are ring 0's. 0 or -EFAULT.
 */
int map64_allow_user(const struct memory *mem, gpa_t root, gpa_t start,
		     gpa_t end);

#endif
