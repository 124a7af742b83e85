/*
 * Opening an image file, and finding the loader that knows its kind. The kind
 * is read off the content; names and suffixes mean nothing.
 */
#include "boot/select.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/kind.h"
#include "boot/kind_look.h"
#include "feature.h"
#include "util/bus_error.h"
#include "util/log.h"

#define SCORE_SURE 10 /* a loader that says less takes what nobody knows */
#define PAGE_BYTES 4096

TABLE_DECLARE(loader, loader);

static int image_failed(const char *path, int err, const char *hint)
{
	log_error("%s: %s%s", path, strerror(err),
		  *hint ? hint : log_advice(err));
	return -err;
}

/* Those a fault may lie in; only the main thread opens, reads and closes. */
static struct image *open_images;

static bool is_in(const struct image *image, uintptr_t page)
{
	uintptr_t start = (uintptr_t)image->data;

	return page >= start && page < start + image->size;
}

/* Of a file that has become shorter: the page becomes one of zeroes, and
 * image_check() tells. */
static bool mend(uintptr_t page)
{
	for (struct image *image = open_images; image; image = image->next)
		if (is_in(image, page))
			return mmap((void *)page, PAGE_BYTES, PROT_READ,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
				    0) != MAP_FAILED;
	return false;
}

static void add_open(struct image *image)
{
	static struct bus_error_watcher watcher = { .mend = mend };

	image->next = open_images;
	open_images = image;
	bus_error_watch(&watcher);
}

static void remove_open(struct image *image)
{
	struct image **link = &open_images;

	while (*link != image)
		link = &(*link)->next;
	*link = image->next;
}

static int map_file(struct image *image)
{
	struct stat st;
	void *data;

	if (fstat(image->fd, &st))
		return image_failed(image->path, errno, "");
	if (!S_ISREG(st.st_mode))
		return image_failed(image->path, EINVAL,
				    ": not a regular file");
	if (!st.st_size)
		return image_failed(image->path, ENOEXEC,
				    ": the file is empty");
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, image->fd, 0);
	if (data == MAP_FAILED)
		return image_failed(image->path, errno, "");
	image->data = data;
	image->size = st.st_size;
	add_open(image);
	return 0;
}

int image_open(struct image *image, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int err;

	*image = (struct image){ .path = path, .fd = fd };
	if (fd < 0)
		return image_failed(path, errno,
				    errno == ENOENT ? "; `make` builds the "
						      "images into images/" :
						      "");
	err = map_file(image);
	if (err)
		close(fd);
	return err;
}

int image_check(const struct image *image)
{
	struct stat st;

	if (image->unpacked ||
	    (!fstat(image->fd, &st) && (size_t)st.st_size >= image->size))
		return 0;
	log_error("%s: has become shorter while it was read", image->path);
	return -EIO;
}

void image_close(struct image *image)
{
	if (!image->data)
		return;
	munmap((void *)image->data, image->size);
	image->data = NULL;
	if (image->unpacked)
		return;
	close(image->fd);
	remove_open(image);
}

/* --linux stands for every loader of that option. */
static bool is_meant(const struct loader *loader, const char *forced)
{
	return !strcmp(loader->name, forced) ||
	       (loader->option && !strcmp(loader->option, forced));
}

static const struct loader *find_forced(const char *forced,
					const char *const *without)
{
	const struct loader *const *row;

	TABLE_FOREACH(loader, row) {
		if (is_meant(*row, forced) &&
		    !feature_is_out(without, (*row)->name))
			return *row;
	}
	return NULL;
}

#define NAMES_MAX 160 /* bytes of a message */

const struct loader *loader_find(const char *name)
{
	const struct loader *const *row;

	TABLE_FOREACH(loader, row) {
		if (!strcmp((*row)->name, name))
			return *row;
	}
	return NULL;
}

int loader_check(const char *name)
{
	const struct loader *const *row;
	char names[NAMES_MAX] = "";
	int len = 0;

	if (loader_find(name))
		return 0;
	TABLE_FOREACH(loader, row) {
		if (len < NAMES_MAX)
			len += snprintf(names + len, NAMES_MAX - len, " %s",
					(*row)->name);
	}
	log_error("--loader: no `%s` in this kvm-vmm, which has:%s", name,
		  names);
	return -EINVAL;
}

const struct loader *loader_select(const struct image *image,
				   const char *forced,
				   const char *const *without)
{
	const struct loader *const *row;
	const struct loader *best = NULL;
	int best_score = 0;

	TABLE_FOREACH(loader, row) {
		int score;

		if (feature_is_out(without, (*row)->name))
			continue;
		score = (*row)->match ? (*row)->match(image) : !!forced;
		if (forced && !is_meant(*row, forced))
			continue;
		if (score > best_score) {
			best = *row;
			best_score = score;
		}
	}
	if (best_score < SCORE_SURE && (!forced || look_text(image)) &&
	    kind_refuse(image))
		return NULL;
	if (!best && forced)
		best = find_forced(forced, without);
	if (!best && forced)
		log_error("%s: `%s` is asked for, and left out by --no-NAME",
			  image->path, forced);
	else if (!best)
		log_error("%s: %snot an image this kvm-vmm can boot; `kvm-vmm "
			  "--list` shows the kinds it knows",
			  image->path, kind_where(image));
	return best;
}
