/*
 * Commands: things kvm-vmm does instead of running a guest, such as --doctor.
 * A leaf adds a row; main.c runs the first whose option is given.
 */
#ifndef MKVM_COMMAND_H
#define MKVM_COMMAND_H

#include <stdbool.h>

#include "table.h"

struct command {
	const char *word;   /* instead of an option: the first word, "ctl" */
	const char *option; /* "--doctor" */
	const char *arg;    /* name of its argument, or NULL */
	bool needs_arg;	    /* it is not optional */
	const char *what;   /* one line for --help */
	/* @arg is what followed "=", or NULL. Returns the exit status. */
	int (*run)(const char *arg);
	/* Likewise, of a word: @words are those behind it, NULL at their end. */
	int (*run_words)(const char *const *words);
};

#define COMMAND(row) TABLE_ROW(command, command, row)

#endif
