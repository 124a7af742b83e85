/*
 * Prints what is in an archive; see show.h.
 *
 * Names come from the archive: control characters are shown as \ooo and
 * never reach the terminal.
 */
#include "show.h"
#include "index.h"
#include "report.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static char type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return '-';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	}
	return '?';
}

/* The last letter of three: x, or s and t with the special bit. */
static char execute_letter(mode_t mode, mode_t execute, mode_t special,
			   char letter)
{
	if (mode & special)
		return mode & execute ? letter : letter - 'a' + 'A';
	return mode & execute ? 'x' : '-';
}

static void format_mode(mode_t mode, char out[11])
{
	static const char letters[] = "?rwxrwxrwx";

	out[0] = type_letter(mode);
	for (int i = 1; i < 10; i++)
		out[i] = mode & (1 << (9 - i)) ? letters[i] : '-';
	out[3] = execute_letter(mode, S_IXUSR, S_ISUID, 's');
	out[6] = execute_letter(mode, S_IXGRP, S_ISGID, 's');
	out[9] = execute_letter(mode, S_IXOTH, S_ISVTX, 't');
	out[10] = '\0';
}

static void format_size(const struct item *item, char *out, size_t room)
{
	const struct newc_entry *e = &item->e;

	if (S_ISCHR(e->mode) || S_ISBLK(e->mode))
		snprintf(out, room, "%u, %3u", e->rdev_major, e->rdev_minor);
	else if (S_ISREG(e->mode) && e->links > 1 && item->first->data)
		snprintf(out, room, "%u", item->first->data->e.size);
	else
		snprintf(out, room, "%u", e->size);
}

static void show_item(FILE *out, const struct item *item)
{
	const struct newc_entry *e = &item->e;
	char mode[11], size[32];

	format_mode(e->mode, mode);
	format_size(item, size, sizeof(size));
	fprintf(out, "%s %2u %5u %5u %9s ", mode, e->links, e->uid, e->gid,
		size);
	index_print_name(out, item);
	if (S_ISLNK(e->mode)) {
		fputs(" -> ", out);
		index_print_bytes(out, (const char *)e->head, e->head_bytes);
	}
	if (item->first != item && e->links > 1) {
		fputs(" link to ", out);
		index_print_name(out, item->first);
	}
	fputc('\n', out);
}

static void show_part(FILE *out, const struct index *index, unsigned int part)
{
	const struct part *p = &index->parts[part];

	fprintf(out, "part %u at byte %zu: %s\n", part + 1, p->offset,
		p->method ? p->method : "not packed");
}

static void show_all(FILE *out, const struct index *index)
{
	unsigned int part = 0;

	for (size_t i = 0; i < index->count; i++) {
		while (index->nr_parts > 1 && part <= index->items[i]->part)
			show_part(out, index, part++);
		show_item(out, index->items[i]);
	}
	while (index->nr_parts > 1 && part < index->nr_parts)
		show_part(out, index, part++);
}

int show_archive(FILE *out, const char *path, const void *data, size_t len,
		 uint64_t limit)
{
	struct index index;
	int err = index_read(&index, data, len, limit);

	show_all(out, &index);
	fflush(out); /* what is wrong comes after what is there */
	if (err == -ENOMEM)
		report_memory();
	else if (err)
		index_report(&index, path);
	index_free(&index);
	return err;
}
