/*
 * Physical pages. Those that were freed are a list, each page holding the
 * address of the next; those never used are just counted, so that a small
 * guest never touches most of its memory.
 */
#include "abi/os1k.h"
#include "kernel/kernel.h"
#include "lib/string.h"

#define LARGE_PAGE 0x400000u
#define PRESENT	   0x1
#define ENTRIES	   1024

struct free_page {
	struct free_page *next;
};

static struct free_page *freed;
static char *unused = (char *)KERNEL_BASE + OS1K_DIRECTORY_GPA + PAGE_SIZE;
static struct memory_info info;

/* All RAM that the loader mapped, less what lies before the directory's end. */
void page_init(void)
{
	const uint32_t *directory =
		(uint32_t *)(KERNEL_BASE + OS1K_DIRECTORY_GPA);
	uint32_t large = 0;

	while (large < ENTRIES / 2 && directory[ENTRIES / 2 + large] & PRESENT)
		large++;
	info.pages = (large * LARGE_PAGE - OS1K_DIRECTORY_GPA) / PAGE_SIZE - 1;
}

void *page_alloc(void)
{
	void *page = freed;

	if (info.used == info.pages)
		return NULL;
	info.used++;
	if (page) {
		freed = freed->next;
	} else {
		page = unused;
		unused += PAGE_SIZE;
	}
	return memset(page, 0, PAGE_SIZE);
}

void page_free(void *page)
{
	struct free_page *first = page;

	first->next = freed;
	freed = first;
	info.used--;
}

void page_count(struct memory_info *answer)
{
	*answer = info;
}
