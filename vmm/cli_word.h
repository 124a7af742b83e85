/*
 * The words of a command line before anybody acts on them: options that are
 * none, or could be several, by their own names and with what was meant.
 */
#ifndef MKVM_CLI_WORD_H
#define MKVM_CLI_WORD_H

#include <getopt.h>
#include <stdbool.h>

/*
 * Checks that each word of @argv that looks like an option is one of @longs,
 * whole or by a beginning that no other has. 0, or -EINVAL after one message
 * about the first that is not.
 */
int cli_check_words(const struct option *longs, int argc, char **argv);

/* Whether there is a word that begins like an option. */
bool cli_has_options(char **words);

/* A walk over words that have been checked; it begins behind argv[0]. */
struct cli_walk {
	const struct option *longs;
	char **at;
	bool only_images; /* behind "--" */
};

/* What cli_next() returns for what is no option of @longs. */
enum {
	CLI_END,
	CLI_IMAGE,    /* @arg is its path, */
	CLI_NO_VALUE, /* here the option's word */
};

/* The val of the next word's option, which is above those; @arg is its value,
 * or NULL when it has none. */
int cli_next(struct cli_walk *walk, const char **arg);

/* Whether @longs has the options of @words, a list that ends with NULL, from the
 * file @subject. 0, or -EINVAL after one message. */
int cli_check_said(const struct option *longs, const char *subject,
		   const char *const *words);

#endif
