/*
 * Guest RAM: one anonymous mapping, given to the guest page by page as it is
 * touched, so that an idle gigabyte costs nothing.
 */
#include "memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "x86/bits.h"

#define LARGE_PAGE (2ULL << 20)

/* What is mapped beside RAM: one for its alignment, and a guard at each end. */
#define AROUND (3 * LARGE_PAGE)

/*
 * Large pages need host and guest address to agree in their low 21 bits, so
 * more is mapped than asked for; all that is not RAM can be neither read nor
 * written, and an index that runs off either end of RAM ends the VMM.
 * MADV_HUGEPAGE is a wish: a host that has no large pages to give backs the RAM
 * with small ones. A core dump is for the VMM's defects, not for the guest's
 * secrets.
 */
int mem_init(struct memory *mem, uint64_t size)
{
	uintptr_t start;

	if (size < MEM_MIN || size > MEM_MAX || size % X86_PAGE_SIZE)
		return -EINVAL;
	mem->mapping = mmap(NULL, size + AROUND, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem->mapping == MAP_FAILED)
		return -ENOMEM;
	start = (uintptr_t)mem->mapping + 2 * LARGE_PAGE - 1;
	mem->base = (uint8_t *)(start & ~(uintptr_t)(LARGE_PAGE - 1));
	if (mprotect(mem->base, size, PROT_READ | PROT_WRITE)) {
		munmap(mem->mapping, size + AROUND);
		mem->base = NULL;
		return -ENOMEM;
	}
	madvise(mem->base, size, MADV_DONTDUMP);
	mem->size = size;
	mem->file = NULL;
	mem->shown = NULL;
	mem->low_size = size < MEM_HOLE_START ? size : MEM_HOLE_START;
	if (size >= LARGE_PAGE)
		madvise(mem->base, size, MADV_HUGEPAGE);
	return 0;
}

void mem_free(struct memory *mem)
{
	munmap(mem->mapping, mem->size + AROUND);
	mem->base = NULL;
}

void *mem_hva(const struct memory *mem, gpa_t gpa, size_t len)
{
	size_t high_size = mem->size - mem->low_size;

	if (gpa < mem->low_size)
		return len <= mem->low_size - gpa ? mem->base + gpa : NULL;
	if (gpa < MEM_4G || gpa - MEM_4G >= high_size)
		return NULL;
	gpa -= MEM_4G;
	return len <= high_size - gpa ? mem->base + mem->low_size + gpa : NULL;
}

int mem_write(const struct memory *mem, gpa_t gpa, const void *buf, size_t len)
{
	void *hva = mem_hva(mem, gpa, len);

	if (!hva)
		return -EFAULT;
	memcpy(hva, buf, len);
	return 0;
}
