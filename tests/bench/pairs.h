/*
 * Programs in pairs, timed from exec to exit: what the benchmarks that compare
 * two programs have in common.
 */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#define EXIT_FAILED 70
#define EXIT_USAGE  64

/* What one run of a program took, both in ms. */
struct took {
	double wall;
	double cpu; /* user and system, all its threads */
};

/*
 * Runs the program args[0] to its end with stdin from /dev/null, an empty
 * environment and stdout at descriptor @out. 0, or -1 after one message: it
 * must exit with 0.
 */
int run_timed(char **args, int out, struct took *took);

double now_ms(void);

/* The middle one of @count values, which are sorted afterwards. */
double median(double *values, int count);

/* The number that @text is, 1 to @max, or 0 where it is none. */
int parse_count(const char *text, int max);

#endif
