/*
 * The text list that says what is in an initramfs.
 *
 * Each kind of line is a row of the table at the end: its shape for the error
 * message, how many words it takes, and the function that adds it.
 */
#include "list.h"
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#define MODE_MAX      07777
#define ID_MAX	      0xfffffffeU /* the last one means "no change" */
#define MAJOR_MAX     4095	  /* 12 and 20 bits: MKDEV() of Linux */
#define MINOR_MAX     1048575
#define FILE_SIZE_MAX 0xffffffffU /* eight hex digits in the header */
#define LINK_MAX_LEN  4095	  /* longer targets are dropped by Linux */

struct kind {
	const char *word;
	const char *shape;
	size_t min; /* words of the line, the first included */
	size_t max;
	int (*add)(struct tree *tree, const struct origin *at,
		   char *const *word, size_t count);
};

static int number(const struct origin *at, const char *what, const char *text,
		  uint32_t max, uint32_t *out)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || text[digits] || digits > 10 ||
	    strtoull(text, NULL, 10) > max)
		return report_at(at, "%s `%.40s` is not a number from 0 to %u",
				 what, text, max);
	*out = strtoull(text, NULL, 10);
	return 0;
}

static int mode_bits(const struct origin *at, const char *text, mode_t *out)
{
	size_t digits = strspn(text, "01234567");

	if (!digits || text[digits] || digits > 8 ||
	    strtoul(text, NULL, 8) > MODE_MAX)
		return report_at(at,
				 "mode `%.40s` is not octal from 0000 to "
				 "7777 (a program has 0755, a file 0644)",
				 text);
	*out = strtoul(text, NULL, 8);
	return 0;
}

/* A node from MODE UID GID in words[0..2]; prints when it returns NULL. */
static struct node *make_node(const struct origin *at, mode_t type,
			      char *const *words, const char *source, int *err)
{
	struct node *node;
	uint32_t uid = 0, gid = 0;
	mode_t mode = 0;

	*err = mode_bits(at, words[0], &mode);
	if (!*err)
		*err = number(at, "uid", words[1], ID_MAX, &uid);
	if (!*err)
		*err = number(at, "gid", words[2], ID_MAX, &gid);
	if (*err)
		return NULL;
	node = node_new(type | mode, uid, gid, source);
	if (!node)
		*err = report_memory();
	return node;
}

/* Gives the node its name, or frees it. */
static int place(struct tree *tree, const struct origin *at, const char *name,
		 struct node *node)
{
	int err = tree_add(tree, at, name, node);

	node_free(node); /* does nothing once it has a name */
	return err;
}

static int add_plain(struct tree *tree, const struct origin *at, mode_t type,
		     char *const *word)
{
	struct node *node;
	int err;

	node = make_node(at, type, word + 2, NULL, &err);
	return node ? place(tree, at, word[1], node) : err;
}

static int add_dir(struct tree *tree, const struct origin *at,
		   char *const *word, size_t count)
{
	(void)count;
	return add_plain(tree, at, S_IFDIR, word);
}

static int add_pipe(struct tree *tree, const struct origin *at,
		    char *const *word, size_t count)
{
	(void)count;
	return add_plain(tree, at, S_IFIFO, word);
}

static int add_sock(struct tree *tree, const struct origin *at,
		    char *const *word, size_t count)
{
	(void)count;
	return add_plain(tree, at, S_IFSOCK, word);
}

static int add_slink(struct tree *tree, const struct origin *at,
		     char *const *word, size_t count)
{
	struct node *node;
	int err;

	(void)count;
	if (!*word[2] || strlen(word[2]) > LINK_MAX_LEN)
		return report_at(at,
				 "a symlink's target has 1 to %d bytes, "
				 "this one %zu",
				 LINK_MAX_LEN, strlen(word[2]));
	node = make_node(at, S_IFLNK, word + 3, word[2], &err);
	return node ? place(tree, at, word[1], node) : err;
}

static int add_nod(struct tree *tree, const struct origin *at,
		   char *const *word, size_t count)
{
	mode_t type = !strcmp(word[5], "c") ? S_IFCHR : S_IFBLK;
	uint32_t dev_major = 0, dev_minor = 0;
	struct node *node;
	int err;

	(void)count;
	if (type == S_IFBLK && strcmp(word[5], "b"))
		return report_at(at,
				 "device type `%.40s` is neither c "
				 "(character) nor b (block)",
				 word[5]);
	err = number(at, "major number", word[6], MAJOR_MAX, &dev_major);
	if (!err)
		err = number(at, "minor number", word[7], MINOR_MAX,
			     &dev_minor);
	if (err)
		return err;
	node = make_node(at, type, word + 2, NULL, &err);
	if (!node)
		return err;
	node->dev_major = dev_major;
	node->dev_minor = dev_minor;
	return place(tree, at, word[1], node);
}

