/*
 * From the tree of files to the bytes of a newc archive, by libarchive.
 *
 * What libarchive would take from the host is given here instead: inode
 * numbers count from 1, one per node, device 0, link counts are those of the
 * archive. The names of one node (hard links) share its inode number, and the
 * last of them carries the bytes, as GNU cpio and the kernel's own
 * gen_init_cpio do it.
 */
#include "pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define COPY_BYTES 65536

struct packer {
	struct archive *archive;
	struct archive_entry *entry;
	struct buf *out;
	time_t mtime;
	unsigned int last_ino;
	int err; /* of the callback: what libarchive cannot pass on */
};

static la_ssize_t take_bytes(struct archive *archive, void *data,
			     const void *bytes, size_t n)
{
	struct packer *p = data;

	p->err = buf_add(p->out, bytes, n);
	if (p->err) {
		archive_set_error(archive, -p->err, "the archive is too big");
		return -1;
	}
	return n;
}

static int archive_failed(const struct packer *p, const char *what)
{
	if (p->err == -ENOMEM)
		return report_memory();
	return report_failed("%s: %s", what, archive_error_string(p->archive));
}

static int copy_bytes(struct packer *p, const struct node *node, FILE *file)
{
	char bytes[COPY_BYTES];
	uint64_t left = node->size;
	size_t n;

	while (left && (n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
		if (n > left)
			break;
		if (archive_write_data(p->archive, bytes, n) != (ssize_t)n)
			return archive_failed(p, node->source);
		left -= n;
	}
	if (ferror(file))
		return report_failed("%s: %s", node->source, strerror(errno));
	if (left || fgetc(file) != EOF)
		return report_bad("%s: changed its size while it was read; run "
				  "again when nothing writes to it",
				  node->source);
	return 0;
}

static int write_body(struct packer *p, const struct node *node)
{
	FILE *file = fopen(node->source, "re");
	int err;

	if (!file)
		return report_bad("%s: %s", node->source, strerror(errno));
	err = copy_bytes(p, node, file);
	fclose(file);
	return err;
}

/* Fills in the header of one name. */
static void describe(struct packer *p, const struct tree_entry *e,
		     uint64_t size)
{
	const struct node *node = e->node;
	struct archive_entry *ae = archive_entry_clear(p->entry);

	archive_entry_set_pathname(ae, e->name);
	archive_entry_set_mode(ae, node->mode);
	archive_entry_set_uid(ae, node->uid);
	archive_entry_set_gid(ae, node->gid);
	archive_entry_set_mtime(ae, p->mtime, 0);
	archive_entry_set_ino64(ae, node->ino);
	archive_entry_set_devmajor(ae, 0);
	archive_entry_set_devminor(ae, 0);
	archive_entry_set_nlink(ae, S_ISDIR(node->mode) ? 2 : node->links);
	archive_entry_set_size(ae, size);
	if (S_ISLNK(node->mode))
		archive_entry_set_symlink(ae, node->source);
	if (S_ISCHR(node->mode) || S_ISBLK(node->mode)) {
		archive_entry_set_rdevmajor(ae, node->dev_major);
		archive_entry_set_rdevminor(ae, node->dev_minor);
	}
}

static int write_entry(struct packer *p, const struct tree_entry *e)
{
	struct node *node = e->node;
	bool body;

	if (!node->ino)
		node->ino = ++p->last_ino;
	node->written++;
	body = S_ISREG(node->mode) && node->written == node->links;
	describe(p, e, body ? node->size : 0);
	if (archive_write_header(p->archive, p->entry) != ARCHIVE_OK)
		return archive_failed(p, e->name);
	return body ? write_body(p, node) : 0;
}

static int start(struct packer *p)
{
	p->archive = archive_write_new();
	p->entry = archive_entry_new();
	if (!p->archive || !p->entry)
		return report_memory();
	archive_write_set_format_cpio_newc(p->archive);
	archive_write_set_bytes_per_block(p->archive, 0);
	archive_write_set_bytes_in_last_block(p->archive, 1);
	if (archive_write_open(p->archive, p, NULL, take_bytes, NULL) !=
	    ARCHIVE_OK)
		return archive_failed(p, "libarchive");
	return 0;
}

int pack_newc(struct tree *tree, time_t mtime, struct buf *out)
{
	struct packer p = { .out = out, .mtime = mtime };
	int err = start(&p);

	for (size_t i = 0; !err && i < tree->count; i++)
		err = write_entry(&p, tree->entries[i]);
	if (!err && archive_write_close(p.archive) != ARCHIVE_OK)
		err = archive_failed(&p, "libarchive");
	archive_entry_free(p.entry);
	archive_write_free(p.archive);
	return err;
}
