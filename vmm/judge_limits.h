/* What a run that is judged may have, and what it gets. */
#ifndef MKVM_JUDGE_LIMITS_H
#define MKVM_JUDGE_LIMITS_H

#include "cli.h"

/* 0, or -EINVAL after one message: the command line asks for what no submission may
 * have. */
int judge_check(const struct options *opt);

/* Fills in the limits that were not given. */
void judge_limit(struct options *opt);

/* Of this process, which will be a machine: host memory. */
void judge_limit_memory(const struct options *opt);

#endif
