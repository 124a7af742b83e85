/* A list of files for firmware: see util/fwfile.h. */
#include "util/fwfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/log.h"

static int failed(const char *name, int err)
{
	log_error("fw_cfg: %s: %s", name, strerror(err));
	return -err;
}

int fw_add(struct fw_files *files, const char *name, const void *data,
	   size_t len, size_t size)
{
	struct fw_file *file = &files->list[files->nr];

	if (files->nr == FW_FILES_MAX || size > UINT32_MAX || len > size)
		return failed(name, E2BIG);
	file->data = calloc(1, size ? size : 1);
	if (!file->data)
		return failed(name, ENOMEM);
	if (len)
		memcpy(file->data, data, len);
	file->len = size;
	snprintf(file->name, sizeof(file->name), "%s", name);
	files->nr++;
	return 0;
}

int fw_add_item(struct fw_files *files, unsigned int key, const void *data,
		size_t len)
{
	int err = fw_add(files, "", data, len, len);

	if (!err)
		files->list[files->nr - 1].key = key;
	return err;
}

struct fw_file *fw_find(struct fw_files *files, const char *name)
{
	for (unsigned int i = 0; files && i < files->nr; i++)
		if (!strcmp(files->list[i].name, name))
			return &files->list[i];
	return NULL;
}

void fw_clear(struct fw_files *files)
{
	for (unsigned int i = 0; i < files->nr; i++)
		free(files->list[i].data);
	memset(files, 0, sizeof(*files));
}

void fw_free(struct fw_files *files)
{
	if (files)
		fw_clear(files);
	free(files);
}
