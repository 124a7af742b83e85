/*
 * A server of 9P2000.L for one directory: the protocol without its transport.
 *
 * A fid is what the guest calls a file. Behind it is a node, an O_PATH descriptor
 * that later steps begin at, and, once the fid is open, another descriptor for
 * data. All is done on descriptors; names are only looked up one at a time
 * beneath the directory of a node, by openat2(), which follows no link. So nothing
 * outside the shared directory can be named, and what is renamed or removed
 * meanwhile stays what it was.
 *
 * Whoever calls p9_answer() is alone; it may block as the file system does.
 */
#ifndef MKVM_P9_H
#define MKVM_P9_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <errno.h>

#include "virtio/p9/wire.h"

#define P9_MSIZE_MIN	4096
#define P9_MSIZE_MAX	(1 << 20) /* bytes of a message, both ways */
#define P9_PIECES_MAX	260	  /* in which data of a message may lie */
#define P9_FIDS_MAX	(1 << 20)
#define P9_DEVICES_MAX	255	   /* file systems beneath one directory */
#define P9_ENTRIES_MAX	(32 << 10) /* bytes of a directory read at once */
#define P9_XATTR_MAX	(64 << 10)
#define P9_XATTRS_TOTAL (1 << 20) /* bytes of all fids' together */

#define P9_NOBODY UINT32_MAX /* an owner that is not to change */

/* A file; several fids may stand for it. */
struct p9_node {
	int fd; /* O_PATH; -1 while it is lent out, see reserve.c */
	unsigned int refs;
	mode_t type;   /* S_IFMT of the host's file */
	uint32_t used; /* the last request that did */
	struct p9_qid qid;
	dev_t dev;
	ino_t ino;
	char *path; /* beneath the root, while there is no descriptor */
	struct p9_node *next; /* free ones */
};

/* An attribute that is read or written piece by piece. */
struct p9_xattr {
	char name[P9_NAME_MAX + 1];
	int flags;	 /* of setxattr() */
	bool is_written; /* set when the fid is given up */
	size_t size, filled;
	char value[];
};

struct p9_fid {
	struct p9_fid *next; /* of the same slot, or free */
	uint32_t number;
	uint32_t uid; /* of the guest's user that attached */
	struct p9_node *node;
	int fd;	  /* open for data, or -1 */
	int lost; /* -errno: it was open, and could not be again; 0: it is not */
	bool has_locks;
	off_t offset; /* of an open directory: what comes next */
	struct p9_xattr *xattr;
};

/* The shared directory, as its option said. */
struct p9_share {
	int root; /* O_PATH */
	bool ro;
	bool mapped; /* owners and modes are kept in attributes */
	int proc;    /* /proc/self/fd, O_PATH */
};

struct p9_lock_file;

struct p9 {
	const struct p9_share *share;
	uint32_t msize;
	dev_t devices[P9_DEVICES_MAX];
	unsigned int nr_devices;
	struct p9_node root; /* never given up */

	struct p9_fid **slots; /* by number; a power of two of them */
	size_t nr_slots, nr_fids;
	struct p9_fid *free_fids;
	struct p9_node *free_nodes;
	size_t xattr_bytes;

	size_t nr_fds, fds_max; /* descriptors of nodes and fids */
	size_t nr_lent;		/* nodes that have given theirs up */
	size_t hand;		/* the slot where reserve.c goes on */
	uint32_t serial;	/* of the request */
	bool is_lost;		/* the root has been removed */

	struct p9_lock_file *lock_files;
	size_t nr_locks;

	struct iovec pieces[P9_PIECES_MAX];
	uint8_t request[P9_FIELDS_MAX], reply[P9_FIELDS_MAX];
	char entries[P9_ENTRIES_MAX]; /* of a directory, as the host has them */
	uint8_t listing[P9_ENTRIES_MAX]; /* and as the guest is told them */
};

/* server.c, share.c --------------------------------------------------------- */

/* A server for @share, which outlives it, in memory that is zero. 0 or -errno. */
int p9_init(struct p9 *p9, const struct p9_share *share);

/* Forgets all fids and locks, as if the guest had not come yet. */
void p9_reset(struct p9 *p9);
void p9_release(struct p9 *p9);

/*
 * Answers the request in the @nr_out buffers @out, in the @nr_in buffers @in. No
 * byte of the guest's memory is read twice. The bytes of
 * the reply; 0: there is no room for any, or no request to answer.
 */
