/*
 * Twalk: from a fid by names, one directory at a time, to another fid.
 */
#define _GNU_SOURCE /* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "virtio/p9/p9.h"

#define NAMES_MAX 16

/* The directory that @node is in. The root is in itself; from everywhere else the
 * way leads over the path and the root, as what the host calls ".." may have been
 * moved out of the share. */
static struct p9_node *parent(struct p9 *p9, struct p9_node *node, int *err)
{
	char path[P9_TEXT_MAX], *name;
	int fd = p9_node_fd(p9, node);

	*err = fd < 0 ? fd : p9_path_of(p9, fd, path);
	if (*err)
		return NULL;
	if (node->type != S_IFDIR) {
		*err = -ENOTDIR;
		return NULL;
	}
	return p9_node_new(p9, p9_open_parent(p9, path, &name), err);
}

static struct p9_node *step(struct p9 *p9, struct p9_node *node,
			    const char *name, int *err)
{
	int fd;

	if (strcmp(name, "..") == 0)
		return parent(p9, node, err);
	if (strcmp(name, ".") == 0 && node->type == S_IFDIR) {
		node->refs++;
		return node;
	}
	fd = p9_node_fd(p9, node);
	if (fd >= 0)
		fd = p9_open_at(p9, fd, name, O_PATH, 0);
	return p9_node_new(p9, fd, err);
}

/* Goes from @node by @nr names as far as it can, and puts what it finds there.
 * Where it ends, which is used once more; how many steps it took at @done. */
static struct p9_node *go(struct p9 *p9, struct p9_call *call,
			  struct p9_node *node, unsigned int nr,
			  unsigned int *done, int *err)
{
	node->refs++;
	for (*done = 0; *done < nr; ++*done) {
		const char *name = p9_take_text(call);
		struct p9_node *next;

		if (call->bad) {
			*err = -EPROTO;
			break;
		}
		next = step(p9, node, name, err);
		if (!next)
			break;
		p9_node_put(p9, node);
		node = next;
		p9_put_qid(call, &node->qid);
	}
	return node;
}

/* Lets @fid itself stand for @node, which it does not when it is open. */
static int replace(struct p9 *p9, struct p9_fid *fid, struct p9_node *node)
{
	if (p9_fid_is_taken(fid))
		return -EBUSY;
	node->refs++;
	p9_node_put(p9, fid->node);
	fid->node = node;
	return 0;
}

int p9_walk(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call);
	const uint32_t number = p9_take32(call);
	const uint16_t nr = p9_take16(call);
	uint8_t *count = call->put;
	struct p9_node *node;
	unsigned int done;
	int err = 0;

	if (call->bad || nr > NAMES_MAX)
		return -EPROTO;
	if (!fid)
		return -EBADF;
	p9_put16(call, 0);
	node = go(p9, call, fid->node, nr, &done, &err);
	if (call->bad)
		err = -EPROTO;
	else if (done && done < nr)
		err = 0; /* says how far it came, and makes no fid */
	else if (!err && number == fid->number)
		err = replace(p9, fid, node);
	else if (!err)
		p9_fid_new(p9, number, node, fid->uid, &err);
	memcpy(count, &(uint16_t){ done }, sizeof(uint16_t));
	p9_node_put(p9, node);
	return err;
}
