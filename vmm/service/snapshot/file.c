/*
 * Opening a snapshot. It may be anybody's, and anything: what it says of itself is
 * believed once it has been checked against the file.
 */
#include "service/snapshot/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/checksum.h"
#include "util/log.h"

#define DEL	0x7f
#define DAMAGED "it is damaged; restore another one"

static int refuse(const struct snapshot *file, const char *why)
{
	log_error("%s: %s", file->path, why);
	return -EINVAL;
}

static int failed(const struct snapshot *file)
{
	int err = errno;

	log_error("%s: %s%s", file->path, strerror(err), log_advice(err));
	return -err;
}

/* All @len bytes from @at on; they are in the file, or were. */
static int read_all(const struct snapshot *file, void *to, size_t len, off_t at)
{
	while (len) {
		ssize_t done = pread(file->fd, to, len, at);

		if (done < 0)
			return failed(file);
		if (!done)
			return refuse(file, "has become shorter while it was "
					    "read");
		to = (char *)to + done;
		at += done;
		len -= done;
	}
	return 0;
}

static int check_kind(const struct snapshot *file)
{
	const struct snapshot_head *head = &file->head;

	if (memcmp(head->magic, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_LEN) != 0)
		return refuse(file, "is no snapshot; --save-on-exit FILE makes "
				    "one");
	if (head->build[sizeof(head->build) - 1] ||
	    !snapshot_is_printable(head->build))
		return refuse(file, DAMAGED);
	if (head->format == SNAPSHOT_FORMAT)
		return 0;
	log_error("%s: is of format %u, and this kvm-vmm knows %u; restore it "
		  "with kvm-vmm %s, which saved it",
		  file->path, head->format, SNAPSHOT_FORMAT, head->build);
	return -EINVAL;
}

/* Whether all that the head speaks of is in a file of @size bytes. */
static int check_sizes(const struct snapshot *file, uint64_t size)
{
	const struct snapshot_head *head = &file->head;

	if (head->head_len < sizeof(*head) ||
	    head->head_len > SNAPSHOT_HEAD_MAX ||
	    head->nr_words > SNAPSHOT_WORDS_MAX ||
	    head->nr_runs > SNAPSHOT_RUNS_MAX || head->nr_parts > PARTS_MAX ||
	    head->head_len > head->ram_at || head->ram_at % SNAPSHOT_PAGE ||
	    head->ram_size % SNAPSHOT_PAGE || head->texts_len % 8 ||
	    head->head_len - sizeof(*head) !=
		    head->texts_len +
			    head->nr_parts * sizeof(struct snapshot_part) +
			    head->nr_runs * sizeof(struct snapshot_run))
		return refuse(file, DAMAGED);
	if (head->ram_at <= size && head->ram_size <= size - head->ram_at)
		return 0;
	return refuse(file, "is shorter than it was; restore a whole copy");
}

static int check_sum(struct snapshot *file)
{
	struct snapshot_head *head = (void *)file->bytes;
	uint64_t sum;

	head->head_sum = 0;
	sum = checksum(0, file->bytes, head->head_len);
	return sum == file->head.head_sum ? 0 : refuse(file, DAMAGED);
}

bool snapshot_is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == DEL)
			return false;
	return true;
}

/* The next text; NULL: there is none that can be shown. */
static const char *next_text(const char **at, const char *end)
{
	const char *text = *at;
	const char *nul = memchr(text, '\0', end - text);

	if (!nul || !snapshot_is_printable(text))
		return NULL;
	*at = nul + 1;
	return text;
}

static int find_texts(struct snapshot *file)
{
	const char *at = file->bytes + sizeof(file->head);
	const char *end = at + file->head.texts_len;
	const char **const texts[] = { &file->image, &file->loader,
				       &file->folder, &file->cpu, &file->base };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i] = next_text(&at, end);
		if (!*texts[i])
			return refuse(file, DAMAGED);
	}
	file->words = calloc(file->head.nr_words + 1, sizeof(*file->words));
	if (!file->words)
		return failed(file);
	for (uint32_t i = 0; i < file->head.nr_words; i++) {
		file->words[i] = next_text(&at, end);
		if (!file->words[i])
			return refuse(file, DAMAGED);
	}
	return 0;
}

static int check_table(struct snapshot *file)
{
	uint64_t sum = 0;

	file->table = (const void *)(file->bytes + sizeof(file->head) +
				     file->head.texts_len);
	for (uint32_t i = 0; i < file->head.nr_parts; i++) {
		const struct snapshot_part *part = &file->table[i];

		if (part->name[PART_NAME_MAX] ||
		    !snapshot_is_printable(part->name) ||
		    part->at < file->head.head_len ||
		    part->at > file->head.ram_at ||
		    part->len > file->head.ram_at - part->at ||
		    (sum += part->len) > SNAPSHOT_PARTS_MAX)
			return refuse(file, DAMAGED);
	}
	return 0;
}

