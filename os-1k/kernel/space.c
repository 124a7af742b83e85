/*
 * Address spaces: a page directory for each process. The upper half, the
 * kernel's, is the loader's and the same in all; the lower half is made of
 * 4 KiB pages, all of them the programs' (SDM 3A, "32-Bit Paging").
 */
#include "abi/os1k.h"
#include "kernel/kernel.h"
#include "lib/string.h"

#define PRESENT	 0x1
#define WRITABLE SPACE_WRITABLE
#define USER	 0x4
#define ENTRIES	 1024
#define HALF	 (ENTRIES / 2)

/* Where the kernel sees the page or table of an entry. */
static void *target(uint32_t entry)
{
	return (char *)KERNEL_BASE + (entry & ~(PAGE_SIZE - 1));
}

static uint32_t physical(const void *page)
{
	return (uint32_t)page - KERNEL_BASE;
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
	__asm__ volatile("mov %0, %%cr3" : : "r"(physical(space)) : "memory");
}

/* The entry for an address of the lower half; NULL if it has no table. */
static uint32_t *find_entry(uint32_t *space, uint32_t address)
{
	uint32_t *table = target(space[address >> 22]);

	if (!(space[address >> 22] & PRESENT))
		return NULL;
	return &table[address / PAGE_SIZE % ENTRIES];
}

char *space_map(uint32_t *space, uint32_t address, uint32_t flags)
{
	uint32_t *directory_entry = &space[address >> 22];
	uint32_t *entry;
	void *page;

	if (!(*directory_entry & PRESENT)) {
		page = page_alloc();
		if (!page)
			return NULL;
		*directory_entry = physical(page) | PRESENT | WRITABLE | USER;
	}
	entry = find_entry(space, address);
	if (!(*entry & PRESENT)) {
		page = page_alloc();
		if (!page)
			return NULL;
		*entry = physical(page) | PRESENT | USER;
	}
	*entry |= flags;
	return target(*entry);
}

bool space_allows(uint32_t *space, uint32_t address, uint32_t len,
		  uint32_t flags)
{
	uint32_t end = address + len;

	if (end < address || end > KERNEL_BASE)
		return false;
	for (uint32_t at = address & ~(PAGE_SIZE - 1); at < end;
	     at += PAGE_SIZE) {
		const uint32_t *entry = find_entry(space, at);

		if (!entry || (~*entry & (flags | PRESENT)))
			return false;
	}
	return true;
}
