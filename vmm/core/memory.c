/*
 * Guest RAM: one anonymous mapping, given to the guest page by page as it is
 * touched, so that an idle gigabyte costs nothing.
 */
#include "core/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_SIZE  4096ULL
#define LARGE_PAGE (2ULL << 20)

#define SPARSE_PAGES 32 /* of the 512 in a large page */

/*
 * Large pages need host and guest address to agree in their low 21 bits, so a
 * little more is mapped than asked for. MADV_HUGEPAGE is a wish: a host that
 * has no large pages to give backs the RAM with small ones.
 */
int mem_init(struct memory *mem, uint64_t size)
{
	uintptr_t start;

	if (size < MEM_MIN || size > MEM_MAX || size % PAGE_SIZE)
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

/* A word at a time: not every C library's memcmp() is quick. */
static bool is_zero(const uint8_t *page, size_t len)
{
	uint64_t word;

	for (; len >= sizeof(word); page += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, page, sizeof(word));
		if (word)
			return false;
	}
	while (len--)
		if (*page++)
			return false;
	return true;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Copies the pages of one block that are not zero. */
static void copy_block(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t piece;

	for (size_t at = 0; at < len; at += piece) {
		piece = min_size(len - at, PAGE_SIZE);
		if (!is_zero(from + at, piece))
			memcpy(to + at, from + at, piece);
	}
}

/* Whether a block has so little in it that small pages are cheaper. */
static bool is_sparse(const uint8_t *from, size_t len)
{
	unsigned int used = 0;
	size_t piece;

	for (size_t at = 0; at < len && used < SPARSE_PAGES; at += piece) {
		piece = min_size(len - at, PAGE_SIZE);
		used += !is_zero(from + at, piece);
	}
	return len == LARGE_PAGE && used < SPARSE_PAGES;
}

int mem_write_sparse(const struct memory *mem, gpa_t gpa, const void *buf,
		     size_t len)
{
	uint8_t *to = mem_hva(mem, gpa, len);
	const uint8_t *from = buf;
	size_t piece;

	if (!to)
		return -EFAULT;
	for (size_t at = 0; at < len; at += piece) {
		piece = min_size(len - at,
				 LARGE_PAGE - (gpa + at) % LARGE_PAGE);
		if (is_sparse(from + at, piece))
			madvise(to + at, piece, MADV_NOHUGEPAGE);
		copy_block(to + at, from + at, piece);
	}
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
