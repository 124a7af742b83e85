/*
 * Fids by their numbers, which the guest chooses. What is given up is kept for the
 * next, so that no message costs an allocation.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "virtio/p9/p9.h"

#define SLOTS_MIN 64

static struct p9_fid **slot_of(struct p9 *p9, uint32_t number)
{
	return &p9->slots[number & (p9->nr_slots - 1)];
}

struct p9_fid *p9_fid_find(struct p9 *p9, uint32_t number)
{
	struct p9_fid *fid;

	if (!p9->nr_slots)
		return NULL;
	fid = *slot_of(p9, number);
	while (fid && fid->number != number)
		fid = fid->next;
	return fid;
}

struct p9_fid *p9_take_fid(struct p9 *p9, struct p9_call *call)
{
	const uint32_t number = p9_take32(call);

	return call->bad ? NULL : p9_fid_find(p9, number);
}

int p9_take_file(struct p9 *p9, struct p9_call *call, struct p9_fid **fid)
{
	*fid = p9_take_fid(p9, call);
	return *fid ? p9_node_fd(p9, (*fid)->node) : -EBADF;
}

int p9_fid_fd(struct p9 *p9, struct p9_fid *fid)
{
	if (fid->node->fd < 0 && fid->fd >= 0)
		return fid->fd;
	return p9_node_fd(p9, fid->node);
}

/* Twice as many slots, or the first. */
static int grow(struct p9 *p9)
{
	const size_t nr = p9->nr_slots;
	const size_t more = nr ? nr : SLOTS_MIN;
	struct p9_fid **slots =
		reallocarray(p9->slots, nr + more, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	p9->slots = slots;
	p9->nr_slots = nr + more;
	for (size_t i = nr; i < nr + more; i++)
		slots[i] = NULL;
	for (size_t i = 0; i < nr; i++) {
		struct p9_fid *fid = slots[i], *next;

		slots[i] = NULL;
		for (; fid; fid = next) {
			struct p9_fid **slot = slot_of(p9, fid->number);

			next = fid->next;
			fid->next = *slot;
			*slot = fid;
		}
	}
	return 0;
}

static struct p9_fid *fid_make(struct p9 *p9)
{
	struct p9_fid *fid = p9->free_fids;

	if (!fid)
		return malloc(sizeof(*fid));
	p9->free_fids = fid->next;
	return fid;
}

struct p9_fid *p9_fid_new(struct p9 *p9, uint32_t number, struct p9_node *node,
			  uint32_t uid, int *err)
{
	struct p9_fid *fid, **slot;

	*err = p9_fid_find(p9, number)	  ? -EBADF :
	       p9->nr_fids == P9_FIDS_MAX ? -EMFILE :
	       p9->nr_fids < p9->nr_slots ? 0 :
					    grow(p9);
	if (*err)
		return NULL;
	fid = fid_make(p9);
	if (!fid) {
		*err = -ENOMEM;
		return NULL;
	}
	slot = slot_of(p9, number);
	*fid = (struct p9_fid){
		.next = *slot,
		.number = number,
		.uid = uid,
		.node = node,
		.fd = -1,
	};
	node->refs++;
	*slot = fid;
	p9->nr_fids++;
	return fid;
}

int p9_fid_drop(struct p9 *p9, struct p9_fid *fid)
{
	struct p9_fid **link = slot_of(p9, fid->number);
	int err = p9_xattr_drop(p9, fid);

	while (*link != fid)
		link = &(*link)->next;
	*link = fid->next;
	p9->nr_fids--;
	if (fid->has_locks)
		p9_locks_drop(p9, fid);
	p9_close(p9, fid->fd);
	p9_node_put(p9, fid->node);
	fid->next = p9->free_fids;
	p9->free_fids = fid;
	return err;
}

/* An attribute that is half written is not to be set any more. */
void p9_fids_drop(struct p9 *p9)
{
	for (size_t i = 0; i < p9->nr_slots; i++) {
		while (p9->slots[i]) {
			if (p9->slots[i]->xattr)
				p9->slots[i]->xattr->is_written = false;
			p9_fid_drop(p9, p9->slots[i]);
		}
	}
}

void p9_fids_free(struct p9 *p9)
{
	struct p9_fid *fid;
	struct p9_node *node;

	while ((fid = p9->free_fids)) {
		p9->free_fids = fid->next;
		free(fid);
	}
	while ((node = p9->free_nodes)) {
		p9->free_nodes = node->next;
		free(node);
	}
	free(p9->slots);
	p9->slots = NULL;
	p9->nr_slots = 0;
}

int p9_clunk(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call);

	return fid ? p9_fid_drop(p9, fid) : -EBADF;
}
