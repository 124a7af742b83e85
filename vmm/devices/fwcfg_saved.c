/*
 * Files and items of fw_cfg among what is remembered of a guest: its kernel, say, which
 * firmware has perhaps not fetched yet, and no loader runs where a guest is restored.
 * A reset finds them as they are.
 */
#include <stdlib.h>
#include <string.h>

#include "devices/fwcfg.h"
#include "util/stash.h"

void fwcfg_save(void *dev, struct stash *out)
{
	const struct fwcfg *f = dev;
	const struct fw_files *files = board_files(f->board);
	const uint32_t nr = files ? files->nr : 0;

	if (board_resets(f->board))
		return;
	STASH_PUT(out, nr);
	for (uint32_t i = 0; i < nr; i++) {
		const struct fw_file *file = &files->list[i];
		const uint32_t len = file->len;

		STASH_PUT(out, file->name);
		STASH_PUT(out, file->key);
		STASH_PUT(out, len);
		stash_put(out, file->data, len);
	}
}

/* Behind those of @files. */
static bool restore_file(struct fw_files *files, struct stash *in)
{
	char name[FW_NAME_MAX];
	const void *data;
	uint16_t key;
	uint32_t len;
	int err;

	STASH_GET(in, name);
	STASH_GET(in, key);
	STASH_GET(in, len);
	data = stash_take(in, len);
	if (!data || name[sizeof(name) - 1])
		return false;
	err = key ? fw_add_item(files, key, data, len) :
		    fw_add(files, name, data, len, len);
	return !err;
}

bool fwcfg_restore_files(struct fwcfg *f, struct stash *in)
{
	struct fw_files *files = board_files(f->board);
	uint32_t nr;

	if (board_resets(f->board))
		return true;
	STASH_GET(in, nr);
	if (!files || nr > FW_FILES_MAX)
		return !nr;
	fw_clear(files);
	while (nr && restore_file(files, in))
		nr--;
	return !nr;
}
