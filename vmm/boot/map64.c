/*
 * Page tables for long mode. Upper levels are open to ring 3 and writable: a
 * page is as open as the strictest entry on the way to it, so the last level
 * decides alone.
 */
#include "boot/map64.h"

#include <errno.h>

#include "x86/bits.h"
#include "x86/paging.h"

#define TABLE_ENTRIES 512
#define DIRECTORIES   4 /* one per GiB */

#define PTE_TABLE (PTE_P | PTE_W | PTE_U)

/* The entries of all page directories, as one array; or NULL. */
static uint64_t *directories(const struct memory *mem, gpa_t root)
{
	return mem_hva(mem, root + 2 * X86_PAGE_SIZE,
		       DIRECTORIES * X86_PAGE_SIZE);
}

int map64_identity(const struct memory *mem, gpa_t root)
{
	uint64_t *pml4 = mem_hva(mem, root, X86_PAGE_SIZE);
	uint64_t *pdpt = mem_hva(mem, root + X86_PAGE_SIZE, X86_PAGE_SIZE);
	uint64_t *pages = directories(mem, root);

	if (!pml4 || !pdpt || !pages)
		return -EFAULT;
	pml4[0] = (root + X86_PAGE_SIZE) | PTE_TABLE;
	for (uint64_t i = 0; i < DIRECTORIES; i++)
		pdpt[i] = (root + (2 + i) * X86_PAGE_SIZE) | PTE_TABLE;
	for (uint64_t i = 0; i < DIRECTORIES * TABLE_ENTRIES; i++)
		pages[i] = i * MAP64_LARGE_PAGE | PTE_P | PTE_W | PTE_PS;
	return 0;
}

int map64_allow_user(const struct memory *mem, gpa_t root, gpa_t start,
		     gpa_t end)
{
	uint64_t *pages = directories(mem, root);

	if (!pages || end > MEM_4G)
		return -EFAULT;
	for (gpa_t at = start / MAP64_LARGE_PAGE; at * MAP64_LARGE_PAGE < end;
	     at++)
		pages[at] |= PTE_U;
	return 0;
}
