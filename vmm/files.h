/* The files that the command line names for a guest: its image, --initrd and
 * --module. */
#ifndef MKVM_FILES_H
#define MKVM_FILES_H

#include "cli.h"
#include "boot_args.h"
#include "loader.h"

struct files {
	struct image image;
	struct image initrd; /* without data: none was given */
	struct module modules[MODULES_MAX];
	unsigned int nr_modules;
};

/* Opens what @opt names for guest number @id, from 0. 0, or -errno after one
 * message; to be closed then as well. */
int files_open(struct files *files, const struct options *opt, unsigned int id);

/* All have been read: 0, or -EIO as image_check(). */
int files_check(const struct files *files);
void files_close(struct files *files);

/* The exit status for -errno @err: of a file that is wrong, or of a host that has
 * too little of something. 0 for 0. */
int files_status(int err);

#endif
