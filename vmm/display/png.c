/*
 * --display png=FILE[,every=SECONDS]: the screen in a file, which is a whole picture
 * at every moment: a new one is written beside it, as FILE.tmp, and takes its place.
 * One that shows the same as the last is not written.
 */
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/log.h"
#include "util/png.h"
#include "util/reach.h"
#include "viewer.h"

#define OPTION	  "--display png"
#define EVERY	  ",every="
#define EVERY_MAX 86400 /* seconds */
#define FILE_MODE 0644

struct png_file {
	char *path;	  /* as it was given */
	char *tmp;	  /* in the folder */
	const char *name; /* likewise: the end of path */
	int folder;
};

/* Splits @arg: the length of FILE, and how often. False: it is wrong. */
static bool split(const char *arg, size_t *len, uint64_t *every_ns)
{
	const char *every = strstr(arg, EVERY);
	char *end;
	double seconds;

	*len = every ? (size_t)(every - arg) : strlen(arg);
	*every_ns = NS_PER_SEC;
	if (!every)
		return *len > 0;
	every += strlen(EVERY);
	seconds = strtod(every, &end);
	if (end == every || *end || !(seconds >= 0.01 && seconds <= EVERY_MAX))
		return false;
	*every_ns = seconds * NS_PER_SEC;
	return *len > 0;
}

static int check(const char *arg)
{
	uint64_t every_ns;
	size_t len;

	if (arg && split(arg, &len, &every_ns))
		return 0;
	log_error(OPTION "=FILE[,every=SECONDS]: name a file, and give 0.01 "
			 "to 86400 seconds");
	return -EINVAL;
}

/* What is called @name is not there, or is one of ours, or empty. */
static int check_place(const struct png_file *file, const char *name)
{
	struct stat st;
	bool is_ours;
	int fd;

	if (fstatat(file->folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EEXIST;
	fd = openat(file->folder, name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	is_ours = png_is_ours(fd);
	close(fd);
	return is_ours ? 0 : -EEXIST;
}

static int open_folder(struct png_file *file)
{
	const char *slash = strrchr(file->path, '/');
	char *folder = slash ? strndup(file->path, slash - file->path + 1) :
			       strdup(".");

	file->name = slash ? slash + 1 : file->path;
	if (!folder || asprintf(&file->tmp, "%s.tmp", file->name) < 0) {
		free(folder);
		return -ENOMEM;
	}
	file->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	if (file->folder < 0)
		return -errno;
	if (!*file->name)
		return -EISDIR;
	/* The place of FILE.tmp is FILE's folder, which this lets us write to. */
	return faccessat(file->folder, ".", W_OK, 0) ? -errno : 0;
}

static void png_close(void *viewer)
{
	struct png_file *file = viewer;

	if (file->folder >= 0)
		close(file->folder);
	free(file->tmp);
	free(file->path);
	free(file);
}

/* @which: "", or ".tmp". */
static int say(const struct png_file *file, const char *which, int err)
{
	log_error(OPTION "=%s%s: %s", file->path, which,
		  err == -EEXIST ? "it exists, and kvm-vmm has not written it; "
				   "name another file, or remove it" :
				   strerror(-err));
	return err;
}

static int check_places(const struct png_file *file)
{
	int err = check_place(file, file->name);

	if (err)
		return say(file, "", err);
	err = check_place(file, file->tmp);
	return err ? say(file, ".tmp", err) : 0;
}

static void *png_open(const char *arg, struct view_port *port,
		      struct event_loop *loop)
{
	struct png_file *file = calloc(1, sizeof(*file));
	uint64_t every_ns;
	size_t len;
	int err;

	(void)loop;
	if (!file) {
		log_error(OPTION ": %s", strerror(ENOMEM));
		return NULL;
	}
	file->folder = -1;
	split(arg, &len, &every_ns);
	file->path = strndup(arg, len);
	err = file->path ? open_folder(file) : -ENOMEM;
	if (err ? say(file, "", err) : check_places(file)) {
		png_close(file);
		return NULL;
	}
	viewer_every(port, every_ns);
	reach_add(REACH_REPLACE, file->path);
	return file;
}

/* FILE.tmp, new; one that was left behind goes. */
static int open_tmp(const struct png_file *file)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(file->folder, file->tmp, flags, FILE_MODE), err;

	if (fd >= 0 || errno != EEXIST)
		return fd < 0 ? -errno : fd;
	err = check_place(file, file->tmp);
	if (err)
		return err;
	unlinkat(file->folder, file->tmp, 0);
	fd = openat(file->folder, file->tmp, flags, FILE_MODE);
	return fd < 0 ? -errno : fd;
}

static int png_put(void *viewer, const struct picture *picture)
{
	const struct png_file *file = viewer;
	int fd = open_tmp(file), err;

	if (fd < 0)
		return say(file, ".tmp", fd);
	err = png_write_fd(picture, fd);
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(file->folder, file->tmp, file->folder, file->name))
		err = -errno;
	if (!err)
		return 0;
	unlinkat(file->folder, file->tmp, 0);
	return say(file, "", err);
}

static const struct viewer png = {
	.name = "png",
	.arg = "=FILE[,every=S]",
	.what = "in a file that is always a whole picture",
	.check = check,
	.open = png_open,
	.close = png_close,
	.put = png_put,
};
VIEWER(png);
