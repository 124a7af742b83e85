/*
 * More fids than a process may have descriptors: a Linux client that keeps names in
 * its cache has a fid for each. A node that was not used for a while gives its
 * descriptor up and remembers its path; used again, it is looked up there, and is
 * stale if another file has taken the place.
 */
#define _GNU_SOURCE /* AT_EMPTY_PATH */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "virtio/p9/p9.h"

#define AT_ONCE 32 /* descriptors given up */

static bool is_node(const struct p9_node *node, const struct stat *stat)
{
	return node->dev == stat->st_dev && node->ino == stat->st_ino &&
	       node->type == (stat->st_mode & S_IFMT);
}

/* Not what the request at hand uses, nor what could not be found again. */
static bool lend(struct p9 *p9, struct p9_node *node, uint32_t age)
{
	char path[P9_TEXT_MAX];
	struct stat stat;

	if (node->fd < 0 || node == &p9->root || node->used == p9->serial ||
	    p9->serial - node->used < age)
		return false;
	if (p9_path_of(p9, node->fd, path) ||
	    fstatat(p9->share->root, path, &stat, AT_SYMLINK_NOFOLLOW) ||
	    !is_node(node, &stat))
		return false;
	node->path = strdup(path);
	if (!node->path)
		return false;
	p9_close(p9, node->fd);
	node->fd = -1;
	p9->nr_lent++;
	return true;
}

bool p9_reserve(struct p9 *p9)
{
	size_t done = 0;

	for (size_t i = 0; i < 2 * p9->nr_slots && done < AT_ONCE; i++) {
		const uint32_t age = i < p9->nr_slots ? p9->nr_fds / 2 : 0;
		struct p9_fid *fid;

		p9->hand = (p9->hand + 1) & (p9->nr_slots - 1);
		for (fid = p9->slots[p9->hand]; fid; fid = fid->next)
			done += lend(p9, fid->node, age);
	}
	return done != 0;
}

int p9_node_fd(struct p9 *p9, struct p9_node *node)
{
	struct stat stat;
	int fd;

	node->used = p9->serial;
	if (node->fd >= 0)
		return node->fd;
	fd = p9_open_path(p9, node->path);
	if (fd < 0)
		return fd == -EMFILE ? fd : -ESTALE;
	if (fstat(fd, &stat) || !is_node(node, &stat)) {
		p9_close(p9, fd);
		return -ESTALE;
	}
	node->fd = fd;
	p9_node_home(p9, node);
	return fd;
}

void p9_node_home(struct p9 *p9, struct p9_node *node)
{
	if (node->path)
		p9->nr_lent--;
	free(node->path);
	node->path = NULL;
}

/* What is behind @from in @path, if that is it or above it; or NULL. */
static const char *beneath(const char *path, const char *from)
{
	const size_t len = strlen(from);

	if (strncmp(path, from, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

static void move(struct p9_node *node, const char *from, const char *to)
{
	const char *rest = node->path ? beneath(node->path, from) : NULL;
	size_t head = strlen(to);
	char *path;

	if (!rest)
		return;
	path = malloc(head + strlen(rest) + 1);
	if (!path)
		return; /* it will be stale */
	memcpy(path, to, head);
	memcpy(path + head, rest, strlen(rest) + 1);
	free(node->path);
	node->path = path;
}

void p9_reserve_moved(struct p9 *p9, const char *from, const char *to)
{
	for (size_t i = 0; i < p9->nr_slots; i++)
		for (struct p9_fid *fid = p9->slots[i]; fid; fid = fid->next)
			move(fid->node, from, to);
}
