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

/*
 * Large pages need host and guest address to agree in their low 21 bits, so a
 * little more is mapped than asked for. MADV_HUGEPAGE is a wish: a host that
 * has no large pages to give backs the RAM with small ones.
 */
int mem_init(struct memory *mem, uint64_t size)
{
	uintptr_t start;

	if (size < MEM_MIN || size > MEM_MAX || size % X86_PAGE_SIZE)
		return -EINVAL;
	mem->mapping = mmap(NULL, size + LARGE_PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem->mapping == MAP_FAILED)
		return -ENOMEM;
	start = (uintptr_t)mem->mapping + LARGE_PAGE - 1;
	mem->base = (uint8_t *)(start & ~(uintptr_t)(LARGE_PAGE - 1));
	mem->size = size;
	mem->low_size = size < MEM_HOLE_START ? size : MEM_HOLE_START;
	if (size >= LARGE_PAGE)
		madvise(mem->base, size, MADV_HUGEPAGE);
	return 0;
}

void mem_free(struct memory *mem)
{
	munmap(mem->mapping, mem->size + LARGE_PAGE);
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

int mem_read(const struct memory *mem, gpa_t gpa, void *buf, size_t len)
{
	const void *hva = mem_hva(mem, gpa, len);

	if (!hva)
		return -EFAULT;
	memcpy(buf, hva, len);
	return 0;
}

gpa_t mem_end(const struct memory *mem)
{
	size_t high_size = mem->size - mem->low_size;

	return high_size ? MEM_4G + high_size : mem->low_size;
}
