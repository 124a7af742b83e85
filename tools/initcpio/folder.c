/*
 * A folder of the host that goes into the archive whole; see folder.h.
 *
 * Symlinks are copied, never followed, so the walk ends. Hard links within the
 * folder become files of their own: whether a copy of a folder keeps them
 * depends on the tool that copied it.
 */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE_DIR     0755
#define MODE_PROGRAM 0755
#define MODE_FILE    0644
#define MODE_LINK    0777

struct walk {
	struct tree *tree;
	unsigned int rank;
	char host[PATH_MAX];	      /* path of the thing looked at */
	char name[TREE_NAME_MAX + 1]; /* its name in the archive */
};

static int walk_dir(struct walk *w);

static int is_wanted(const struct dirent *d)
{
	return strcmp(d->d_name, ".") && strcmp(d->d_name, "..") &&
	       strcmp(d->d_name, ".gitignore") && strcmp(d->d_name, ".gitkeep");
}

/* Byte order: the same in every locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_node(struct walk *w, mode_t mode, const char *source,
		    uint64_t size)
{
	struct origin at = { .file = w->host, .rank = w->rank };
	struct node *node = node_new(mode, 0, 0, source);
	int err;

	if (!node)
		return report_memory();
	node->size = size;
	err = tree_add(w->tree, &at, w->name, node);
	node_free(node); /* does nothing once it has a name */
	return err;
}

static int add_dir(struct walk *w)
{
	const struct tree_entry *old = tree_find(w->tree, w->name);
	int err = 0;

	if (!old || !S_ISDIR(old->node->mode))
		err = add_node(w, S_IFDIR | MODE_DIR, NULL, 0);
	return err ? err : walk_dir(w);
}

static int add_link(struct walk *w)
{
	char target[PATH_MAX];
	ssize_t n = readlink(w->host, target, sizeof(target));

	if (n < 0 || n >= (ssize_t)sizeof(target))
		return report_failed("%s: %s", w->host,
				     n < 0 ? strerror(errno) : "long symlink");
	target[n] = '\0';
	return add_node(w, S_IFLNK | MODE_LINK, target, 0);
}

static int add_file(struct walk *w, const struct stat *st)
{
	mode_t mode = st->st_mode & S_IXUSR ? MODE_PROGRAM : MODE_FILE;
	int err;

	if ((uint64_t)st->st_size > UINT32_MAX)
		return report_bad("%s: a cpio archive holds files below 4 GiB",
				  w->host);
	if (access(w->host, R_OK) < 0)
		return report_bad("%s: %s", w->host, strerror(errno));
	err = tree_note_input(w->tree, w->host);
	return err ? err : add_node(w, S_IFREG | mode, w->host, st->st_size);
}

static int add_thing(struct walk *w)
{
	struct stat st;

	if (lstat(w->host, &st) < 0)
		return report_failed("%s: %s", w->host, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return add_dir(w);
	if (S_ISLNK(st.st_mode))
		return add_link(w);
	if (S_ISREG(st.st_mode))
		return add_file(w, &st);
	return report_bad("%s: neither file, folder nor symlink; put it in a "
			  "list with a nod, pipe or sock line",
			  w->host);
}

/* Appends "/part"; -EINVAL when it does not fit. */
static int go_down(char *path, size_t size, const char *part)
{
	size_t used = strlen(path), n = strlen(part);

	if (used + 1 + n >= size)
		return report_bad("%.200s...: the path is longer than %zu "
				  "bytes",
				  path, size - 1);
	if (used && path[used - 1] != '/')
		path[used++] = '/';
	memcpy(path + used, part, n + 1);
	return 0;
}

static int walk_one(struct walk *w, const char *part)
{
	size_t host = strlen(w->host), name = strlen(w->name);
	int err = go_down(w->host, sizeof(w->host), part);

	if (!err)
		err = go_down(w->name, sizeof(w->name), part);
	if (!err)
		err = add_thing(w);
	w->host[host] = '\0';
	w->name[name] = '\0';
	return err;
}

static int walk_dir(struct walk *w)
{
	struct dirent **list;
	int n = scandir(w->host, &list, is_wanted, by_bytes);
	int err = 0;

	if (n < 0)
		return report_bad("%s: %s", w->host, strerror(errno));
	err = tree_note_input(w->tree, w->host);
	for (int i = 0; i < n; i++) {
		if (!err)
			err = walk_one(w, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return err;
}

int folder_read(struct tree *tree, const char *path, unsigned int rank)
{
	struct walk *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return report_memory();
	w->tree = tree;
	w->rank = rank;
	if (strlen(path) >= sizeof(w->host)) {
		free(w);
		return report_bad("%.200s...: the path is too long", path);
	}
	memcpy(w->host, path, strlen(path) + 1);
	err = walk_dir(w);
	free(w);
	return err;
}