/* They are in RAM, in its order, and none overlaps another. */
static int check_runs(struct snapshot *file)
{
	const uint64_t size = file->head.ram_size;
	uint64_t end = 0;

	file->runs = (const void *)(file->table + file->head.nr_parts);
	for (uint32_t i = 0; i < file->head.nr_runs; i++) {
		const struct snapshot_run *run = &file->runs[i];

		if (run->off < end || run->off >= size || !run->len ||
		    run->len > size - run->off || run->off % SNAPSHOT_PAGE ||
		    run->len % SNAPSHOT_PAGE)
			return refuse(file, DAMAGED);
		end = run->off + run->len;
	}
	return 0;
}

static int read_head(struct snapshot *file, uint64_t size)
{
	int err;

	if (size < sizeof(file->head))
		return refuse(file, size ? "is no snapshot, or not all of one" :
					   "the file is empty");
	err = read_all(file, &file->head, sizeof(file->head), 0);
	if (!err)
		err = check_kind(file);
	if (!err)
		err = check_sizes(file, size);
	if (err)
		return err;
	file->bytes = malloc(file->head.head_len);
	if (!file->bytes)
		return failed(file);
	err = read_all(file, file->bytes, file->head.head_len, 0);
	if (!err)
		err = check_sum(file);
	if (!err)
		err = find_texts(file);
	if (!err)
		err = check_table(file);
	return err ? err : check_runs(file);
}

int snapshot_open(struct snapshot *file, const char *path)
{
	struct stat st;
	int err;

	*file = (struct snapshot){ .path = path };
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0)
		return failed(file);
	if (fstat(file->fd, &st))
		err = failed(file);
	else if (!S_ISREG(st.st_mode))
		err = refuse(file, "not a regular file");
	else
		err = read_head(file, st.st_size);
	if (err)
		snapshot_close(file);
	return err;
}

void snapshot_close(struct snapshot *file)
{
	free(file->bytes);
	free(file->words);
	free(file->own_path);
	close(file->fd);
	file->own_path = NULL;
	file->bytes = NULL;
	file->words = NULL;
}

static int read_part(const struct snapshot *file,
		     const struct snapshot_part *part, struct parts *parts)
{
	struct stash *stash =
		parts_add(parts, part->name, part->nr, part->version);
	int err;

	if (!parts_are_whole(parts))
		return -ENOMEM;
	if (part->len)
		stash->data = malloc(part->len);
	if (part->len && !stash->data)
		return failed(file);
	stash->room = stash->len = part->len;
	err = read_all(file, stash->data, part->len, part->at);
	if (!err && checksum(0, stash->data, part->len) != part->sum)
		err = refuse(file, DAMAGED);
	return err;
}

int snapshot_read_parts(const struct snapshot *file, struct parts *parts)
{
	int err = 0;

	for (uint32_t i = 0; i < file->head.nr_parts && !err; i++)
		err = read_part(file, &file->table[i], parts);
	return err;
}

bool snapshot_is_foreign(const struct snapshot *file)
{
	struct stat st;

	if (fstat(file->fd, &st))
		return true;
	if (!st.st_nlink) /* a memfd: whoever was handed it */
		return false;
	return (st.st_uid != geteuid() && st.st_uid) ||
	       st.st_mode & (S_IWGRP | S_IWOTH);
}

static bool is_base_name(const char *name)
{
	return *name && strlen(name) <= NAME_MAX && !strchr(name, '/') &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bool snapshot_base_name(int fd, char *name)
{
	struct snapshot file = { .path = "", .fd = dup(fd) };
	struct stat st;
	bool good = file.fd >= 0 && !fstat(fd, &st) &&
		    !read_head(&file, (uint64_t)st.st_size) &&
		    is_base_name(file.base);

	if (good)
		memcpy(name, file.base, strlen(file.base) + 1);
	if (file.fd >= 0)
		snapshot_close(&file);
	return good;
}

/* Beside @file; for the caller to free. NULL: no memory. */
static char *base_path(const struct snapshot *file)
{
	const char *slash = strrchr(file->path, '/');
	const size_t len = slash ? (size_t)(slash - file->path) + 1 : 0;
	char *path = malloc(len + strlen(file->base) + 1);

	if (path) {
		memcpy(path, file->path, len);
		memcpy(path + len, file->base, strlen(file->base) + 1);
	}
	return path;
}

int snapshot_open_base(struct snapshot *base, const struct snapshot *file)
{
	char *path;
	int err;

	if (!is_base_name(file->base))
		return refuse(file, DAMAGED);
	path = base_path(file);
	if (!path)
		return failed(file);
	err = snapshot_open(base, path);
	if (err) {
		free(path);
		return err;
	}
	base->own_path = path;
	if (base->head.head_sum == file->head.base_sum &&
	    base->head.ram_size == file->head.ram_size)
		return 0;
	log_error("%s: goes on from %s, which is another snapshot by now; "
		  "restore a whole one",
		  file->path, path);
	snapshot_close(base);
	return -EINVAL;
}
