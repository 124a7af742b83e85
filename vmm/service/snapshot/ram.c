/*
 * Looking through guest RAM, writing it, and mapping it. A page of zeroes is not
 * written: the file has a hole there.
 */
#include "service/snapshot/ram.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/vm.h"
#include "memory.h"
#include "service/snapshot/pages.h"
#include "terminal/term.h"
#include "util/bus_error.h"
#include "util/checksum.h"

/* 16 bytes at a time: what every x86 of 64 bits has. */
typedef uint64_t wide __attribute__((vector_size(16), may_alias));

#define AT_A_TIME (16U << 20)
#define WIDES	  16 /* between two looks at what was found */
#define GAP	  16 /* pages between two that are mapped at once with them */
#define NOTE_MAX  256

/* What is mapped from one file. */
struct mapping {
	struct mapping *next; /* that was mapped after it */
	int fd;
	off_t at;
	unsigned int nr;
	struct snapshot_run runs[];
};

/* The one guest whose RAM is mapped from files. */
static struct {
	const struct memory *mem;
	struct mapping *first;
	struct pageset pages; /* that are */
	char why[NOTE_MAX];
	size_t why_len;
} mapped;

bool ram_is_zero(const void *page)
{
	const wide *at = page, *end = at + SNAPSHOT_PAGE / sizeof(*at);

	for (; at < end; at += WIDES) {
		const wide any = at[0] | at[1] | at[2] | at[3] | at[4] | at[5] |
				 at[6] | at[7] | at[8] | at[9] | at[10] |
				 at[11] | at[12] | at[13] | at[14] | at[15];

		if (any[0] | any[1])
			return false;
	}
	return true;
}

bool ram_count(struct ram_sum *sum, const void *page, uint64_t nr)
{
	if (ram_is_zero(page))
		return false;
	sum->sum = checksum(sum->sum + nr, page, SNAPSHOT_PAGE);
	sum->nr_pages++;
	return true;
}

/* Those that may be something else than zeroes. */
static void find_pages(const struct memory *mem, struct pageset *set)
{
	size_t first = 0, nr;

	pages_touched(mem, set);
	if (mapped.mem != mem)
		return;
	for (; pageset_next(&mapped.pages, &first, &nr); first += nr)
		pageset_add(set, first, nr);
}

/* Few enough for the file's head. */
static void join(struct pageset *set)
{
	size_t gap = GAP;

	pageset_join(set, gap);
	while (pageset_count(set) > SNAPSHOT_RUNS_MAX) {
		gap *= 2;
		pageset_join(set, gap);
	}
}

static void add_all(struct pageset *set, const struct pageset *other)
{
	size_t first = 0, nr;

	for (; pageset_next(other, &first, &nr); first += nr)
		pageset_add(set, first, nr);
}

static void look_at(const struct memory *mem, const struct pageset *set,
		    struct ram_look *look)
{
	size_t first = 0, nr;

	for (; pageset_next(set, &first, &nr); first += nr)
		for (size_t page = first; page < first + nr; page++)
			if (ram_count(&look->sum,
				      mem->base + page * SNAPSHOT_PAGE, page))
				pageset_add(&look->full, page, 1);
}

int ram_look(const struct memory *mem, const struct pageset *changed,
	     struct ram_look *look)
{
	const size_t nr = mem->size / SNAPSHOT_PAGE;

	*look = (struct ram_look){ 0 };
	if (pageset_init(&look->full, nr) || pageset_init(&look->mapped, nr))
		return -ENOMEM;
	if (changed) {
		add_all(&look->mapped, changed);
		join(&look->mapped);
		look_at(mem, &look->mapped, look);
		return 0;
	}
	find_pages(mem, &look->mapped);
	look_at(mem, &look->mapped, look);
	pageset_clear(&look->mapped);
	add_all(&look->mapped, &look->full);
	join(&look->mapped);
	return 0;
}

int ram_sums(const struct memory *mem, uint64_t *sums)
{
	const size_t nr_pages = mem->size / SNAPSHOT_PAGE;
	struct pageset set;
	size_t first = 0, nr;

	if (pageset_init(&set, nr_pages))
		return -ENOMEM;
	memset(sums, 0, nr_pages * sizeof(*sums));
	find_pages(mem, &set);
	for (; pageset_next(&set, &first, &nr); first += nr)
		for (size_t page = first; page < first + nr; page++) {
			struct ram_sum sum = { 0 };

			if (ram_count(&sum, mem->base + page * SNAPSHOT_PAGE,
				      page))
				sums[page] = sum.sum;
		}
	pageset_free(&set);
	return 0;
}

