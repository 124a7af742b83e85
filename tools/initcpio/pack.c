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
#include "squeeze.h"

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
	bool unlinked;
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

/* All that can be read of the source, whatever size it claims to have. */
static int read_source(const char *path, FILE *file, struct buf *body)
{
	char bytes[COPY_BYTES];
	size_t n;
	int err;

	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
		err = buf_add(body, bytes, n);
		if (err == -EFBIG)
			return report_bad("%s: more than %zu MiB; too much for "
					  "an initramfs",
					  path, body->limit >> 20);
		if (err)
			return report_memory();
	}
	return ferror(file) ? report_failed("%s: %s", path, strerror(errno)) :
			      0;
}

/*
 * Files of /proc claim to have no bytes and those of /sys a page of them: what
 * could be read counts, as long as the claim stays the same.
 */
static int load_source(const struct node *node, struct buf *body)
{
	FILE *file = fopen(node->source, "re");
	struct stat st;
	int err;

	if (!file)
		return report_bad("%s: %s", node->source, strerror(errno));
	err = read_source(node->source, file, body);
	if (!err && fstat(fileno(file), &st) < 0)
		err = report_failed("%s: %s", node->source, strerror(errno));
	fclose(file);
	if (!err && (uint64_t)st.st_size != node->size)
		err = report_bad("%s: changed its size while it was read; run "
				 "again when nothing writes to it",
				 node->source);
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
	archive_entry_set_nlink(ae, S_ISDIR(node->mode) ? 2 :
				    p->unlinked		? 1 :
							  node->links);
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
	struct buf body = { .limit = ARCHIVE_MAX_BYTES };
	struct node *node = e->node;
	int err = 0;

	if (!node->ino || p->unlinked)
		node->ino = ++p->last_ino;
	node->written++;
	if (S_ISREG(node->mode) &&
	    (node->written == node->links || p->unlinked))
		err = load_source(node, &body);
	if (!err) {
		describe(p, e, body.len);
		if (archive_write_header(p->archive, p->entry) != ARCHIVE_OK)
			err = archive_failed(p, e->name);
	}
	if (!err && body.len &&
	    archive_write_data(p->archive, body.data, body.len) !=
		    (ssize_t)body.len)
		err = archive_failed(p, node->source);
	buf_free(&body);
	return err;
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

int pack_newc(struct tree *tree, time_t mtime, bool unlinked, struct buf *out)
{
	struct packer p = { .out = out, .mtime = mtime, .unlinked = unlinked };
	int err = start(&p);

	for (size_t i = 0; !err && i < tree->count; i++)
		err = write_entry(&p, tree->entries[i]);
	if (!err && archive_write_close(p.archive) != ARCHIVE_OK)
		err = archive_failed(&p, "libarchive");
	archive_entry_free(p.entry);
	archive_write_free(p.archive);
	return err;
}
