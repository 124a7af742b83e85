/*
 * Treaddir: what is in a directory. The cookie of an entry is the host file
 * system's own, so it stays good while others come and go.
 */
#define _GNU_SOURCE /* getdents64() */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "virtio/p9/p9.h"

#define ENTRY_HEAD 24 /* bytes of an entry besides its name */

/* What getdents64() writes; dirent.h has another of the same shape. */
struct entry {
	uint64_t ino;
	int64_t next; /* the cookie of the one behind */
	uint16_t size;
	uint8_t type; /* DT_ */
	char name[];
};

/* Above the root there is nothing: it is its own parent. */
static void qid_of(struct p9 *p9, const struct p9_node *dir,
		   const struct entry *entry, struct p9_qid *qid)
{
	struct stat stat = {
		.st_ino = entry->ino,
		.st_dev = dir->dev,
		.st_mode = DTTOIF(entry->type),
	};

	if (dir->ino == p9->root.ino && dir->dev == p9->root.dev &&
	    strcmp(entry->name, "..") == 0)
		stat.st_ino = p9->root.ino;
	p9_qid_of(p9, &stat, qid);
}

/* What is a file to the host may be something else to the guest. */
static uint8_t type_of(const struct p9 *p9, const struct entry *entry)
{
	if (p9->share->mapped && entry->type == DT_REG)
		return DT_UNKNOWN;
	return entry->type;
}

/* Tells as many of the @size bytes of entries as fit before @list's end. */
static void tell(struct p9 *p9, struct p9_fid *fid, struct p9_call *list,
		 size_t size)
{
	for (size_t at = 0; at < size;) {
		const struct entry *entry = (const void *)(p9->entries + at);
		const size_t len = strlen(entry->name);
		struct p9_qid qid;

		if ((size_t)(list->put_end - list->put) < ENTRY_HEAD + len) {
			fid->offset = -1; /* goes back, the next time */
			return;
		}
		qid_of(p9, fid->node, entry, &qid);
		p9_put_qid(list, &qid);
		p9_put64(list, entry->next);
		p9_put8(list, type_of(p9, entry));
		p9_put_text(list, entry->name, len);
		fid->offset = entry->next;
		at += entry->size;
	}
}

static int go_to(struct p9_fid *fid, uint64_t offset)
{
	if ((uint64_t)fid->offset == offset)
		return 0;
	if (lseek(fid->fd, offset, SEEK_SET) < 0)
		return -errno;
	fid->offset = offset;
	return 0;
}

int p9_readdir(struct p9 *p9, struct p9_call *call)
{
	struct p9_fid *fid = p9_take_fid(p9, call);
	const uint64_t offset = p9_take64(call);
	size_t count = p9_take32(call);
	struct p9_call list = { .put = p9->listing };
	ssize_t size;
	int err;

	if (call->bad)
		return -EPROTO;
	err = p9_fid_check(fid);
	if (err)
		return err;
	if (fid->node->type != S_IFDIR)
		return -ENOTDIR;
	if (count > call->room - P9_READ_HEAD)
		count = call->room - P9_READ_HEAD;
	if (count > sizeof(p9->listing))
		count = sizeof(p9->listing);
	list.put_end = list.put + count;
	err = go_to(fid, offset);
	if (err)
		return err;
	/* An entry of the host's takes at least 24 bytes, to the guest at most
	 * 4 more, so all that are read can be told. */
	size = syscall(SYS_getdents64, fid->fd, p9->entries, count / 7 * 6);
	if (size < 0)
		return -errno;
	tell(p9, fid, &list, size);
	call->in_data = list.put - p9->listing;
	p9_iov_put(call->in, P9_READ_HEAD, p9->listing, call->in_data);
	p9_put32(call, call->in_data);
	return 0;
}
