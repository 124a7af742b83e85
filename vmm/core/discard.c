/* How guest RAM goes back: a file that was mapped must not shine through. */
#include "core/discard.h"

#include <string.h>
#include <sys/mman.h>

#include "core/board_inner.h"
#include "device.h"
#include "x86/bits.h"

/* Of a file, private though it is, what is gone reads as it is there: anonymous memory
 * takes its place. A guest that gives back every second page has as many mappings in
 * the end as the host allows; then these keep their room. */
static size_t discard_of_file(uint8_t *hva, size_t len)
{
	if (mmap(hva, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		 0) != MAP_FAILED)
		return len;
	memset(hva, 0, len);
	return 0;
}

/* The mapping is private, and what is gone reads as zeroes. */
size_t mem_discard(const struct memory *mem, void *hva, size_t len)
{
	size_t at = (uint8_t *)hva - mem->base;
	size_t before = -at % X86_PAGE_SIZE;

	if (at > mem->size || len > mem->size - at || len < before)
		return 0;
	len = (len - before) & -X86_PAGE_SIZE;
	if (len && mem->file)
		return discard_of_file(mem->base + at + before, len);
	if (!len || madvise(mem->base + at + before, len, MADV_DONTNEED))
		return 0;
	return len;
}

size_t board_discard(struct board *board, void *hva, size_t len)
{
	return mem_discard(&board->vm->mem, hva, len);
}
