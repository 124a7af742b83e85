/*
 * The files of an initramfs before they are written: names in the order they
 * will be unpacked in, and the nodes (inodes) they stand for.
 *
 * A name of a later list or folder takes the place of the same name of an
 * earlier one; that is what an overlay is for. Within one list a name comes
 * once. A parent comes before what is in it: Linux drops the rest silently.
 */
#ifndef MKVM_INITCPIO_TREE_H
#define MKVM_INITCPIO_TREE_H

#include "buf.h"
#include "report.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TREE_NAME_MAX	   4095 /* PATH_MAX of Linux without the NUL */
#define TREE_COMPONENT_MAX 255	/* NAME_MAX of Linux */
#define TREE_TRAILER	   "TRAILER!!!"

/* What one or more names (hard links) stand for. */
struct node {
	mode_t mode; /* type and permissions */
	uint32_t uid;
	uint32_t gid;
	uint32_t dev_major; /* device nodes */
	uint32_t dev_minor;
	char *source;	    /* file: where its bytes are; symlink: target */
	uint64_t size;	    /* file: what it claims, when it was added */
	unsigned int links; /* names in the tree that stand for it */
	unsigned int ino;   /* for the writer; 0 is none yet */
	unsigned int written;
};

struct tree_entry {
	char *name; /* no leading slash; "." is the root */
	struct node *node;
	struct tree_entry *parent; /* NULL directly below the root */
	unsigned int children;
	unsigned int rank; /* of the origin that said it last */
	unsigned int line;
};

struct tree {
	struct tree_entry **entries;
	size_t count;
	size_t room;
	void *by_name;	   /* tsearch() tree of struct tree_entry */
	struct buf inputs; /* paths on the host that were read, NUL each */
};

/*
 * Writes name without leading slashes, doubled slashes, "." parts and trailing
 * slash to out (TREE_NAME_MAX + 1 bytes). Returns NULL, or why it cannot stand
 * in an archive (".." parts, too long, empty, the trailer's name).
 */
const char *tree_clean_name(const char *name, char *out);

/* The entry of that clean name, or NULL. */
struct tree_entry *tree_find(const struct tree *tree, const char *name);

/*
 * A new node; source may be NULL, and is copied. Returns NULL without memory.
 * It belongs to the caller until tree_add() has given it a name.
 */
struct node *node_new(mode_t mode, uint32_t uid, uint32_t gid,
		      const char *source);

/* Frees a node that has no name in a tree. */
void node_free(struct node *node);

/*
 * Gives node the name (cleaned here). Prints and returns -EINVAL when the name
 * is bad, its parent is missing or no directory, or it stands in the way of
 * another; -ENOMEM. A node keeps what names it already has on failure.
 */
int tree_add(struct tree *tree, const struct origin *at, const char *name,
	     struct node *node);

/* Notes a file or folder of the host as read, for make. Returns 0 or -ENOMEM. */
int tree_note_input(struct tree *tree, const char *path);

/* Frees every entry and every node. */
void tree_free(struct tree *tree);

#endif
