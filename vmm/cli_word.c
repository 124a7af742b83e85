/*
 * The words of a command line: see cli_word.h. getopt_long() says only that
 * there was such a word, and takes `-smp` for three options of a letter; and it
 * would be 3 KB more.
 */
#include "cli_word.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util/log.h"
#include "util/text.h"

#define NAME_MAX_LEN 32	 /* of an option; a longer word is like none */
#define LIST_MAX     200 /* characters of "--a, --b, ..." */
#define TYPOS_MAX    2	 /* letters wrong in a word that is still known */

/* A word's option name: without dashes and without "=value". */
struct name {
	const char *text;
	size_t len;
};

static struct name name_of(const char *word)
{
	const char *text = word + strspn(word, "-");

	return (struct name){ text, strcspn(text, "=") };
}

static bool begins(const struct option *option, struct name name)
{
	return !strncmp(option->name, name.text, name.len);
}

/* The one that @name means, or NULL; in *@count how many it could mean. */
static const struct option *find(const struct option *longs, struct name name,
				 unsigned int *count)
{
	const struct option *found = NULL;

	*count = 0;
	for (; longs->name; longs++) {
		if (!begins(longs, name))
			continue;
		found = longs;
		if (!longs->name[name.len]) {
			*count = 1;
			break;
		}
		++*count;
	}
	return *count == 1 ? found : NULL;
}

static unsigned int min_of(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Letters to change, add or leave out: the edit distance after Levenshtein. */
static unsigned int distance(const char *a, struct name b)
{
	unsigned int row[NAME_MAX_LEN + 1];

	if (b.len > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (unsigned int i = 0; i <= b.len; i++)
		row[i] = i;
	for (unsigned int j = 1; *a; a++, j++) {
		unsigned int corner = row[0];

		row[0] = j;
		for (unsigned int i = 1; i <= b.len; i++) {
			unsigned int same = corner + (*a != b.text[i - 1]);

			corner = row[i];
			row[i] = min_of(same, 1 + min_of(row[i], row[i - 1]));
		}
	}
	return row[b.len];
}

/* The option that @name looks most like, or NULL. */
static const struct option *find_like(const struct option *longs,
				      struct name name)
{
	unsigned int best = min_of(TYPOS_MAX, name.len / 2) + 1;
	const struct option *found = NULL;

	for (; longs->name; longs++) {
		unsigned int typos = distance(longs->name, name);

		if (typos < best) {
			best = typos;
			found = longs;
		}
	}
	return found;
}

/* "`--smp 2`": @meant with the value that @word or the one behind it has. */
static void say_meant(const char *word, const char *next,
		      const struct option *meant)
{
	const char *value = strchr(word, '=');

	if (!value && meant->has_arg == required_argument && next)
		log_error("%s: no such option; did you mean `--%s %s`?", word,
			  meant->name, next);
	else
		log_error("%s: no such option; did you mean `--%s%s`?", word,
			  meant->name, value ? value : "");
}

static void say_several(const struct option *longs, const char *word)
{
	char buf[LIST_MAX];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	for (; longs->name; longs++)
		if (begins(longs, name_of(word)))
			text_add(&text, "%s--%s", text.len ? ", " : "",
				 longs->name);
	log_error("%s: could be %s; write more of it", word, buf);
}

/* Says what is wrong with @word, which is none of @longs. */
static int refuse(const struct option *longs, const char *word,
		  const char *next)
{
	struct name name = name_of(word);
	const struct option *meant;
	unsigned int count;

	meant = find(longs, name, &count);
	if (!meant)
		meant = find_like(longs, name);
	if (count > 1 && name.len)
		say_several(longs, word);
	else if (meant)
		say_meant(word, next, meant);
	else
		log_error("%s: no such option; try `kvm-vmm --help`", word);
	return -EINVAL;
}

int cli_check_words(const struct option *longs, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		const struct option *option = NULL;
		const char *word = argv[i];
		unsigned int count;

		if (word[0] != '-' || !word[1])
			continue; /* an image */
		if (word[1] == '-')
			option = find(longs, name_of(word), &count);
		if (!option)
			return refuse(longs, word,
				      i + 1 < argc ? argv[i + 1] : NULL);
		if (!option->has_arg && strchr(word, '=')) {
			log_error("%s: --%s takes no value", word,
				  option->name);
			return -EINVAL;
		}
		if (option->has_arg == required_argument && !strchr(word, '='))
			i++; /* its value, whatever that looks like */
	}
	return 0;
}

int cli_check_said(const struct option *longs, const char *subject,
		   const char *const *words)
{
	for (; *words; words++) {
		const struct option *option = NULL;
		struct name name = name_of(*words);
		unsigned int count;
		bool has_value = strchr(*words, '=');

		if ((*words)[0] == '-' && (*words)[1] == '-')
			option = find(longs, name, &count);
		if (option && !option->name[name.len] &&
		    (option->has_arg == optional_argument ||
		     has_value == (option->has_arg == required_argument)))
			continue;
		log_error("%s: its machine takes `%s`, and this kvm-vmm has no "
			  "such option; restore it with the one that saved it",
			  subject, *words);
		return -EINVAL;
	}
	return 0;
}

bool cli_has_options(char **words)
{
	while (*words && **words != '-')
		words++;
	return *words != NULL;
}

int cli_next(struct cli_walk *walk, const char **arg)
{
	const struct option *option;
	unsigned int count;
	char *word;

	if (*walk->at && !walk->only_images && !strcmp(*walk->at, "--")) {
		walk->only_images = true;
		walk->at++;
	}
	word = *walk->at;
	*arg = word;
	if (!word)
		return CLI_END;
	walk->at++;
	if (walk->only_images || word[0] != '-' || !word[1])
		return CLI_IMAGE;
	option = find(walk->longs, name_of(word), &count);
	*arg = strchr(word, '=');
	if (*arg)
		++*arg;
	else if (option->has_arg == required_argument)
		*arg = *walk->at ? *walk->at++ : NULL;
	if (*arg || option->has_arg != required_argument)
		return option->val;
	*arg = word;
	return CLI_NO_VALUE;
}
