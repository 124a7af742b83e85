/* The file in which the changes to a disk are: see changes.h. */
#define _GNU_SOURCE /* O_TMPFILE, SEEK_DATA */
#include "disk/changes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "disk/file.h"
#include "util/log.h"

#define HEADER_SIZE 4096
#define VERSION	    1
#define MAP_PAGE    4096
#define SIZE_MAX_OF 0x400000000000 /* 64 TiB: its bits are 2 GiB */

struct header {
	char magic[8]; /* as disk/kind.c knows it */
	uint32_t version, cluster;
	uint64_t size;		  /* of the disk, when it was begun */
	int64_t changed_s;	  /* and its last change then */
	uint64_t changed_ns, sum; /* of all before */
};

static const char magic[8] = "kvm-vmm\n";

/* FNV-1a, 64 bits */
static uint64_t sum(const struct header *header)
{
	const uint8_t *bytes = (const uint8_t *)header;
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < offsetof(struct header, sum); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3;
	return hash;
}

static struct header header_for(const struct disk *base)
{
	struct header header = {
		.version = VERSION,
		.cluster = CLUSTER,
		.size = base->size,
		.changed_s = base->changed.tv_sec,
		.changed_ns = base->changed.tv_nsec,
	};

	memcpy(header.magic, magic, sizeof(magic));
	header.sum = sum(&header);
	return header;
}

static int refuse(const struct disk *base, const char *path, const char *why)
{
	log_error("%s: overlay %s: %s", base->option, path, why);
	return -EINVAL;
}

static int begin(struct changes *c, const struct disk *base)
{
	const struct header header = header_for(base);
	uint8_t page[HEADER_SIZE] = { 0 };
	const struct iovec iov = { page, sizeof(page) };
	int err;

	memcpy(page, &header, sizeof(header));
	err = file_write(&c->file, &iov, 1, 0);
	if (!err && ftruncate(c->file.fd, c->data_at + c->size))
		err = -errno;
	return err;
}

/* Where its data are on this file system; whoever knows no holes says that all
 * is data. */
static int load(struct changes *c)
{
	const off_t end = HEADER_SIZE + c->here.size;
	off_t at = HEADER_SIZE;
	int err = 0;

	while (!err) {
		struct iovec iov;
		off_t hole;

		at = lseek(c->file.fd, at, SEEK_DATA);
		if (at < 0 || at >= end)
			return at < 0 && errno != ENXIO ? -errno : 0;
		hole = lseek(c->file.fd, at, SEEK_HOLE);
		if (hole < 0 || hole > end)
			hole = end;
		iov.iov_base = (uint8_t *)c->here.words + (at - HEADER_SIZE);
		iov.iov_len = hole - at;
		err = file_read(&c->file, &iov, 1, at);
		at = hole;
	}
	return err;
}

/* A file that was there before: that it is one of ours, of this disk, and whole. */
static int check(struct changes *c, const struct disk *base, const char *path,
		 off_t size)
{
	const struct header want = header_for(base);
	struct header header;
	const struct iovec iov = { &header, sizeof(header) };

	if (file_read(&c->file, &iov, 1, 0) ||
	    memcmp(header.magic, magic, sizeof(magic)) != 0)
		return refuse(base, path,
			      "it is something else; name a file that "
			      "there is not yet");
	if (header.sum != sum(&header) || header.version != VERSION ||
	    header.cluster != CLUSTER)
		return refuse(base, path, "damaged, or of another kvm-vmm");
	if (memcmp(&header, &want, sizeof(header)) != 0) {
		log_error("%s: overlay %s: %s is not what it was made for, "
			  "or was changed since; what is in it fits no more. "
			  "Begin a new one",
			  base->option, path, base->name);
		return -EINVAL;
	}
	if (size != HEADER_SIZE && size != (off_t)(c->data_at + c->size))
		return refuse(base, path,
			      "damaged: it is too short or too long");
	return 0;
}

static int open_named(struct changes *c, const struct disk *base,
		      const char *path, bool read_only)
{
	struct stat st;
	int err;

	c->is_kept = true;
	c->made = !read_only && access(path, F_OK) ? path : NULL;
	err = file_open(&c->file, path,
			read_only ? O_RDONLY : O_RDWR | O_CREAT);
	if (err)
		return refuse(base, path,
			      err == -EWOULDBLOCK ?
				      "in use by another guest, or the "
				      "disk itself" :
				      strerror(-err));
	if (fstat(c->file.fd, &st) || !S_ISREG(st.st_mode))
		return refuse(base, path, "no regular file");
	c->changed = st.st_mtim;
	if (st.st_size) {
		err = check(c, base, path, st.st_size);
		if (err)
			return err;
	}
	err = 0;
	if (st.st_size > HEADER_SIZE)
		err = load(c);
	else if (!read_only)
		err = begin(c, base);
	return err ? refuse(base, path, strerror(-err)) : 0;
}

