/*
 * Opening an image file, and finding the loader that knows its kind. The kind
 * is read off the content; names and suffixes mean nothing.
 */
#include "boot/select.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/kind.h"
#include "util/log.h"

#define SCORE_SURE 10 /* a loader that says less takes what nobody knows */

TABLE_DECLARE(loader, loader);

static int image_failed(const char *path, int err, const char *hint)
{
	log_error("%s: %s%s", path, strerror(err),
		  *hint ? hint : log_advice(err));
	return -err;
}

static int map_file(struct image *image, int fd)
{
	struct stat st;
	void *data;

	if (fstat(fd, &st))
		return image_failed(image->path, errno, "");
	if (!S_ISREG(st.st_mode))
		return image_failed(image->path, EINVAL,
				    ": not a regular file");
	if (!st.st_size)
		return image_failed(image->path, ENOEXEC,
				    ": the file is empty");
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return image_failed(image->path, errno, "");
	image->data = data;
	image->size = st.st_size;
	return 0;
}

int image_open(struct image *image, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err;

	*image = (struct image){ .path = path };
	if (fd < 0)
		return image_failed(path, errno,
				    errno == ENOENT ? "; `make` builds the "
						      "images into images/" :
						      "");
	err = map_file(image, fd);
	close(fd);
	return err;
}

void image_close(struct image *image)
{
	if (image->data)
		munmap((void *)image->data, image->size);
	image->data = NULL;
}

static const struct loader *find_forced(const char *option)
{
	const struct loader *const *row;

	TABLE_FOREACH(loader, row) {
		if ((*row)->option && !strcmp((*row)->option, option))
			return *row;
	}
	return NULL;
}

const struct loader *loader_select(const struct image *image,
				   const char *forced)
{
	const struct loader *const *row;
	const struct loader *best = NULL;
	int best_score = 0;

	TABLE_FOREACH(loader, row) {
		int score = (*row)->match(image);

		/* --linux stands for every loader of that option. */
		if (forced &&
		    (!(*row)->option || strcmp((*row)->option, forced)))
			continue;
		if (score > best_score) {
			best = *row;
			best_score = score;
		}
	}
	if (best_score < SCORE_SURE && (!forced || kind_is_text(image)) &&
	    kind_refuse(image))
		return NULL;
	if (!best && forced)
		best = find_forced(forced);
	if (!best)
		log_error("%s: not an image this kvm-vmm can boot; `kvm-vmm "
			  "--list` shows the kinds it knows",
			  image->path);
	return best;
}
