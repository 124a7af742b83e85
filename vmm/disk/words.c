/* What an option that makes a disk says: a name, and words behind it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "util/log.h"

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

static int refuse(const char *option, const char *word, const char *why)
{
	log_error("%s: %s: %s", option, word, why);
	return -EINVAL;
}

static int take_serial(struct disk_words *words, const char *option,
		       const char *serial)
{
	if (words->has_no_serial)
		return refuse(option, serial,
			      "no floppy has a serial number; --ide and --disk "
			      "give one to a disk");
	if (strlen(serial) > sizeof(words->serial))
		return refuse(option, serial, "20 characters are the most");
	memcpy(words->serial, serial, strlen(serial));
	return 0;
}

static int take_word(struct disk_words *words, const char *option,
		     const char *word)
{
	struct disk_ask *ask = &words->ask;
	const char *value;

	if (!strcmp(word, "ro")) {
		ask->read_only = true;
		return 0;
	}
	if (!strcmp(word, "rw")) {
		ask->for_good = true;
		return 0;
	}
	value = value_of(word, "serial=");
	if (value)
		return take_serial(words, option, value);
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
	return refuse(option, word,
		      "no such word; FILE[,ro][,rw][,serial=TEXT]"
		      "[,format=NAME][,overlay=FILE], and ,, is a comma "
		      "in a name");
}

int disk_words(struct disk_words *words, const char *option, const char *arg)
{
	struct disk_ask *ask = &words->ask;
	char *word, *next;
	int err = 0;

	ask->option = option;
	words->text = strdup(arg);
	if (!words->text)
		return refuse(option, arg, strerror(ENOMEM));
	for (word = words->text; word && !err; word = next) {
		next = cut(word);
		if (!ask->name)
			ask->name = word;
		else
			err = take_word(words, option, word);
	}
	if (!err && !*ask->name)
		err = refuse(option, "''", "no name of a file");
	if (!err && ask->for_good && (ask->read_only || ask->overlay))
		err = refuse(option, ask->name,
			     "rw means that the file itself is written to");
	if (err) {
		free(words->text);
		words->text = NULL;
	}
	return err;
}
