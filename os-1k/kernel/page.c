/*
 * Physical pages. Those that were freed are a list, each page holding the
 * address of the next; those never used are just counted, so that a small
 * guest never touches most of its memory.
 */
#include "kernel/kernel.h"

#define LARGE_PAGE 0x400000u

static void *freed;
static char *unused = (char *)KERNEL_BASE + OS1K_DIRECTORY_GPA + PAGE_SIZE;
static struct memory_info memory_info;

/* All RAM that the loader mapped, less what lies before the directory's end. */
void page_init(void)
{
	uint32_t *directory = (uint32_t *)(KERNEL_BASE + OS1K_DIRECTORY_GPA);
	uint32_t large = 0;

	while (large < HALF && directory[HALF + large])
		large++;
	memory_info.pages =
		(large * LARGE_PAGE - OS1K_DIRECTORY_GPA) / PAGE_SIZE - 1;
}

void *page_alloc(void)
{
	void *page = freed ? freed : unused;

	if (memory_info.used == memory_info.pages)
		return NULL;
	memory_info.used++;
	if (freed)
		freed = *(void **)freed;
	else
		unused += PAGE_SIZE;
	return memset(page, 0, PAGE_SIZE);
}

void page_free(void *page)
{
	*(void **)page = freed;
	freed = page;
	memory_info.used--;
}

int sys_memory(void *info, uint32_t none)
{
	*(struct memory_info *)info = memory_info;
	return 0;
}
