/*
 * --judge: images of strangers, one process each, within limits and behind walls, and
 * a verdict on each. Where JUDGE is not built in, judge_none.c stands in.
 */
#ifndef MKVM_JUDGE_H
#define MKVM_JUDGE_H

#include <stdbool.h>

#include "cli.h"

/*
 * The command line is read, and there is no thread yet. True: all is judged, or
 * nothing could be, and the process is through, with the exit status in *@status.
 * False: the machine that @opt now says is to run, in this process: either there is
 * no judge, or it waits for what comes of it.
 */
bool judge_begin(struct options *opt, int *status);

#endif
