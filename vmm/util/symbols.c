/* Looking up what an address is called: see symbols.h. */
#include "util/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/symbols_file.h"

#define LOOK_BACK 64 /* symbols that may lie between an address and its own */

static struct symbols *open_file(const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct symbols *symbols;

	*why = NULL;
	if (fd < 0) {
		*why = strerror(errno);
		return NULL;
	}
	symbols = symbols_take(fd, why);
	close(fd);
	return symbols;
}

struct symbols *symbols_open(const char *path)
{
	const char *why;

	return open_file(path, &why);
}

struct symbols *symbols_read(int fd)
{
	const char *why = NULL;

	return symbols_take(fd, &why);
}

const char *symbols_refusal(const char *path)
{
	const char *why;

	symbols_drop(open_file(path, &why));
	return why;
}

void symbols_close(struct symbols *symbols)
{
	symbols_drop(symbols);
}

/* How many symbols are at @addr or below it. */
static size_t count_below(const struct symbols *symbols, uint64_t addr)
{
	size_t low = 0, high = symbols->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->list[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * From the nearest on down. One without a size reaches as far as the next; behind
 * one that has an end, only another that @addr lies in can be its own.
 */
bool symbols_find(const struct symbols *symbols, uint64_t addr,
		  const char **name, uint64_t *off)
{
	size_t i = symbols ? count_below(symbols, addr) : 0;
	bool passed = false;

	for (unsigned int looks = 0; i > 0 && looks < LOOK_BACK; looks++) {
		const struct symbol *s = &symbols->list[--i];
		const struct range *section = &symbols->sections[s->section];

		if (addr - section->addr >= section->size)
			continue;
		if (s->size ? addr - s->addr < s->size : !passed) {
			*name = symbols->names + s->name;
			*off = addr - s->addr;
			return true;
		}
		passed |= s->size != 0;
	}
	return false;
}

bool symbols_find_loaded(const struct symbols *symbols, uint64_t gpa,
			 const char **name, uint64_t *off)
{
	for (unsigned int i = 0; symbols && i < symbols->nr_segments; i++) {
		const struct segment *s = &symbols->segments[i];

		if (gpa - s->paddr < s->size && s->paddr != s->vaddr)
			return symbols_find(symbols, gpa - s->paddr + s->vaddr,
					    name, off);
	}
	return false;
}

bool symbols_value(const struct symbols *symbols, const char *name,
		   uint64_t *addr)
{
	const struct symbol *best = NULL;

	for (size_t i = 0; symbols && i < symbols->nr; i++) {
		const struct symbol *s = &symbols->list[i];

		if ((!best || (s->rank & 3) > (best->rank & 3)) &&
		    !strcmp(symbols->names + s->name, name))
			best = s;
	}
	if (best)
		*addr = best->addr;
	return best;
}
