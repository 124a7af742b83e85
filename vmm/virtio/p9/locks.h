/* Who in the guest has locked what: the table behind locks.c. */
#ifndef MKVM_P9_LOCKS_H
#define MKVM_P9_LOCKS_H

#include "virtio/p9/p9.h"

#define P9_LOCKS_MAX 4096

enum lock_type { READ_LOCK, WRITE_LOCK, NO_LOCK };

/* One that a process of the guest holds: bytes @start to @end, both in it. */
struct lock {
	struct lock *next;
	uint32_t owner; /* its number in the guest */
	const struct p9_fid *fid;
	enum lock_type type;
	uint64_t start, end;
};

struct p9_lock_file {
	struct p9_lock_file *next;
	dev_t dev;
	ino_t ino;
	int fd; /* only for locks */
	struct lock *locks;
};

/* What a request asks for. */
struct want {
	enum lock_type type;
	uint32_t owner;
	uint64_t start, end;
};

/* locks.c: takes a lock that a fid had before, of an open file. False: it cannot be
 * had. */
bool p9_lock_again(struct p9 *p9, struct p9_fid *fid, const struct want *want);

bool lock_overlaps(const struct lock *lock, uint64_t start, uint64_t end);

/* A lock of another process that @want cannot be held beside; or NULL. */
const struct lock *lock_rival(const struct p9_lock_file *file,
			      const struct want *want);

struct p9_lock_file *lock_file_of(const struct p9 *p9,
				  const struct p9_node *node);

/* One more, whose members but @next are to be set. NULL: there is no room. */
struct lock *lock_add(struct p9 *p9, struct p9_lock_file *file);
void lock_remove(struct p9 *p9, struct lock **link);

/* Takes @start to @end from what @owner has in the table; with a hole in its middle
 * a lock becomes two. False: there is no room for that. */
bool lock_cut(struct p9 *p9, struct p9_lock_file *file, uint32_t owner,
	      uint64_t start, uint64_t end);

#endif