/* Checks that the source of a file line can be read, and notes its size. */
static int look_at(const struct origin *at, const char *path, uint64_t *size)
{
	struct stat st;
	FILE *file;

	if (!*path || path[strlen(path) - 1] == '/')
		return report_at(at, "the source's name is empty or that of "
				     "a directory");
	if (stat(path, &st) < 0)
		return report_at(at, "source %s: %s; check the path%s", path,
				 strerror(errno),
				 errno == ENOENT ? " or build it first" : "");
	if (!S_ISREG(st.st_mode))
		return report_at(at,
				 "source %s is not a regular file; `dir`, "
				 "`slink` and `nod` lines make the other "
				 "kinds",
				 path);
	if ((uint64_t)st.st_size > FILE_SIZE_MAX)
		return report_at(at,
				 "source %s has %lld bytes; a cpio archive "
				 "holds files below 4 GiB",
				 path, (long long)st.st_size);
	file = fopen(path, "re");
	if (!file)
		return report_at(at, "source %s: %s", path, strerror(errno));
	fclose(file);
	*size = st.st_size;
	return 0;
}

static int add_names(struct tree *tree, const struct origin *at,
		     struct node *node, char *const *word, size_t count)
{
	int err = tree_add(tree, at, word[1], node);

	for (size_t i = 6; !err && i < count; i++)
		err = tree_add(tree, at, word[i], node);
	if (!err)
		err = tree_note_input(tree, node->source);
	node_free(node);
	return err;
}

static int add_file(struct tree *tree, const struct origin *at,
		    char *const *word, size_t count)
{
	struct node *node;
	uint64_t size = 0;
	int err = look_at(at, word[2], &size);

	if (err)
		return err;
	node = make_node(at, S_IFREG, word + 3, word[2], &err);
	if (!node)
		return err;
	node->size = size;
	return add_names(tree, at, node, word, count);
}

static const struct kind kinds[] = {
	{ "dir", "dir NAME MODE UID GID", 5, 5, add_dir },
	{ "file", "file NAME SOURCE MODE UID GID [HARDLINK...]", 6, WORDS_MAX,
	  add_file },
	{ "slink", "slink NAME TARGET MODE UID GID", 6, 6, add_slink },
	{ "nod", "nod NAME MODE UID GID c|b MAJOR MINOR", 8, 8, add_nod },
	{ "pipe", "pipe NAME MODE UID GID", 5, 5, add_pipe },
	{ "sock", "sock NAME MODE UID GID", 5, 5, add_sock },
};

static int add_words(struct tree *tree, const struct origin *at,
		     const struct words *words)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *kind = &kinds[i];

		if (strcmp(words->word[0], kind->word))
			continue;
		if (words->count < kind->min || words->count > kind->max)
			return report_at(at, "%zu words; it takes `%s`",
					 words->count, kind->shape);
		return kind->add(tree, at, words->word, words->count);
	}
	return report_at(at,
			 "`%.40s` is no kind of entry; there are dir, "
			 "file, slink, nod, pipe and sock",
			 words->word[0]);
}

int list_line(struct tree *tree, const struct origin *at, const char *line)
{
	struct words words;
	int err = words_split(at, line, &words);

	if (!err && words.count)
		err = add_words(tree, at, &words);
	words_free(&words);
	return err;
}

/* One line as getline() gave it: bytes that no list has are refused. */
static int raw_line(struct tree *tree, const struct origin *at, char *line,
		    size_t n)
{
	if (n && line[n - 1] == '\n')
		line[--n] = '\0';
	if (memchr(line, '\0', n))
		return report_at(at, "a NUL byte; is this a text file?");
	if (n && line[n - 1] == '\r')
		return report_at(at, "the line ends in a carriage return; "
				     "save the list with Unix line ends");
	if (n > WORDS_LINE_MAX)
		return report_at(at, "the line is longer than %d bytes",
				 WORDS_LINE_MAX);
	return list_line(tree, at, line);
}

int list_read(struct tree *tree, const char *path, unsigned int rank)
{
	struct origin at = { .file = path, .rank = rank };
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int err;

	if (!file)
		return report_bad("%s: %s; name a file list or a folder", path,
				  strerror(errno));
	err = tree_note_input(tree, path);
	while (!err && (n = getline(&line, &room, file)) >= 0) {
		at.line++;
		err = raw_line(tree, &at, line, n);
	}
	if (!err && ferror(file))
		err = report_failed("%s: %s", path, strerror(errno));
	free(line);
	fclose(file);
	return err;
}