static int open_unseen(struct changes *c, const struct disk *base)
{
	static const char name[] = "/kvm-vmm-XXXXXX";
	const char *dir = getenv("TMPDIR");
	char path[PATH_MAX];

	if (!dir || !*dir)
		dir = access("/var/tmp", W_OK) ? "/tmp" : "/var/tmp";
	c->file.fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (c->file.fd < 0 && strlen(dir) + sizeof(name) <= sizeof(path)) {
		snprintf(path, sizeof(path), "%s%s", dir, name);
		c->file.fd = mkostemp(path, O_CLOEXEC);
		if (c->file.fd >= 0)
			unlink(path);
	}
	if (c->file.fd >= 0 && !ftruncate(c->file.fd, c->data_at + c->size))
		return 0;
	log_error("%s: temporary overlay: %s: %s; TMPDIR names another "
		  "folder",
		  base->option, dir, strerror(errno));
	return -EINVAL;
}

static int make_bits(struct changes *c)
{
	int err = bits_make(&c->here, (c->size + CLUSTER - 1) / CLUSTER);

	if (err)
		return err;
	c->data_at = HEADER_SIZE + c->here.size;
	c->dirty = calloc(c->here.size / MAP_PAGE, sizeof(*c->dirty));
	return c->dirty ? 0 : -ENOMEM;
}

int changes_open(struct changes *c, const struct disk *base, const char *path,
		 bool read_only)
{
	int err;

	*c = (struct changes){ .file.fd = -1, .size = base->size };
	if (base->size > SIZE_MAX_OF)
		return refuse(base, base->name, "larger than 64 TiB");
	err = make_bits(c);
	if (err)
		refuse(base, base->name, strerror(-err));
	else if (path)
		err = open_named(c, base, path, read_only);
	else
		err = open_unseen(c, base);
	if (err)
		changes_close(c);
	else
		file_map(&c->file, c->data_at + c->size, !read_only);
	return err ? -EINVAL : 0;
}

void changes_add(struct changes *c, uint64_t first, uint64_t count)
{
	const uint64_t last = (first + count - 1) / 8 / MAP_PAGE;

	bits_set(&c->here, first, count);
	for (uint64_t page = first / 8 / MAP_PAGE; page <= last; page++)
		atomic_store(&c->dirty[page], 1);
}

bool changes_any(const struct changes *c)
{
	for (size_t i = 0; i < c->here.size / MAP_PAGE; i++)
		if (c->dirty[i])
			return true;
	return false;
}

/* A copy of a page of bits. */
struct page {
	uint64_t nr;
	uint64_t words[MAP_PAGE / sizeof(uint64_t)];
};

static void copy_page(const struct changes *c, uint64_t nr, struct page *page)
{
	const size_t count = sizeof(page->words) / sizeof(page->words[0]);

	page->nr = nr;
	for (size_t i = 0; i < count; i++)
		page->words[i] = atomic_load(&c->here.words[nr * count + i]);
}

/* Takes those that are dirty: how many, or -ENOMEM. They are clean from now on,
 * unless they are put back. */
static long take_dirty(struct changes *c, struct page **pages)
{
	const size_t count = c->here.size / MAP_PAGE;
	long nr = 0, at = 0;

	*pages = NULL;
	for (size_t i = 0; i < count; i++)
		nr += atomic_load(&c->dirty[i]);
	if (!nr)
		return 0;
	*pages = malloc(nr * sizeof(**pages));
	if (!*pages)
		return -ENOMEM;
	for (size_t i = 0; i < count && at < nr; i++) {
		if (!atomic_exchange(&c->dirty[i], 0))
			continue;
		copy_page(c, i, &(*pages)[at++]);
	}
	return at;
}

static int write_pages(struct changes *c, struct page *pages, long nr)
{
	int err = 0;

	for (long i = 0; i < nr && !err; i++) {
		const struct iovec iov = { pages[i].words, MAP_PAGE };

		err = file_write(&c->file, &iov, 1,
				 HEADER_SIZE + pages[i].nr * MAP_PAGE);
	}
	return err;
}

/* The clusters first, then the bits that were set before that began. */
int changes_save(struct changes *c)
{
	struct page *pages;
	long nr;
	int err;

	if (!c->is_kept)
		return 0;
	lock_take(&c->saving);
	nr = take_dirty(c, &pages);
	err = nr < 0 ? nr : file_sync(&c->file);
	if (!err && nr) {
		err = write_pages(c, pages, nr);
		if (!err)
			err = file_sync(&c->file);
	}
	for (long i = 0; i < nr && err; i++)
		atomic_store(&c->dirty[pages[i].nr], 1);
	lock_give(&c->saving);
	free(pages);
	return err;
}

void changes_forget(const struct changes *c)
{
	if (c->made)
		unlink(c->made);
}

void changes_close(struct changes *c)
{
	file_close(&c->file);
	bits_free(&c->here);
	free(c->dirty);
}
