/*
 * The words of a command line before anybody acts on them: options that are
 * none, or could be several, by their own names and with what was meant.
 */
#ifndef MKVM_CLI_WORD_H
#define MKVM_CLI_WORD_H

#include <getopt.h>

/*
 * Checks that each word of @argv that looks like an option is one of @longs,
 * whole or by a beginning that no other has. 0, or -EINVAL after one message
 * about the first that is not.
 */
int cli_check_words(const struct option *longs, int argc, char **argv);

#endif
