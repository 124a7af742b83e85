/*
 * The judge: what the verdict says, and from where. options.c has what the command
 * line asks for, and is the probe; printed.c looks at what the guest prints; verdict.c
 * writes what came of it. vmm/judge.c makes the processes.
 *
 *   kvm-vmm --judge        waits; a line of the verdict for each image
 *     a judge              reads what its guest prints, knows what is expected
 *       a machine          executes the guest; has neither
 */
#ifndef MKVM_JUDGE_INNER_H
#define MKVM_JUDGE_INNER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/sha256.h"

#define JUDGE_SHOWN 4096 /* bytes of output that the verdict has */

/* What the command line asks for. */
struct judge_options {
	bool on;
	const char *verdict;  /* --judge=FILE; NULL: stdout */
	const char *input;    /* --input; NULL: nothing */
	const char *expected; /* --expect-output; NULL: anything */
};

extern struct judge_options judge_options; /* constant once it is parsed */

/* What a machine tells its judge, in memory that both have; it may have been taken
 * over by its guest: these are told on, and decide nothing. */
struct judge_told {
	atomic_bool ended; /* the rest is there */
	atomic_ullong exits, memory;
};

extern struct judge_told *judge_told;

/* The limits of a run, and what it has used. */
struct judge_amounts {
	uint64_t wall_ms, exits, memory, output; /* memory 0: not known */
};

/* What the guest has printed so far, against what it is to print. */
struct judge_output {
	struct sha256 sha;
	uint64_t len;
	uint8_t first[JUDGE_SHOWN];
	const uint8_t *want; /* NULL: anything */
	size_t want_len;
	uint64_t line, column; /* from 1, of the next byte */
	bool differs;	       /* at that place, and there was */
	int wanted, had;       /* these: a byte each, or -1: the end */
};

/* 0, or -errno after one message. @want_fd is the file of --expect-output, or -1. */
int printed_begin(struct judge_output *output, int want_fd);
void printed_take(struct judge_output *output, const void *buf, size_t len);

/* No more comes. */
void printed_end(struct judge_output *output);

struct judge_verdict {
	const char *image;
	int status; /* exit status of the machine */
	struct judge_amounts limits, used;
	bool told; /* used.exits and used.memory are */
	struct judge_output *output;
};

/* The exit status that tells of it: the machine's, or STATUS_BUDGET for an output
 * that differs. */
int verdict_status(const struct judge_verdict *verdict);

/* Writes it as one line. */
void verdict_write(const struct judge_verdict *verdict, FILE *to);

#endif
