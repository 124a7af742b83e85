/*
 * Files and items of fw_cfg among what is remembered of a guest: its kernel, say, which
 * firmware has perhaps not fetched yet, and no loader runs where a guest is restored.
 * A reset finds them as they are, but for what the guest has written to them.
 */
#include <stdlib.h>
#include <string.h>

#include "devices/fwcfg.h"
#include "util/stash.h"

static void save_file(const struct fw_file *file, struct stash *out)
{
	const uint8_t writable = file->writable;
	const uint32_t len = file->len;

	STASH_PUT(out, file->name);
	STASH_PUT(out, file->key);
	STASH_PUT(out, writable);
	STASH_PUT(out, len);
	stash_put(out, file->data, len);
}

void fwcfg_save(void *dev, struct stash *out)
{
	const struct fwcfg *f = dev;
	const struct fw_files *files = board_files(f->board);
	const uint32_t nr = files ? files->nr : 0;

	if (!board_resets(f->board))
		STASH_PUT(out, nr);
	for (uint32_t i = 0; i < nr; i++) {
		const struct fw_file *file = &files->list[i];

		if (!board_resets(f->board))
			save_file(file, out);
		else if (file->writable)
			stash_put(out, file->data, file->len);
	}
}

/* Behind those of @files. */
static bool restore_file(struct fw_files *files, struct stash *in)
{
	char name[FW_NAME_MAX];
	const void *data;
	uint8_t writable;
	uint16_t key;
	uint32_t len;
	int err;

	STASH_GET(in, name);
	STASH_GET(in, key);
	STASH_GET(in, writable);
	STASH_GET(in, len);
	data = stash_take(in, len);
	if (!data || name[sizeof(name) - 1] || writable > 1)
		return false;
	err = key ? fw_add_item(files, key, data, len) :
		    fw_add(files, name, data, len, len);
	if (!err)
		files->list[files->nr - 1].writable = writable;
	return !err;
}

/* The guest's part of them, which are there. */
static bool reset_files(struct fw_files *files, struct stash *in)
{
	for (unsigned int i = 0; files && i < files->nr; i++)
		if (files->list[i].writable)
			stash_get(in, files->list[i].data, files->list[i].len);
	return !in->bad;
}

bool fwcfg_restore_files(struct fwcfg *f, struct stash *in)
{
	struct fw_files *files = board_files(f->board);
	uint32_t nr;

	if (board_resets(f->board))
		return reset_files(files, in);
	STASH_GET(in, nr);
	if (!files || nr > FW_FILES_MAX)
		return !nr;
	fw_clear(files);
	while (nr && restore_file(files, in))
		nr--;
	return !nr;
}
