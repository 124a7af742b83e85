/* What has changed since a guest was saved: see since.h. */
#include "service/snapshot/since.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "service/snapshot/format.h"
#include "service/snapshot/ram.h"

static int make_lists(struct since *since, size_t nr)
{
	if (!since->sums)
		since->sums = calloc(nr, sizeof(*since->sums));
	if (!since->fresh)
		since->fresh = calloc(nr, sizeof(*since->fresh));
	return since->sums && since->fresh ? 0 : -ENOMEM;
}

int since_look(struct since *since, const struct memory *mem,
	       struct pageset *changed)
{
	const size_t nr = mem->size / SNAPSHOT_PAGE;
	int err = make_lists(since, nr);

	if (!err)
		err = ram_sums(mem, since->fresh);
	for (size_t page = 0; !err && since->is_saved && page < nr; page++)
		if (since->sums[page] != since->fresh[page])
			pageset_add(changed, page, 1);
	return err;
}

/* The length of the folder's name, its slash included. */
static size_t folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

static bool is_beside(const struct since *since, const char *path)
{
	const size_t len = folder_len(path);

	return folder_len(since->path) == len &&
	       !strncmp(since->path, path, len);
}

const char *since_base(const struct since *since, const char *path)
{
	if (!since->is_saved || !is_beside(since, path) ||
	    !strcmp(since->path, path) || since->nr_files == SNAPSHOT_CHAIN_MAX)
		return NULL;
	return since->path + folder_len(path);
}

bool since_needs(const struct since *since, const char *path)
{
	const char *names = (const char *)since->names.data;

	if (!since_base(since, path))
		return false;
	path += folder_len(path);
	for (size_t at = 0; at < since->names.len; at += strlen(names + at) + 1)
		if (!strcmp(names + at, path))
			return true;
	return false;
}

/* The file at @path, on top of the others or alone. */
static void add_name(struct since *since, const char *path)
{
	const char *name = path + folder_len(path);

	if (!since_base(since, path)) {
		stash_free(&since->names);
		since->names = (struct stash){ 0 };
		since->nr_files = 0;
	}
	stash_put(&since->names, name, strlen(name) + 1);
	since->nr_files++;
}

void since_saved(struct since *since, const char *path, uint64_t head_sum)
{
	uint64_t *sums = since->sums;

	add_name(since, path);
	since->sums = since->fresh;
	since->fresh = sums;
	snprintf(since->path, sizeof(since->path), "%s", path);
	since->head_sum = head_sum;
	since->is_saved = !since->names.bad;
}

void since_forget(struct since *since)
{
	free(since->sums);
	free(since->fresh);
	stash_free(&since->names);
	*since = (struct since){ 0 };
}