size_t p9_answer(struct p9 *p9, const struct iovec *out, unsigned int nr_out,
		 const struct iovec *in, unsigned int nr_in);

/* Opens @path for p9_init(). -errno; -ENOSYS: the host has no openat2(),
 * -ENXIO: no /proc. */
int p9_share_open(struct p9_share *share, const char *path);
void p9_share_close(struct p9_share *share);

/* Whether owners can be kept in attributes there. */
bool p9_share_maps(const struct p9_share *share);

/* saved.c: what a guest has of the share, while nobody is at it; and the same for a
 * server that nobody has come to yet: 0; -ESTALE: it is for another directory;
 * -EINVAL: no server was ever in such a state. */
struct stash;
void p9_save(struct p9 *p9, struct stash *out);
int p9_restore(struct p9 *p9, struct stash *in);

/* fids.c ------------------------------------------------------------------- */

/* The fid that the request's next field names; NULL: there is none. */
struct p9_fid *p9_take_fid(struct p9 *p9, struct p9_call *call);

/* The descriptor of that fid's file, or -errno; the fid at @fid. */
int p9_take_file(struct p9 *p9, struct p9_call *call, struct p9_fid **fid);

/* A descriptor of @fid's file, whichever there is, or -errno. */
int p9_fid_fd(struct p9 *p9, struct p9_fid *fid);

/* Whether it is open: 0, -EBADF, or why it is no longer. */
static inline int p9_fid_check(const struct p9_fid *fid)
{
	if (!fid || (fid->fd < 0 && !fid->lost))
		return -EBADF;
	return fid->lost;
}

/* Whether it is open, or was. */
static inline bool p9_fid_is_taken(const struct p9_fid *fid)
{
	return fid->fd >= 0 || fid->lost || fid->xattr;
}

struct p9_fid *p9_fid_find(struct p9 *p9, uint32_t number);

/* A fid for @node, whose count goes up. NULL: *err; -EBADF: that number is taken,
 * -EMFILE: there are too many. */
struct p9_fid *p9_fid_new(struct p9 *p9, uint32_t number, struct p9_node *node,
			  uint32_t uid, int *err);

/* Gives a fid up: 0, or what has gone wrong with that which was left to do. */
int p9_fid_drop(struct p9 *p9, struct p9_fid *fid);
void p9_fids_drop(struct p9 *p9);
void p9_fids_free(struct p9 *p9);

/* nodes.c ------------------------------------------------------------------ */

/* A node of the descriptor @fd, which is its own from now on, even if there is
 * none. @fd may be an -errno. NULL: *err. It is used once. */
struct p9_node *p9_node_new(struct p9 *p9, int fd, int *err);

/* What @node is, by its descriptor. */
int p9_node_look(struct p9 *p9, struct p9_node *node);
void p9_node_put(struct p9 *p9, struct p9_node *node);

/* What the guest is to know it by. */
void p9_qid_of(struct p9 *p9, const struct stat *stat, struct p9_qid *qid);

/* paths.c ------------------------------------------------------------------ */

/* Whether @name is one of an entry: no way to anywhere else. 0 or -errno. */
int p9_name_check(const char *name);

/* Opens @name, an entry of the directory @dir, by openat2(): no link is
 * followed. A descriptor that is counted, or -errno. */
int p9_open_at(struct p9 *p9, int dir, const char *name, int flags,
	       mode_t mode);

/* The same of @path beneath the root, "" for itself, to name it only. */
int p9_open_path(struct p9 *p9, const char *path);

/* Opens the file of @fd, an O_PATH descriptor, for what @flags say. Only a file
 * or a directory, @type: nothing that waits for its other end. */
int p9_reopen(struct p9 *p9, int fd, mode_t type, int flags);

/* Closes @fd, one of those that are counted; -1: nothing to close. */
void p9_close(struct p9 *p9, int fd);

/* Where @fd is beneath the root: P9_TEXT_MAX bytes at @path. -ENOENT: it is
 * not there any more. */
int p9_path_of(struct p9 *p9, int fd, char *path);

/* Cuts the last name off @path and opens what is left. The name, to be freed
 * with it; "" of the root. */
int p9_open_parent(struct p9 *p9, char *path, char **name);

/* Where @fd is found by calls that take a path only: P9_FD_PATH bytes. */
#define P9_FD_PATH 32
void p9_fd_path(int fd, char *path);

/* reserve.c ---------------------------------------------------------------- */

/* Gives descriptors up that can be had again. False: there are none. */
bool p9_reserve(struct p9 *p9);

