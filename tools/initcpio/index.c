/*
 * All entries of an archive in memory; see index.h.
 */
#include "index.h"
#include "tree.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SYMLINKS_MAX 40 /* as Linux follows */

static int compare_names(const void *a, const void *b)
{
	const struct item *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static int make_room(struct index *index)
{
	size_t room = index->room ? index->room * 2 : 64;
	struct item **items;

	if (index->count < index->room)
		return 0;
	items = realloc(index->items, room * sizeof(struct item *));
	if (!items)
		return -ENOMEM;
	index->items = items;
	index->room = room;
	return 0;
}

/* Makes the name known; a later one takes the place of an earlier. */
static int know_name(struct index *index, struct item *item)
{
	struct item **found;

	found = tsearch(item, &index->by_name, compare_names);
	if (!found)
		return -ENOMEM;
	if (*found != item) {
		if ((*found)->e.segment == item->e.segment)
			item->twin = *found;
		*found = item;
	}
	return 0;
}

static void item_free(struct item *item)
{
	free((void *)item->e.head);
	free(item->name);
	free(item);
}

static int copy_head(struct item *item, const struct newc_entry *e)
{
	unsigned char *head;

	item->e.head = NULL;
	item->e.head_bytes = 0;
	if (!e->head_bytes)
		return 0;
	head = malloc(e->head_bytes);
	if (!head)
		return -ENOMEM;
	memcpy(head, e->head, e->head_bytes);
	item->e.head = head;
	item->e.head_bytes = e->head_bytes;
	return 0;
}

int index_add(void *data, const struct newc_entry *e)
{
	char clean[TREE_NAME_MAX + 1];
	struct index *index = data;
	struct item *item;

	if (make_room(index))
		return -ENOMEM;
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->e = *e;
	item->first = item;
	item->order = index->count;
	item->part = index->nr_parts - 1;
	item->why = tree_clean_name(e->name, clean);
	item->name = strdup(item->why ? e->name : clean);
	item->e.name = item->name;
	if (copy_head(item, e) || !item->name ||
	    (!item->why && know_name(index, item))) {
		item_free(item);
		return -ENOMEM;
	}
	index->items[index->count++] = item;
	return 0;
}

/* Orders by inode, and one inode's names as they come in the archive. */
static int compare_inodes(const void *a, const void *b)
{
	const struct item *left = *(struct item *const *)a;
	const struct item *right = *(struct item *const *)b;
	const struct newc_entry *l = &left->e, *r = &right->e;

	if (l->segment != r->segment)
		return l->segment < r->segment ? -1 : 1;
	if (l->dev_major != r->dev_major)
		return l->dev_major < r->dev_major ? -1 : 1;
	if (l->dev_minor != r->dev_minor)
		return l->dev_minor < r->dev_minor ? -1 : 1;
	if (l->ino != r->ino)
		return l->ino < r->ino ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static bool same_inode(const struct item *a, const struct item *b)
{
	return a->e.segment == b->e.segment &&
	       a->e.dev_major == b->e.dev_major &&
	       a->e.dev_minor == b->e.dev_minor && a->e.ino == b->e.ino;
}

/* Ties the names of each inode together. */
int index_tie(struct index *index)
{
	size_t bytes = index->count * sizeof(struct item *);
	struct item **sorted = malloc(bytes + 1);

	if (!sorted)
		return -ENOMEM;
	if (index->count) {
		memcpy(sorted, index->items, bytes);
		qsort(sorted, index->count, sizeof(*sorted), compare_inodes);
	}
	for (size_t i = 0; i < index->count; i++) {
		struct item *item = sorted[i];

		if (i && same_inode(sorted[i - 1], item))
			item->first = sorted[i - 1]->first;
		item->first->names++;
		if (item->e.size && !item->first->data)
			item->first->data = item;
	}
	free(sorted);
	return 0;
}

void index_open(struct index *index)
{
	memset(index, 0, sizeof(*index));
	index->root.name = (char *)".";
	index->root.first = &index->root;
	index->root.e.mode = S_IFDIR | 0755;
	newc_open(&index->reader, index_add, index);
}

struct item *index_find(const struct index *index, const char *name)
{
	struct item key = { .name = (char *)name };
	struct item **found = tfind(&key, &index->by_name, compare_names);

	return found ? *found : NULL;
}

/* path + "/" + n bytes of part, "." and ".." applied. False: too long. */
static bool step(char *path, const char *part, size_t n)
{
	size_t used = strlen(path);
	char *slash = strrchr(path, '/');

	if (!n || (n == 1 && *part == '.'))
		return true;
	if (n == 2 && !memcmp(part, "..", 2)) {
		*(slash ? slash : path) = '\0';
		return true;
	}
	if (used + 1 + n > TREE_NAME_MAX)
		return false;
	if (used)
		path[used++] = '/';
	memcpy(path + used, part, n);
	path[used + n] = '\0';
	return true;
}

/* rest = target + "/" + what was left of rest. False: too long. */
static bool follow(const struct item *link, char *at, char *rest,
		   const char *left)
{
	char joined[TREE_NAME_MAX + 1];
	size_t n = link->e.head_bytes, after = strlen(left);
	char *slash = strrchr(at, '/');

	if (!n || n + 1 + after > TREE_NAME_MAX)
		return false;
	memcpy(joined, link->e.head, n);
	joined[n] = '/';
	memcpy(joined + n + 1, left, after + 1);
	memcpy(rest, joined, n + 1 + after + 1);
	if (*rest == '/')
		*at = '\0';
	else
		*(slash ? slash : at) = '\0';
	return true;
}

const struct item *index_resolve(const struct index *index, const char *path)
{
	char at[TREE_NAME_MAX + 1] = "", rest[TREE_NAME_MAX + 1];
	const struct item *item = &index->root;
	const char *p = rest;
	int links = 0;

	if (strlen(path) > TREE_NAME_MAX)
		return NULL;
	memcpy(rest, path, strlen(path) + 1);
	while (*p) {
		size_t n = strcspn(p, "/");

		if (!step(at, p, n))
			return NULL;
		p += n + (p[n] == '/');
		item = *at ? index_find(index, at) : &index->root;
		if (!item)
			return NULL;
		if (!S_ISLNK(item->e.mode))
			continue;
		if (++links > SYMLINKS_MAX || !follow(item, at, rest, p))
			return NULL;
		p = rest;
	}
	return item;
}

void index_print_bytes(FILE *out, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = bytes[i];

		if (c < ' ' || c == 0x7f || c == '\\')
			fprintf(out, "\\%03o", c);
		else
			fputc(c, out);
	}
}

void index_print_name(FILE *out, const struct item *item)
{
	if (item->why) {
		index_print_bytes(out, item->name, strlen(item->name));
		return;
	}
	fputc('/', out);
	if (strcmp(item->name, "."))
		index_print_bytes(out, item->name, strlen(item->name));
}

void index_print_place(FILE *out, const struct index *index, unsigned int part,
		       size_t offset)
{
	fprintf(out, "at byte %zu", offset);
	if (part < index->nr_parts && index->parts[part].method)
		fprintf(out, " of what is packed at byte %zu",
			index->parts[part].offset);
}

void index_report(const struct index *index, const char *path)
{
	unsigned int part = index->nr_parts - 1;

	fprintf(stderr, "initcpio: %s: ", path);
	index_print_place(stderr, index,
			  index->bad_in_part ? part : index->nr_parts,
			  index->bad_at);
	fprintf(stderr, ": %s\n", index->bad_why);
}

void index_free(struct index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		struct item *item = index->items[i];

		tdelete(item, &index->by_name, compare_names);
		item_free(item);
	}
	free(index->items);
	free(index->parts);
	memset(index, 0, sizeof(*index));
}
