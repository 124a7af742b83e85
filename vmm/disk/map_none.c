/* Without mappings: each request is a system call. */
#include "disk/map.h"

void map_open(struct map *map, int fd, uint64_t size, bool is_writable)
{
	(void)map;
	(void)fd;
	(void)size;
	(void)is_writable;
}

void map_close(struct map *map)
{
	(void)map;
}

bool map_read(struct map *map, const struct iovec *iov, unsigned int nr,
	      uint64_t at)
{
	(void)map;
	(void)iov;
	(void)nr;
	(void)at;
	return false;
}

bool map_write(struct map *map, const struct iovec *iov, unsigned int nr,
	       uint64_t at)
{
	return map_read(map, iov, nr, at);
}

void map_was_read(struct map *map, uint64_t at, uint64_t len)
{
	(void)map;
	(void)at;
	(void)len;
}

void map_was_written(struct map *map, uint64_t at, uint64_t len)
{
	map_was_read(map, at, len);
}

void map_emptied(struct map *map, uint64_t at, uint64_t len)
{
	map_was_read(map, at, len);
}
