/* The files of guests' last screens: see files.h. */
#define _GNU_SOURCE /* asprintf() */
#include "probes/screen/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/exit_status.h"
#include "core/vm.h"
#include "util/log.h"
#include "util/outfile.h"

/* NULL: there is no memory. */
static char *name_of(const struct screen_files *files, const struct vm *vm)
{
	char *name;

	if (vm->config.nr_guests == 1)
		return strdup(files->path);
	return asprintf(&name, "%s.%s", files->path, vm->config.name) < 0 ?
		       NULL :
		       name;
}

int screen_files_open(struct screen_files *files, const struct vm *vm)
{
	char *name = name_of(files, vm);
	int fd;

	if (!files->of)
		files->of = calloc(vm->config.nr_guests, sizeof(*files->of));
	if (!name || !files->of) {
		free(name);
		log_error("%s: %s: %s", files->option, files->path,
			  strerror(ENOMEM));
		return -ENOMEM;
	}
	fd = files->is_ours ?
		     outfile_open_if(files->option, name, files->is_ours) :
		     outfile_open(files->option, name, NULL);
	free(name);
	if (fd < 0)
		return fd;
	sink_own(&files->of[vm->config.id], fd);
	return 0;
}

void screen_files_close(struct screen_files *files, const struct vm *vm,
			const char *why)
{
	int err = sink_close(&files->of[vm->config.id]);
	char *name;

	if (!why && err)
		why = strerror(-err);
	if (!why)
		return;
	name = name_of(files, vm);
	log_error("%s: %s: %s", files->option, name ? name : files->path, why);
	free(name);
	files->failed = true;
}

int screen_files_finish(struct screen_files *files)
{
	free(files->of);
	return files->failed ? STATUS_FAILED : STATUS_OK;
}
