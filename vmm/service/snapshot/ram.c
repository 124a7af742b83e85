/*
 * Writing guest RAM, and mapping it. A page of zeroes is not written: where the file
 * has a hole there, it is zeroes as well.
 */
#include "service/snapshot/ram.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "memory.h"
#include "service/snapshot/format.h"
#include "service/snapshot/pages.h"
#include "terminal/term.h"
#include "util/bus_error.h"
#include "util/checksum.h"

/* 16 bytes at a time: what every x86 of 64 bits has. */
typedef uint64_t wide __attribute__((vector_size(16), may_alias));

#define WIDES 8 /* between two looks at what was found */

/* The one guest whose RAM is mapped from a file. */
static struct {
	const struct memory *mem;
	int fd;
	off_t at;
} mapped = { .fd = -1 };

static bool is_zero(const void *page)
{
	const wide *at = page, *end = at + SNAPSHOT_PAGE / sizeof(*at);

	for (; at < end; at += WIDES) {
		wide any = at[0];

		for (unsigned int i = 1; i < WIDES; i++)
			any |= at[i];
		if (any[0] | any[1])
			return false;
	}
	return true;
}

bool ram_count(struct ram_sum *sum, const void *page, uint64_t nr)
{
	if (is_zero(page))
		return false;
	sum->sum = checksum(sum->sum + nr, page, SNAPSHOT_PAGE);
	sum->nr_pages++;
	return true;
}

static int write_all(int fd, const uint8_t *from, size_t len, off_t at)
{
	while (len) {
		ssize_t done = pwrite(fd, from, len, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -ENOSPC;
		from += done;
		at += done;
		len -= done;
	}
	return 0;
}

/* A run of pages of which some may be zeroes: those between are written at once. */
static int write_run(const struct memory *mem, int fd, off_t at, size_t off,
		     size_t len, struct ram_sum *sum)
{
	const size_t end = off + len;
	size_t from = off;
	int err = 0;

	for (; off < end && !err; off += SNAPSHOT_PAGE) {
		if (ram_count(sum, mem->base + off, off / SNAPSHOT_PAGE))
			continue;
		if (off > from)
			err = write_all(fd, mem->base + from, off - from,
					at + from);
		from = off + SNAPSHOT_PAGE;
	}
	if (!err && end > from)
		err = write_all(fd, mem->base + from, end - from, at + from);
	return err;
}

int ram_save(const struct memory *mem, int fd, off_t at, struct ram_sum *sum)
{
	struct pages pages = { .mem = mem, .file = -1 };
	size_t off, len;
	int err = 0;

	if (mapped.mem == mem) {
		pages.file = mapped.fd;
		pages.file_at = mapped.at;
	}
	*sum = (struct ram_sum){ 0 };
	while (!err && pages_next(&pages, &off, &len))
		err = write_run(mem, fd, at, off, len, sum);
	return err;
}

/* In a signal handler: the file has become shorter, and what was in it is nowhere. */
static bool give_up(uintptr_t page)
{
	static const char why[] = ": has become shorter while its guest ran\n";
	const uintptr_t base = (uintptr_t)mapped.mem->base;

	if (page < base || page >= base + mapped.mem->size)
		return false;
	term_restore();
	if (write(STDERR_FILENO, "kvm-vmm: ", 9) < 0 ||
	    write(STDERR_FILENO, mapped.mem->file, strlen(mapped.mem->file)) <
		    0 ||
	    write(STDERR_FILENO, why, sizeof(why) - 1) < 0)
		_exit(STATUS_FAILED);
	_exit(STATUS_FAILED);
}

int ram_map(struct memory *mem, int fd, off_t at, const char *path)
{
	static struct bus_error_watcher watcher = { .mend = give_up };

	if (mmap(mem->base, mem->size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd, at) == MAP_FAILED)
		return -errno;
	madvise(mem->base, mem->size, MADV_DONTDUMP);
	mem->file = path;
	mapped.mem = mem;
	mapped.fd = fd;
	mapped.at = at;
	bus_error_watch(&watcher);
	return 0;
}
