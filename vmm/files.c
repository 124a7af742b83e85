/* The files of the command line for a guest: see files.h. */
#include "files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/exit_status.h"
#include "boot/gunzip.h"
#include "boot/select.h"
#include "service/snapshot/restore.h"
#include "util/log.h"

/* FILE is what stands before the first blank. */
static int open_module(struct module *module, const char *text)
{
	size_t len = strcspn(text, " ");
	char *path = strndup(text, len);

	*module = (struct module){ .image.path = path };
	if (!path) {
		log_error("--module: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	module->text = text;
	module->args = text + len + strspn(text + len, " ");
	return image_open(&module->image, path);
}

int files_open(struct files *files, const struct options *opt, unsigned int id)
{
	int err;

	files->initrd = (struct image){ 0 };
	files->nr_modules = 0;
	if (restore_is_on()) {
		files->image = (struct image){ .path = opt->images[id] };
		return 0;
	}
	err = image_open(&files->image, opt->images[id]);
	if (!err)
		err = gunzip_image(&files->image, opt->without);
	if (!err && opt->initrd)
		err = image_open(&files->initrd, opt->initrd);
	for (unsigned int i = 0; i < opt->nr_modules && !err; i++) {
		const struct module_option *option = &opt->modules[i];

		if (!option->guest || option->guest == id + 1)
			err = open_module(&files->modules[files->nr_modules++],
					  option->text);
	}
	return err;
}

int files_check(const struct files *files)
{
	int err = image_check(&files->image);

	if (!err && files->initrd.data)
		err = image_check(&files->initrd);
	for (unsigned int i = 0; i < files->nr_modules && !err; i++)
		err = image_check(&files->modules[i].image);
	return err;
}

void files_close(struct files *files)
{
	image_close(&files->image);
	image_close(&files->initrd);
	for (unsigned int i = 0; i < files->nr_modules; i++) {
		image_close(&files->modules[i].image);
		free((char *)files->modules[i].image.path);
	}
}

int files_status(int err)
{
	if (!err)
		return 0;
	return err == -EMFILE || err == -ENFILE || err == -ENOMEM ?
		       STATUS_FAILED :
		       STATUS_USAGE;
}