/* The descriptor of @node; -ESTALE: it cannot be found again. */
int p9_node_fd(struct p9 *p9, struct p9_node *node);

/* Forgets where @node was, which has a descriptor again, or ends. */
void p9_node_home(struct p9 *p9, struct p9_node *node);

/* What is beneath the path @from, is beneath @to from now on. */
void p9_reserve_moved(struct p9 *p9, const char *from, const char *to);

/* owner.c ------------------------------------------------------------------ */

/* Whose a file is, and what it is to the guest. */
struct p9_owner {
	uint32_t uid, gid; /* P9_NOBODY: stays */
	mode_t mode;
	dev_t rdev;
};

/* Changes @stat of @fd to what the guest is to see. */
void p9_owner_look(struct p9 *p9, int fd, struct stat *stat);
int p9_owner_set(struct p9 *p9, int fd, uint32_t uid, uint32_t gid);
int p9_mode_set(struct p9 *p9, int fd, mode_t mode);

/* The host's mode of a file that is made with @mode; and, once it is there, as
 * @stat says, what else it needs to be @owner's. */
mode_t p9_mode_made(const struct p9 *p9, mode_t mode);
int p9_owner_made(struct p9 *p9, int fd, const struct stat *stat,
		  const struct p9_owner *owner);

/* The target of a link that is a file with an attribute: P9_TEXT_MAX bytes at
 * @target; -1 and errno. */
ssize_t p9_link_read(struct p9 *p9, struct p9_node *node, char *target);

/* Whether the guest may see and set the attribute @name. */
bool p9_xattr_is_ours(const struct p9 *p9, const char *name);

/* locks.c ------------------------------------------------------------------ */

/* Gives up what was locked through @fid. */
void p9_locks_drop(struct p9 *p9, struct p9_fid *fid);

/* xattrs.c ----------------------------------------------------------------- */

/* Memory for one of @size bytes, counted. NULL: *err. */
struct p9_xattr *p9_xattr_make(struct p9 *p9, const char *name, size_t size,
			       int *err);

ssize_t p9_xattr_read(const struct p9_fid *fid, uint64_t offset,
		      const struct iovec *iov, unsigned int nr);
ssize_t p9_xattr_write(const struct p9_fid *fid, uint64_t offset,
		       const struct iovec *iov, unsigned int nr);
int p9_xattr_drop(struct p9 *p9, struct p9_fid *fid);

/* Answers to requests: 0 with the reply put, or -errno ---------------------- */

/* server.c */
int p9_version(struct p9 *p9, struct p9_call *call);
int p9_attach(struct p9 *p9, struct p9_call *call);
int p9_flush(struct p9 *p9, struct p9_call *call);
/* fids.c, walk.c */
int p9_clunk(struct p9 *p9, struct p9_call *call);
int p9_walk(struct p9 *p9, struct p9_call *call);
/* files.c */
int p9_lopen(struct p9 *p9, struct p9_call *call);
int p9_lcreate(struct p9 *p9, struct p9_call *call);
int p9_read(struct p9 *p9, struct p9_call *call);
int p9_write(struct p9 *p9, struct p9_call *call);
int p9_fsync(struct p9 *p9, struct p9_call *call);
/* directories.c */
int p9_readdir(struct p9 *p9, struct p9_call *call);
/* entries.c, moves.c */
int p9_mkdir(struct p9 *p9, struct p9_call *call);
int p9_symlink(struct p9 *p9, struct p9_call *call);
int p9_mknod(struct p9 *p9, struct p9_call *call);
int p9_link(struct p9 *p9, struct p9_call *call);
int p9_readlink(struct p9 *p9, struct p9_call *call);
int p9_unlinkat(struct p9 *p9, struct p9_call *call);
int p9_remove(struct p9 *p9, struct p9_call *call);
int p9_rename(struct p9 *p9, struct p9_call *call);
int p9_renameat(struct p9 *p9, struct p9_call *call);
/* attributes.c */
int p9_getattr(struct p9 *p9, struct p9_call *call);
int p9_setattr(struct p9 *p9, struct p9_call *call);
int p9_statfs(struct p9 *p9, struct p9_call *call);
/* xattrs.c */
int p9_xattrwalk(struct p9 *p9, struct p9_call *call);
int p9_xattrcreate(struct p9 *p9, struct p9_call *call);
/* locks.c */
int p9_lock(struct p9 *p9, struct p9_call *call);
int p9_getlock(struct p9 *p9, struct p9_call *call);

#endif
