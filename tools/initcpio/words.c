/*
 * Splits one line of a file list into words; see words.h.
 */
#include "words.h"
#include "buf.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS	     " \t"
#define NAME_MAX_LEN 63 /* of an environment variable */

struct splitter {
	const struct origin *at;
	const char *p; /* next character of the line */
	struct buf text;
};

static int add(struct splitter *s, const char *bytes, size_t n)
{
	int err = buf_add(&s->text, bytes, n);

	if (err == -EFBIG)
		return report_at(s->at, "the line is longer than %d bytes",
				 WORDS_LINE_MAX);
	return err ? report_memory() : 0;
}

/* At "${": adds the value of the variable. */
static int expand(struct splitter *s)
{
	char name[NAME_MAX_LEN + 1];
	const char *start = s->p + 2, *value;
	size_t n = 0;

	while (isalnum((unsigned char)start[n]) || start[n] == '_')
		n++;
	if (start[n] != '}')
		return report_at(s->at, "`${` without a name and `}`; write "
					"`\\${` for the characters themselves");
	if (!n || n > NAME_MAX_LEN || isdigit((unsigned char)*start))
		return report_at(s->at, "${%.*s} is no name of a variable",
				 n > 80 ? 80 : (int)n, start);
	memcpy(name, start, n);
	name[n] = '\0';
	value = getenv(name);
	if (!value)
		return report_at(s->at,
				 "${%s} is not set in the environment; "
				 "run `%s=... initcpio ...`",
				 name, name);
	s->p = start + n + 1;
	return add(s, value, strlen(value));
}

/* At a backslash: adds the character after it. */
static int escape(struct splitter *s)
{
	if (!s->p[1])
		return report_at(s->at, "the line ends in a backslash; every "
					"entry is one line");
	if (isalnum((unsigned char)s->p[1]))
		return report_at(s->at,
				 "`\\%c` means nothing; a backslash "
				 "goes before blanks, \", #, $ and \\",
				 s->p[1]);
	s->p += 2;
	return add(s, s->p - 1, 1);
}

/* Adds one word, quotes removed. */
static int take_word(struct splitter *s)
{
	bool quoted = false;
	int err = 0;

	while (!err && *s->p && (quoted || !strchr(BLANKS, *s->p))) {
		if (*s->p == '"') {
			quoted = !quoted;
			s->p++;
		} else if (*s->p == '\\') {
			err = escape(s);
		} else if (s->p[0] == '$' && s->p[1] == '{') {
			err = expand(s);
		} else {
			err = add(s, s->p++, 1);
		}
	}
	if (!err && quoted)
		return report_at(s->at, "the \" that opens a quote has no \" "
					"that closes it");
	return err ? err : add(s, "", 1);
}

static int take_words(struct splitter *s, size_t *count)
{
	int err;

	for (;;) {
		s->p += strspn(s->p, BLANKS);
		if (!*s->p || *s->p == '#')
			return 0;
		if (*s->p == '\'')
			return report_at(s->at, "quote with \", not with '");
		if (*count == WORDS_MAX)
			return report_at(s->at, "more than %d words",
					 WORDS_MAX);
		err = take_word(s);
		if (err)
			return err;
		++*count;
	}
}

int words_split(const struct origin *at, const char *line, struct words *out)
{
	struct splitter s = { .at = at, .p = line };
	char *p;
	int err;

	memset(out, 0, sizeof(*out));
	s.text.limit = WORDS_LINE_MAX;
	err = take_words(&s, &out->count);
	if (err) {
		buf_free(&s.text);
		return err;
	}
	out->text = p = (char *)s.text.data;
	for (size_t i = 0; i < out->count; i++) {
		out->word[i] = p;
		p += strlen(p) + 1;
	}
	return 0;
}

void words_free(struct words *words)
{
	free(words->text);
	memset(words, 0, sizeof(*words));
}
