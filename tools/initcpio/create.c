/*
 * Makes an initramfs of file lists and folders; see create.h.
 */
#include "create.h"
#include "depfile.h"
#include "folder.h"
#include "list.h"
#include "output.h"
#include "pack.h"

#include <sys/stat.h>

static int read_inputs(const struct request *r, struct tree *tree)
{
	struct stat st;
	int err = 0;

	for (unsigned int i = 0; !err && i < r->count; i++) {
		const char *path = r->inputs[i];

		if (!stat(path, &st) && S_ISDIR(st.st_mode))
			err = folder_read(tree, path, i);
		else
			err = list_read(tree, path, i);
	}
	return err;
}

static int write_archive(const struct request *r, struct tree *tree)
{
	struct buf plain = { .limit = ARCHIVE_MAX_BYTES }, packed = { 0 };
	int err = pack_newc(tree, r->mtime, r->unlinked, &plain);

	if (!err)
		err = squeeze(r->compressor, &plain, &packed);
	if (!err && r->depfile)
		err = depfile_write(r->depfile, r->output, &tree->inputs);
	if (!err)
		err = output_write(r->output, &packed);
	buf_free(&plain);
	buf_free(&packed);
	return err;
}

int create_archive(const struct request *r)
{
	struct tree tree = { 0 };
	int err = read_inputs(r, &tree);

	if (!err)
		err = write_archive(r, &tree);
	tree_free(&tree);
	return err;
}
