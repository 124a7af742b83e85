/* Guest RAM that goes back to the host. */
#include <sys/mman.h>

#include "core/board_inner.h"
#include "device.h"
#include "memory.h"
#include "x86/bits.h"

/* The mapping is private and of no file, so what is gone reads as zeroes. */
size_t mem_discard(const struct memory *mem, void *hva, size_t len)
{
	size_t at = (uint8_t *)hva - mem->base;
	size_t before = -at % X86_PAGE_SIZE;

	if (at > mem->size || len > mem->size - at || len < before)
		return 0;
	len = (len - before) & -X86_PAGE_SIZE;
	if (!len || madvise(mem->base + at + before, len, MADV_DONTNEED))
		return 0;
	return len;
}

size_t board_discard(struct board *board, void *hva, size_t len)
{
	return mem_discard(&board->vm->mem, hva, len);
}
