/* Files in memory: see map.h. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "disk/map.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "util/bus_error.h"

#define PAGE	 4096
#define BLOCK	 512 /* of st_blocks */
#define MAPS_MAX 64

/* Those in which a fault may lie; more disks than that do without. */
static _Atomic(struct map *) maps[MAPS_MAX];

/* On whichever thread it was: the page becomes one of zeroes. */
static bool mend(uintptr_t page)
{
	for (unsigned int i = 0; i < MAPS_MAX; i++) {
		struct map *map = atomic_load(&maps[i]);

		if (!map || page < (uintptr_t)map->hva ||
		    page - (uintptr_t)map->hva >= map->size)
			continue;
		atomic_store(&map->is_broken, true);
		return mmap((void *)page, PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			    0) != MAP_FAILED;
	}
	return false;
}

static struct bus_error_watcher watcher = { .mend = mend };

static bool enlist(struct map *map)
{
	for (unsigned int i = 0; i < MAPS_MAX; i++) {
		struct map *none = NULL;

		if (atomic_compare_exchange_strong(&maps[i], &none, map))
			return true;
	}
	return false;
}

void map_open(struct map *map, int fd, uint64_t size, bool is_writable)
{
	struct stat st;
	void *hva;

	if (bits_make(&map->near, size / PAGE))
		return;
	hva = mmap(NULL, size, PROT_READ | (is_writable ? PROT_WRITE : 0),
		   MAP_SHARED, fd, 0);
	if (hva == MAP_FAILED)
		return;
	map->hva = hva;
	map->has_holes =
		fstat(fd, &st) ||
		(S_ISREG(st.st_mode) && (uint64_t)st.st_blocks * BLOCK < size);
	map->size = size;
	map->is_writable = is_writable;
	bus_error_watch(&watcher);
	if (!enlist(map)) {
		munmap(hva, size);
		map->hva = NULL;
	}
}

void map_close(struct map *map)
{
	for (unsigned int i = 0; i < MAPS_MAX; i++) {
		struct map *self = map;

		atomic_compare_exchange_strong(&maps[i], &self, NULL);
	}
	if (map->hva)
		munmap(map->hva, map->size);
	map->hva = NULL;
	bits_free(&map->near);
}

static uint64_t length(const struct iovec *iov, unsigned int nr)
{
	uint64_t len = 0;

	for (unsigned int i = 0; i < nr; i++)
		len += iov[i].iov_len;
	return len;
}

static bool is_near(const struct map *map, uint64_t at, uint64_t len)
{
	const uint64_t first = at / PAGE;
	const uint64_t count = (at + len + PAGE - 1) / PAGE - first;
	bool set;

	return map->hva && len &&
	       bits_run(&map->near, first, count, &set) == count && set &&
	       !atomic_load_explicit(&map->is_broken, memory_order_relaxed);
}

/* Whoever has copied from or to a page of zeroes learns of it afterwards. */
static bool is_whole(struct map *map)
{
	return !atomic_load(&map->is_broken);
}

bool map_read(struct map *map, const struct iovec *iov, unsigned int nr,
	      uint64_t at)
{
	const uint8_t *from;

	if (!is_near(map, at, length(iov, nr)))
		return false;
	from = map->hva + at;
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(iov[i].iov_base, from, iov[i].iov_len);
		from += iov[i].iov_len;
	}
	return is_whole(map);
}

bool map_write(struct map *map, const struct iovec *iov, unsigned int nr,
	       uint64_t at)
{
	uint8_t *to;

	if (!map->is_writable || !is_near(map, at, length(iov, nr)))
		return false;
	to = map->hva + at;
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(to, iov[i].iov_base, iov[i].iov_len);
		to += iov[i].iov_len;
	}
	return is_whole(map);
}

/* Pages that were moved as a whole. */
void map_was_written(struct map *map, uint64_t at, uint64_t len)
{
	const uint64_t first = (at + PAGE - 1) / PAGE;
	const uint64_t end = (at + len) / PAGE;

	if (map->hva && first < end)
		bits_set(&map->near, first, end - first);
}

void map_was_read(struct map *map, uint64_t at, uint64_t len)
{
	if (!atomic_load_explicit(&map->has_holes, memory_order_relaxed))
		map_was_written(map, at, len);
}

void map_emptied(struct map *map, uint64_t at, uint64_t len)
{
	const uint64_t first = at / PAGE;

	atomic_store(&map->has_holes, true);
	if (map->hva && len)
		bits_clear(&map->near, first,
			   (at + len + PAGE - 1) / PAGE - first);
}
