/*
 * The file of each guest that an option names, FILE, or of several guests FILE.NAME:
 * opened before it runs, written when it has ended.
 */
#ifndef MKVM_PROBES_SCREEN_FILES_H
#define MKVM_PROBES_SCREEN_FILES_H

#include <stdbool.h>

#include "util/sink.h"

struct vm;

struct screen_files {
	const char *option, *path;
	bool (*is_ours)(int fd); /* see util/outfile.h; NULL: any text */
	struct sink *of;	 /* by guest */
	bool failed;
};

/* For ready() of include/probe.h. */
int screen_files_open(struct screen_files *files, const struct vm *vm);

/* Closes that of @vm, in which all is written, or not: @why, NULL for it is. */
void screen_files_close(struct screen_files *files, const struct vm *vm,
			const char *why);

/* For finish(). */
int screen_files_finish(struct screen_files *files);

#endif