void ram_forget(struct ram_look *look)
{
	pageset_free(&look->full);
	pageset_free(&look->mapped);
}

static int write_all(int fd, const uint8_t *from, size_t len, off_t at,
		     void (*written)(uint64_t len))
{
	while (len) {
		const size_t some = len < AT_A_TIME ? len : AT_A_TIME;
		const ssize_t done = pwrite(fd, from, some, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -ENOSPC;
		written((uint64_t)done);
		from += done;
		at += done;
		len -= done;
	}
	return 0;
}

int ram_put(const struct memory *mem, const struct ram_look *look, int fd,
	    off_t at, void (*written)(uint64_t len))
{
	size_t first = 0, nr;
	int err = 0;

	for (; !err && pageset_next(&look->full, &first, &nr); first += nr) {
		const size_t off = first * SNAPSHOT_PAGE;

		err = write_all(fd, mem->base + off, nr * SNAPSHOT_PAGE,
				at + (off_t)off, written);
	}
	return err;
}

/* In a signal handler: the file has become shorter, and what was in it is nowhere. */
static bool give_up(uintptr_t page)
{
	const uintptr_t base =
		(uintptr_t)(mapped.mem ? mapped.mem->base : NULL);

	if (!base || page < base || page >= base + mapped.mem->size)
		return false;
	term_restore();
	if (write(STDERR_FILENO, mapped.why, mapped.why_len) < 0)
		_exit(STATUS_FAILED);
	_exit(STATUS_FAILED);
}

int ram_begin(struct memory *mem, const char *path)
{
	static struct bus_error_watcher watcher = { .mend = give_up };

	if (pageset_init(&mapped.pages, mem->size / SNAPSHOT_PAGE))
		return -ENOMEM;
	mem->file = path;
	mapped.mem = mem;
	mapped.why_len = (size_t)snprintf(mapped.why, sizeof(mapped.why),
					  "kvm-vmm: " MEM_FILE_SHORTER "\n",
					  path);
	if (mapped.why_len >= sizeof(mapped.why))
		mapped.why_len = sizeof(mapped.why) - 1;
	bus_error_watch(&watcher);
	return 0;
}

void ram_end(void)
{
	struct mapping *mapping;

	while ((mapping = mapped.first)) {
		mapped.first = mapping->next;
		close(mapping->fd);
		free(mapping);
	}
	pageset_free(&mapped.pages);
	mapped.mem = NULL;
}

bool ram_is_mapped(const struct memory *mem)
{
	return mapped.mem == mem;
}

static int map_runs(const struct memory *mem, int fd, off_t at,
		    const struct snapshot_run *runs, unsigned int nr)
{
	for (; nr; nr--, runs++) {
		uint8_t *to = mem->base + runs->off;

		if (mmap(to, runs->len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd,
			 at + (off_t)runs->off) == MAP_FAILED)
			return -errno;
		madvise(to, runs->len, MADV_DONTDUMP);
	}
	return 0;
}

int ram_map_again(const struct memory *mem)
{
	int err = 0;

	if (mapped.mem != mem)
		return 0;
	for (const struct mapping *m = mapped.first; m && !err; m = m->next)
		err = map_runs(mem, m->fd, m->at, m->runs, m->nr);
	return err;
}

/* With a descriptor of its own. */
static int note(int fd, off_t at, const struct snapshot_run *runs,
		unsigned int nr)
{
	struct mapping **last = &mapped.first;
	struct mapping *mapping = malloc(sizeof(*mapping) + nr * sizeof(*runs));
	int err;

	if (!mapping)
		return -ENOMEM;
	*mapping = (struct mapping){
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
		.at = at,
		.nr = nr,
	};
	if (mapping->fd < 0) {
		err = -errno;
		free(mapping);
		return err;
	}
	memcpy(mapping->runs, runs, nr * sizeof(*runs));
	while (*last)
		last = &(*last)->next;
	*last = mapping;
	return 0;
}

int ram_map(const struct memory *mem, int fd, off_t at,
	    const struct snapshot_run *runs, unsigned int nr)
{
	int err = map_runs(mem, fd, at, runs, nr);

	if (err)
		return err;
	for (unsigned int i = 0; i < nr; i++)
		pageset_add(&mapped.pages, runs[i].off / SNAPSHOT_PAGE,
			    runs[i].len / SNAPSHOT_PAGE);
	return note(fd, at, runs, nr);
}
