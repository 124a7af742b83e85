/*
 * Pages by /proc/self/pagemap (proc(5)): a page of anonymous memory that is neither
 * present nor swapped out was never written. One that is mapped from a file is
 * there though nobody has touched it, if it is in that file.
 */
#define _GNU_SOURCE /* SEEK_DATA */
#include "service/snapshot/pages.h"

#include <fcntl.h>
#include <unistd.h>

#include "memory.h"
#include "service/snapshot/format.h"

#define PRESENT (1ULL << 63)
#define SWAPPED (1ULL << 62)

static int pagemap = -1;

void pages_prepare(void)
{
	if (pagemap < 0)
		pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

/* What the kernel says of the next ones; of all that they are there, if it says
 * nothing. */
static void ask(struct pages *pages)
{
	const uintptr_t hva = (uintptr_t)pages->mem->base + pages->at;
	size_t nr = (pages->mem->size - pages->at) / SNAPSHOT_PAGE;
	ssize_t len;

	if (nr > PAGES_AT_A_TIME)
		nr = PAGES_AT_A_TIME;
	pages->first = pages->at;
	pages->nr = nr;
	len = nr * sizeof(uint64_t);
	if (pagemap >= 0 &&
	    pread(pagemap, pages->entries, len,
		  hva / SNAPSHOT_PAGE * sizeof(uint64_t)) == len)
		return;
	for (size_t i = 0; i < nr; i++)
		pages->entries[i] = PRESENT;
}

/* Where the file's next data is, behind what has been looked at. */
static void find_data(struct pages *pages)
{
	const off_t at = pages->file_at + (off_t)pages->at;
	const off_t from = lseek(pages->file, at, SEEK_DATA);
	const off_t to = from < 0 ? from : lseek(pages->file, from, SEEK_HOLE);

	pages->data_from = from < 0 ? SIZE_MAX :
				      (size_t)(from - pages->file_at) &
					      ~(size_t)(SNAPSHOT_PAGE - 1);
	pages->data_to = to < 0 ? SIZE_MAX : (size_t)(to - pages->file_at);
}

static bool is_in_file(struct pages *pages)
{
	if (pages->file < 0)
		return false;
	if (pages->at >= pages->data_to)
		find_data(pages);
	return pages->at >= pages->data_from;
}

/* The page at pages->at */
static bool is_there(struct pages *pages)
{
	const size_t i = (pages->at - pages->first) / SNAPSHOT_PAGE;

	if (i >= pages->nr) {
		ask(pages);
		return is_there(pages);
	}
	return pages->entries[i] & (PRESENT | SWAPPED) || is_in_file(pages);
}

bool pages_next(struct pages *pages, size_t *off, size_t *len)
{
	const size_t size = pages->mem->size;

	while (pages->at < size && !is_there(pages))
		pages->at += SNAPSHOT_PAGE;
	*off = pages->at;
	while (pages->at < size && is_there(pages))
		pages->at += SNAPSHOT_PAGE;
	*len = pages->at - *off;
	return *len;
}
