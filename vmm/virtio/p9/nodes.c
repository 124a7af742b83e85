/*
 * Nodes: the files that fids stand for, and what the guest knows them by.
 */
#include <errno.h>
#include <stdlib.h>

#include "virtio/p9/p9.h"

/* Which of the file systems beneath the root @dev is, from 0, its own. Beyond
 * the last there is room for, all are one: their files may look the same. */
static unsigned int device_number(struct p9 *p9, dev_t dev)
{
	unsigned int i;

	for (i = 0; i < p9->nr_devices; i++)
		if (p9->devices[i] == dev)
			return i;
	if (i == P9_DEVICES_MAX)
		return i - 1;
	p9->devices[p9->nr_devices++] = dev;
	return i;
}

/* The guest has one file system for all of them, in which the inode number tells
 * its files apart. */
void p9_qid_of(struct p9 *p9, const struct stat *stat, struct p9_qid *qid)
{
	qid->type = S_ISDIR(stat->st_mode) ? P9_QID_DIR :
		    S_ISLNK(stat->st_mode) ? P9_QID_LINK :
					     0;
	qid->version = (uint32_t)(stat->st_mtim.tv_sec * 1000000007 +
				  stat->st_mtim.tv_nsec) ^
		       (uint32_t)stat->st_size << 8;
	qid->version |= !qid->version; /* 0: not to be kept in a cache */
	qid->path = stat->st_ino ^ (uint64_t)device_number(p9, stat->st_dev)
					   << 56;
}

int p9_node_look(struct p9 *p9, struct p9_node *node)
{
	struct stat stat;

	if (fstat(node->fd, &stat))
		return -errno;
	node->type = stat.st_mode & S_IFMT;
	node->dev = stat.st_dev;
	node->ino = stat.st_ino;
	p9_owner_look(p9, node->fd, &stat);
	p9_qid_of(p9, &stat, &node->qid);
	return 0;
}

static struct p9_node *node_make(struct p9 *p9)
{
	struct p9_node *node = p9->free_nodes;

	if (!node)
		return calloc(1, sizeof(*node));
	p9->free_nodes = node->next;
	return node;
}

struct p9_node *p9_node_new(struct p9 *p9, int fd, int *err)
{
	struct p9_node *node;

	*err = fd < 0 ? fd : 0;
	if (*err)
		return NULL;
	node = node_make(p9);
	if (!node) {
		p9_close(p9, fd);
		*err = -ENOMEM;
		return NULL;
	}
	node->fd = fd;
	node->refs = 1;
	node->used = p9->serial;
	*err = p9_node_look(p9, node);
	if (!*err)
		return node;
	p9_node_put(p9, node);
	return NULL;
}

void p9_node_put(struct p9 *p9, struct p9_node *node)
{
	if (--node->refs)
		return;
	p9_close(p9, node->fd);
	p9_node_home(p9, node);
	node->next = p9->free_nodes;
	p9->free_nodes = node;
}
