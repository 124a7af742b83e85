/*
 * Says whether Linux will unpack an archive completely.
 *
 * Linux (init/initramfs.c) skips what it does not understand, mostly without
 * a word; each check here is one way to lose a file that way. A check is a row
 * of the table: a function that looks at one entry.
 */
#include "verify.h"
#include "verdict.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAJOR_LIMIT 4096      /* 12 bits */
#define MINOR_LIMIT (1 << 20) /* 20 bits */
#define LINK_BYTES  4095

static bool is_device(const struct item *item)
{
	return S_ISCHR(item->e.mode) || S_ISBLK(item->e.mode);
}

static void check_name(struct verdict *v, const struct index *index,
		       const struct item *item)
{
	(void)index;
	if (item->why)
		verdict_fault(v, item, "%s", item->why);
	if (item->twin)
		verdict_fault(v, item,
			      "the name is in the archive already, at "
			      "byte %zu",
			      item->twin->e.offset);
}

static void check_mode(struct verdict *v, const struct index *index,
		       const struct item *item)
{
	mode_t mode = item->e.mode;

	(void)index;
	if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode) &&
	    !is_device(item) && !S_ISFIFO(mode) && !S_ISSOCK(mode))
		verdict_fault(v, item, "mode %o is no kind of file", mode);
	else if (item->e.mode & ~(mode_t)(S_IFMT | 07777))
		verdict_fault(v, item, "mode %o has unknown bits", mode);
}

static void check_body(struct verdict *v, const struct index *index,
		       const struct item *item)
{
	uint32_t size = item->e.size;

	(void)index;
	if (S_ISREG(item->e.mode))
		return;
	if (!S_ISLNK(item->e.mode)) {
		if (size)
			verdict_fault(v, item,
				      "only a file or symlink has "
				      "contents, this has %u bytes",
				      size);
		return;
	}
	if (!size || size > LINK_BYTES)
		verdict_fault(v, item,
			      "a symlink's target has 1 to %d bytes, "
			      "this one %u",
			      LINK_BYTES, size);
	else if (memchr(item->e.head, '\0', item->e.head_bytes))
		verdict_fault(v, item, "a NUL byte in the symlink's target");
}

static void check_device(struct verdict *v, const struct index *index,
			 const struct item *item)
{
	(void)index;
	if (is_device(item) && (item->e.rdev_major >= MAJOR_LIMIT ||
				item->e.rdev_minor >= MINOR_LIMIT))
		verdict_fault(v, item,
			      "device %u,%u is out of range; major "
			      "has 12 bits, minor 20",
			      item->e.rdev_major, item->e.rdev_minor);
}

static void check_padding(struct verdict *v, const struct index *index,
			  const struct item *item)
{
	(void)index;
	if (!item->e.padded)
		verdict_fault(v, item, "padded with other bytes than zeros");
}

static void check_sum(struct verdict *v, const struct index *index,
		      const struct item *item)
{
	(void)index;
	if (item->e.checked && S_ISREG(item->e.mode) &&
	    item->e.sum != item->e.check)
		verdict_fault(v, item,
			      "the sum of its bytes is %u, and should be %u",
			      item->e.sum, item->e.check);
}

/*
 * What the kernel's own archive has, which it unpacks before ours
 * (usr/default_cpio_list).
 */
static bool is_there_before(const char *name)
{
	return !strcmp(name, "dev") || !strcmp(name, "root");
}

static void check_parent(struct verdict *v, const struct index *index,
			 const struct item *item)
{
	char up[NEWC_NAME_MAX];
	const char *slash = strrchr(item->name, '/');
	const struct item *parent;

	if (item->why || !slash)
		return;
	memcpy(up, item->name, slash - item->name);
	up[slash - item->name] = '\0';
	parent = index_resolve(index, up);
	if ((!parent || parent->order > item->order) && is_there_before(up))
		return;
	if (!parent)
		verdict_fault(v, item,
			      "its directory is not in the archive; "
			      "Linux drops it");
	else if (!S_ISDIR(parent->e.mode))
		verdict_fault(v, item, "what holds it is no directory");
	else if (parent->order > item->order)
		verdict_fault(v, item,
			      "it comes before its directory; Linux "
			      "drops it");
}

static void check_links(struct verdict *v, const struct index *index,
			const struct item *item)
{
	const struct item *first = item->first;

	(void)index;
	if (item == first)
		return;
	if ((item->e.mode ^ first->e.mode) & S_IFMT || S_ISDIR(item->e.mode) ||
	    item->e.links < 2 || first->e.links < 2)
		verdict_fault(v, item,
			      "has the inode number %u of /%s but is "
			      "no hard link of it",
			      item->e.ino, first->name);
	else if (first->names > item->e.links)
		verdict_fault(v, item,
			      "one of %u hard links of /%s, which says "
			      "it has %u",
			      first->names, first->name, item->e.links);
	else if (item->e.size && item != first->data)
		verdict_fault(v, item,
			      "overwrites the contents of its hard "
			      "link /%s",
			      first->data->name);
}

static void (*const checks[])(struct verdict *v, const struct index *index,
			      const struct item *item) = {
	check_name,    check_mode, check_body,	 check_device,
	check_padding, check_sum,  check_parent, check_links,
};

static void check_item(struct verdict *v, const struct index *index,
		       const struct item *item)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i](v, index, item);
}

static void check_parts(struct verdict *v, const struct index *index)
{
	for (unsigned int i = 0; i < index->nr_parts; i++)
		if (index->parts[i].fault)
			verdict_fault(v, NULL, "at byte %zu: %s",
				      index->parts[i].offset,
				      index->parts[i].fault);
}

static void say_good(FILE *out, const struct verdict *v, size_t len)
{
	const struct index *index = v->index;

	fprintf(out, "%s: %zu bytes", v->path, len);
	if (index->nr_parts > 1)
		fprintf(out, " in %u parts", index->nr_parts);
	fprintf(out, ", %llu unpacked: good\n",
		(unsigned long long)index->unpacked);
}

int verify_archive(FILE *out, const char *path, const void *data, size_t len,
		   uint64_t limit)
{
	struct index index;
	struct verdict v = { .path = path, .index = &index };
	int err = index_read(&index, data, len, limit);

	if (err == -ENOMEM) {
		index_free(&index);
		return report_memory();
	}
	check_parts(&v, &index);
	for (size_t i = 0; i < index.count; i++)
		check_item(&v, &index, index.items[i]);
	if (err && ++v.faults <= VERDICT_SHOWN)
		index_report(&index, path);
	if (!err)
		verify_init(&v, &index);
	if (v.faults > VERDICT_SHOWN)
		fprintf(stderr, "initcpio: %s: and %u faults more\n", path,
			v.faults - VERDICT_SHOWN);
	if (!v.faults)
		say_good(out, &v, len);
	index_free(&index);
	return v.faults ? -EINVAL : 0;
}
