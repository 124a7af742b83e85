/*
 * Address spaces: a page directory for each process. The upper half, the
 * kernel's, is the loader's and the same in all; the lower half is made of
 * 4 KiB pages, all of them the programs' (SDM 3A, "32-Bit Paging").
 */
#include "kernel/kernel.h"

#define PRESENT 0x1
#define USER	0x4

/* Where the kernel sees the page or table of an entry. */
static void *target(uint32_t entry)
{
	return (char *)KERNEL_BASE + (entry & -PAGE_SIZE);
}

/* Points *@entry to a new page, unless it has one. NULL: out of memory. */
static void *provide(uint32_t *entry, uint32_t flags)
{
	void *page;

	if (*entry & PRESENT)
		return target(*entry);
	page = page_alloc();
	if (page)
		*entry = ((uint32_t)page - KERNEL_BASE) | PRESENT | flags;
	return page;
}

uint32_t *space_create(void)
{
	const uint32_t *loaders = target(OS1K_DIRECTORY_GPA);
	uint32_t *space = page_alloc();

	if (space)
		memcpy(space + HALF, loaders + HALF, HALF * sizeof(*space));
	return space;
}

void space_free(uint32_t *space)
{
	for (int i = 0; i < HALF; i++) {
		uint32_t *table = target(space[i]);

		if (!(space[i] & PRESENT))
			continue;
		for (int k = 0; k < ENTRIES; k++)
			if (table[k] & PRESENT)
				page_free(target(table[k]));
		page_free(table);
	}
	page_free(space);
}

void space_use(const uint32_t *space)
{
	uint32_t gpa = (uint32_t)space - KERNEL_BASE;

	__asm__ volatile("mov %0, %%cr3" : : "r"(gpa) : "memory");
}

bool space_map(uint32_t *space, uint32_t from, uint32_t to, uint32_t flags)
{
	for (uint32_t at = from; at < to; at += PAGE_SIZE) {
		uint32_t *table = provide(&space[at >> 22], WRITABLE | USER);

		if (!table ||
		    !provide(&table[at / PAGE_SIZE % ENTRIES], flags | USER))
			return false;
	}
	return true;
}

bool space_allows(uint32_t *space, uint32_t address, uint32_t len,
		  uint32_t flags)
{
	uint32_t end = address + len;

	if (end < address || end > KERNEL_BASE)
		return false;
	for (uint32_t at = address & -PAGE_SIZE; at < end; at += PAGE_SIZE) {
		const uint32_t *table = target(space[at >> 22]);

		if (!(space[at >> 22] & PRESENT) ||
		    ~table[at / PAGE_SIZE % ENTRIES] & (flags | PRESENT))
			return false;
	}
	return true;
}
