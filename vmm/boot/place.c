/* Room for what may lie anywhere: see place.h. */
#include "boot/place.h"

#include <errno.h>
#include <string.h>

#include "abi/pc.h"
#include "util/log.h"
#include "x86/bits.h"

void place_init(struct place *place, const struct memory *mem,
		const struct room_taken *taken)
{
	place->mem = mem;
	place->nr = 0;
	place->taken[0] = (struct room_taken){ 0 };
	for (; taken->end; taken++)
		place_take(place, taken->start, taken->end, taken->what);
}

bool place_take(struct place *place, gpa_t start, gpa_t end, const char *what)
{
	if (place->nr == PLACE_MAX)
		return false;
	place->taken[place->nr++] = (struct room_taken){ start, end, what };
	place->taken[place->nr] = (struct room_taken){ 0 };
	return true;
}

/* The range that [@start, @end) meets, or NULL. */
static const struct room_taken *meets(const struct place *place, gpa_t start,
				      gpa_t end)
{
	const struct room_taken *taken = place->taken;

	for (; taken->end; taken++)
		if (start < taken->end && taken->start < end)
			return taken;
	return NULL;
}

bool place_is_free(const struct place *place, gpa_t start, gpa_t end)
{
	return !meets(place, start, end);
}

gpa_t place_find(struct place *place, gpa_t from, uint64_t len, uint64_t align)
{
	const struct room_taken *taken;
	gpa_t end = place->mem->low_size;

	if (!len || len > end)
		return 0;
	do {
		from = (from + align - 1) & ~(align - 1);
		if (from > end - len)
			return 0;
		taken = meets(place, from, from + len);
		if (taken)
			from = taken->end;
	} while (taken);
	return place_take(place, from, from + len, "") ? from : 0;
}

/* Where all that has been taken ends. */
static gpa_t taken_end(const struct place *place)
{
	gpa_t end = 0;

	for (unsigned int i = 0; i < place->nr; i++)
		if (place->taken[i].end > end)
			end = place->taken[i].end;
	return end;
}

static int no_room(const struct place *place, const struct image *image)
{
	gpa_t end = taken_end(place) + X86_PAGE_SIZE;

	if (end > MEM_HOLE_START || image->size > MEM_HOLE_START - end)
		log_error("%s: a module of %zu bytes is too large: RAM for it "
			  "ends at 0x%llx, with any --mem",
			  image->path, image->size, MEM_HOLE_START);
	else
		log_error("%s: a module of %zu bytes takes more RAM; try --mem "
			  "%lluM",
			  image->path, image->size,
			  room_mem(end + image->size));
	return -E2BIG;
}

int place_module(struct place *place, gpa_t from, const struct module *module,
		 gpa_t *start)
{
	const struct image *image = &module->image;

	*start = place_find(place, from, image->size, X86_PAGE_SIZE);
	if (!*start)
		*start = place_find(place, MEM_FIRMWARE_END, image->size,
				    X86_PAGE_SIZE);
	if (!*start)
		return no_room(place, image);
	return mem_write(place->mem, *start, image->data, image->size);
}
