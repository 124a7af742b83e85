/* --disk: a file, a block device or a server becomes a disk of the guest's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "plug.h"
#include "util/log.h"
#include "virtio/blk.h"

/* Cuts @text at its first comma; two of them are one that belongs to it. What
 * follows, or NULL. */
static char *cut(char *text)
{
	char *to = text;

	for (; *text && (*text != ',' || text[1] == ','); text++) {
		if (*text == ',')
			text++;
		*to++ = *text;
	}
	text = *text ? text + 1 : NULL;
	*to = '\0';
	return text;
}

/* The value of the word @name, "serial=", in @word; NULL: it is another. */
static const char *value_of(const char *word, const char *name)
{
	size_t len = strlen(name);

	return strncmp(word, name, len) != 0 ? NULL : word + len;
}

static int refuse(const char *word, const char *why)
{
	log_error("--disk: %s: %s", word, why);
	return -EINVAL;
}

static int take_word(const char *word, struct disk_ask *ask,
		     struct blk_given *given)
{
	const char *value;

	if (!strcmp(word, "ro")) {
		ask->read_only = true;
		return 0;
	}
	value = value_of(word, "serial=");
	if (value) {
		if (strlen(value) > sizeof(given->serial))
			return refuse(word, "20 characters are the most");
		memcpy(given->serial, value, strlen(value));
		return 0;
	}
	value = value_of(word, "format=");
	if (value && *value) {
		ask->format = value;
		return 0;
	}
	value = value_of(word, "overlay=");
	if (value && *value) {
		ask->overlay = value;
		return 0;
	}
	return refuse(word, "no such word; FILE[,ro][,serial=TEXT]"
			    "[,format=NAME][,overlay=FILE], and ,, is a comma "
			    "in a name");
}

static int blk_plug(struct plan *plan, const char *arg)
{
	struct blk_given given = { 0 };
	struct disk_ask ask = { .copy = plan_copy(plan) };
	char *text = strdup(arg); /* the disk's, as long as it lives */
	char *word, *next;
	int err = text ? 0 : refuse(arg, strerror(ENOMEM));

	for (word = text; word && !err; word = next) {
		next = cut(word);
		if (!ask.name)
			ask.name = word;
		else
			err = take_word(word, &ask, &given);
	}
	if (!err && !*ask.name)
		err = refuse("''", "no name of a file");
	if (!err)
		err = disk_open(&given.disk, &ask);
	given.text = text;
	if (!err)
		err = virtio_add(plan, &blk_type, &given, sizeof(given));
	if (err) {
		disk_close(given.disk);
		free(text);
	}
	return err;
}

static const struct plug plug = {
	.option = "--disk",
	.arg = "FILE[,WORD]...",
	.what = "a disk; ro, serial=TEXT, format=NAME, overlay=FILE",
	.is_of_host = true,
	.plug = blk_plug,
};

PLUG(plug);
