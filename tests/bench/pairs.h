/*
 * Programs in pairs, timed from exec to exit: what the benchmarks that compare
 * two programs have in common.
 */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#define EXIT_FAILED 70
#define EXIT_USAGE  64
#define ROUNDS_MAX  10000

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

/* Figures of one program, or of how two of them compare; one for each round. */
struct series {
	double wall[ROUNDS_MAX], cpu[ROUNDS_MAX];
};

/* Two programs that are measured in turn. */
struct pairs {
	const char *names[2]; /* as they are printed */
	struct series sides[2];
	struct series ratio; /* side 0 / side 1 */
	int rounds;
};

/*
 * Measures both sides @rounds times; every other round begins with the second,
 * so that a noisy machine is noisy for both. @measure gives one figure of a
 * side, 0 or 1, in whatever unit. 0, or -1 as soon as it does not return 0.
 */
int pairs_run(struct pairs *pairs, int rounds,
	      int (*measure)(int side, struct took *took));

/* Prints the medians: two lines that begin with @wall and @cpu; @unit. */
void pairs_print(struct pairs *pairs, const char *wall, const char *cpu,
		 const char *unit);

/* The number that @text is, 1 to @max, or 0 where it is none. */
int parse_count(const char *text, int max);

#endif
