/*
 * The file tree inside the lab: the host's own root, read-only over 9p, with
 * the few places on top that a program expects to be its own machine's.
 */
#include "inside.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST "/host"
#define NEW  "/new"

/* The host does not change files while a COMMAND runs: cache them freely. */
#define HOST_OPTIONS "trans=virtio,version=9p2000.L,msize=512000,cache=loose"
/* What COMMAND writes goes there at once, for the lab ends without a word. */
#define OUT_OPTIONS "trans=virtio,version=9p2000.L,msize=512000,cache=mmap"

struct mount_row {
	const char *source;
	const char *dir;
	const char *type;
	unsigned long flags;
	const char *data;
};

/* In this order; a directory of the host that is covered is named below. */
static const struct mount_row mounts[] = {
	{ "root", HOST, "9p", MS_RDONLY, HOST_OPTIONS },
	{ HOST, NEW, NULL, MS_BIND, NULL },
	{ "proc", NEW "/proc", "proc", 0, NULL },
	{ "sys", NEW "/sys", "sysfs", 0, NULL },
	{ "dev", NEW "/dev", "devtmpfs", 0, NULL },
	{ "tmp", NEW "/tmp", "tmpfs", 0, "mode=1777" },
	{ "run", NEW "/run", "tmpfs", 0, "mode=0755" },
};

/* These need a directory made in devtmpfs first. */
static const struct mount_row dev_mounts[] = {
	{ "pts", NEW "/dev/pts", "devpts", 0, "mode=0620,ptmxmode=0666" },
	{ "shm", NEW "/dev/shm", "tmpfs", 0, "mode=1777" },
};

/* Below these the host's tree is covered, so a shared directory must be
 * brought back. */
static const char *const covered[] = { "/tmp/", "/run/", "/dev/shm/" };

static const char *const links[][2] = {
	{ "/proc/self/fd", NEW "/dev/fd" },
	{ "/proc/self/fd/0", NEW "/dev/stdin" },
	{ "/proc/self/fd/1", NEW "/dev/stdout" },
	{ "/proc/self/fd/2", NEW "/dev/stderr" },
};

static void mount_one(const struct mount_row *row)
{
	if (mount(row->source, row->dir, row->type, row->flags, row->data))
		fail(row->dir, "cannot mount");
}

void world_begin(void)
{
	static const struct mount_row dev = {
		"dev", "/dev", "devtmpfs", 0, NULL,
	};

	mkdir("/dev", 0755);
	mkdir(HOST, 0755);
	mkdir(NEW, 0755);
	mount_one(&dev);
}

static bool is_covered(const char *dir)
{
	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++)
		if (strncmp(dir, covered[i], strlen(covered[i])) == 0)
			return true;
	return false;
}

/* Makes every directory on the way to @path and @path itself. */
static void make_path(char *path)
{
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
	mkdir(path, 0755);
}

static void share(const char *dir)
{
	struct mount_row row = { .flags = MS_BIND };
	char from[4200], to[4200];

	if (!is_covered(dir))
		return;
	if (strlen(dir) > 4096)
		fail(dir, "the path is too long to share");
	snprintf(from, sizeof(from), HOST "%s", dir);
	snprintf(to, sizeof(to), NEW "%s", dir);
	make_path(to);
	row.source = from;
	row.dir = to;
	mount_one(&row);
}

/* Puts the writable directory with this number over the one that cannot be
 * written, or where the host's is covered. */
static void open_out(unsigned int number, const char *dir)
{
	struct mount_row row = { .type = "9p", .data = OUT_OPTIONS };
	char tag[16], to[4200];

	if (strlen(dir) > 4096)
		fail(dir, "the path is too long to share");
	snprintf(tag, sizeof(tag), LAB_OUT_TAG, number);
	snprintf(to, sizeof(to), NEW "%s", dir);
	if (is_covered(dir))
		make_path(to);
	row.source = tag;
	row.dir = to;
	mount_one(&row);
}

void world_enter(const struct order *order)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
		mount_one(&mounts[i]);
	for (size_t i = 0; i < sizeof(dev_mounts) / sizeof(dev_mounts[0]);
	     i++) {
		mkdir(dev_mounts[i].dir, 0755);
		mount_one(&dev_mounts[i]);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlink(links[i][0], links[i][1]))
			fail(links[i][1], "cannot make the link");
	for (char **dir = order->shares; *dir; dir++)
		share(*dir);
	for (unsigned int i = 0; order->outs[i]; i++)
		open_out(i, order->outs[i]);
	if (chdir(NEW) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") ||
	    chdir("/"))
		fail(NEW, "cannot make it the root");
	if (chdir(order->cwd))
		fail(order->cwd,
		     "the directory is not visible inside; use --share DIR");
}
