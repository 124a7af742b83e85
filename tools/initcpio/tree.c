/*
 * The files of an initramfs before they are written; see tree.h.
 *
 * The rules are those of Linux, init/initramfs.c: what it would drop or
 * misread without a word is refused here with one.
 */
#include "tree.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int compare_names(const void *a, const void *b)
{
	const struct tree_entry *left = a, *right = b;

	return strcmp(left->name, right->name);
}

const char *tree_clean_name(const char *name, char *out)
{
	size_t used = 0, n;

	if (!*name)
		return "the name is empty";
	for (; *name; name += n) {
		name += strspn(name, "/");
		n = strcspn(name, "/");
		if (!n || (n == 1 && *name == '.'))
			continue;
		if (n == 2 && !memcmp(name, "..", 2))
			return "a name must not contain `..`";
		if (n > TREE_COMPONENT_MAX)
			return "a part of the name is longer than 255 bytes";
		if (used + !!used + n > TREE_NAME_MAX)
			return "the name is longer than 4095 bytes";
		if (used)
			out[used++] = '/';
		memcpy(out + used, name, n);
		used += n;
	}
	if (!used)
		out[used++] = '.';
	out[used] = '\0';
	if (!strcmp(out, TREE_TRAILER))
		return "`" TREE_TRAILER "` ends a cpio archive and cannot be "
		       "the name of a file";
	return NULL;
}

struct tree_entry *tree_find(const struct tree *tree, const char *name)
{
	struct tree_entry key = { .name = (char *)name };
	struct tree_entry **found = tfind(&key, &tree->by_name, compare_names);

	return found ? *found : NULL;
}

struct node *node_new(mode_t mode, uint32_t uid, uint32_t gid,
		      const char *source)
{
	struct node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->mode = mode;
	node->uid = uid;
	node->gid = gid;
	if (source) {
		node->source = strdup(source);
		if (!node->source) {
			free(node);
			return NULL;
		}
	}
	return node;
}

void node_free(struct node *node)
{
	if (!node || node->links)
		return;
	free(node->source);
	free(node);
}

static int find_parent(const struct tree *tree, const struct origin *at,
		       const char *name, struct tree_entry **parent)
{
	const char *slash = strrchr(name, '/');
	char up[TREE_NAME_MAX + 1];

	*parent = NULL;
	if (!slash)
		return 0;
	memcpy(up, name, slash - name);
	up[slash - name] = '\0';
	*parent = tree_find(tree, up);
	if (!*parent)
		return report_at(at,
				 "parent directory /%s is not in the "
				 "archive yet; add `dir /%s 0755 0 0` above",
				 up, up);
	if (!S_ISDIR((*parent)->node->mode))
		return report_at(at,
				 "/%s cannot hold %s: it is not a "
				 "directory; use the real path",
				 up, slash + 1);
	return 0;
}

/* A name that is there already: a mistake in one list, an overlay in two. */
static int replace(const struct origin *at, struct tree_entry *old,
		   struct node *node)
{
	if (old->rank == at->rank)
		return report_at(at,
				 "/%s is in this list already, in line %u; "
				 "remove one of the two",
				 old->name, old->line);
	if (old->children && !S_ISDIR(node->mode))
		return report_at(at,
				 "/%s is a directory with files in it and "
				 "cannot be replaced by something else",
				 old->name);
	old->node->links--;
	node_free(old->node);
	old->node = node;
	node->links++;
	old->rank = at->rank;
	old->line = at->line;
	return 0;
}

static int make_room(struct tree *tree)
{
	size_t room = tree->room ? tree->room * 2 : 64;
	struct tree_entry **entries;

	if (tree->count < tree->room)
		return 0;
	entries = realloc(tree->entries, room * sizeof(struct tree_entry *));
	if (!entries)
		return report_memory();
	tree->entries = entries;
	tree->room = room;
	return 0;
}

static int append(struct tree *tree, const struct origin *at, const char *name,
		  struct tree_entry *parent, struct node *node)
{
	struct tree_entry *entry;

	if (make_room(tree))
		return -ENOMEM;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return report_memory();
	entry->name = strdup(name);
	if (!entry->name || !tsearch(entry, &tree->by_name, compare_names)) {
		free(entry->name);
		free(entry);
		return report_memory();
	}
	entry->node = node;
	entry->parent = parent;
	entry->rank = at->rank;
	entry->line = at->line;
	if (parent)
		parent->children++;
	node->links++;
	tree->entries[tree->count++] = entry;
	return 0;
}

int tree_add(struct tree *tree, const struct origin *at, const char *name,
	     struct node *node)
{
	char clean[TREE_NAME_MAX + 1];
	struct tree_entry *old, *parent;
	const char *why = tree_clean_name(name, clean);
	int err;

	if (why)
		return report_at(at, "%.300s: %s", name, why);
	if (!strcmp(clean, ".") && !S_ISDIR(node->mode))
		return report_at(at, "/ can only be a directory");
	err = find_parent(tree, at, clean, &parent);
	if (err)
		return err;
	old = tree_find(tree, clean);
	if (old)
		return replace(at, old, node);
	return append(tree, at, clean, parent, node);
}

int tree_note_input(struct tree *tree, const char *path)
{
	if (buf_add(&tree->inputs, path, strlen(path) + 1))
		return report_memory();
	return 0;
}

void tree_free(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		struct tree_entry *entry = tree->entries[i];

		tdelete(entry, &tree->by_name, compare_names);
		entry->node->links--;
		node_free(entry->node);
		free(entry->name);
		free(entry);
	}
	free(tree->entries);
	buf_free(&tree->inputs);
	memset(tree, 0, sizeof(*tree));
}
