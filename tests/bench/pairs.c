/* Running and timing one program, and the median of what it took. */
#include "pairs.h"

#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double to_ms(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

int run_timed(char **args, int out, struct took *took)
{
	static char *no_env[] = { NULL };
	posix_spawn_file_actions_t files;
	struct rusage used;
	double start;
	int status = 0, err;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	start = now_ms();
	err = posix_spawn(&pid, args[0], &files, NULL, args, no_env);
	if (!err && wait4(pid, &status, 0, &used) == pid && status == 0) {
		took->wall = now_ms() - start;
		took->cpu = to_ms(used.ru_utime) + to_ms(used.ru_stime);
	} else {
		fprintf(stderr, "bench: %s: did not run a guest here: %s\n",
			args[0],
			err ? strerror(err) : "it failed or was killed");
		status = -1;
	}
	posix_spawn_file_actions_destroy(&files);
	return status ? -1 : 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare);
	return values[count / 2];
}

int parse_count(const char *text, int max)
{
	char *end;
	long count = strtol(text, &end, 10);

	return *text && !*end && count >= 1 && count <= max ? (int)count : 0;
}

static int measure_side(struct pairs *pairs, int side, int round,
			int (*measure)(int side, struct took *took))
{
	struct took took;

	if (measure(side, &took))
		return -1;
	pairs->sides[side].wall[round] = took.wall;
	pairs->sides[side].cpu[round] = took.cpu;
	return 0;
}

int pairs_run(struct pairs *pairs, int rounds,
	      int (*measure)(int side, struct took *took))
{
	struct series *a = &pairs->sides[0], *b = &pairs->sides[1];

	pairs->rounds = rounds;
	for (int i = 0; i < rounds; i++) {
		if (measure_side(pairs, i % 2, i, measure) ||
		    measure_side(pairs, 1 - i % 2, i, measure))
			return -1;
		pairs->ratio.wall[i] = a->wall[i] / b->wall[i];
		pairs->ratio.cpu[i] = a->cpu[i] / b->cpu[i];
	}
	return 0;
}

static void print_one(const struct pairs *pairs, const char *what,
		      double *first, double *second, double *ratio,
		      const char *unit)
{
	int rounds = pairs->rounds;
	double middle = median(ratio, rounds);

	printf("  %-14s %s %6.3f %s, %s %6.3f %s, ratio %.3f "
	       "(half of them %.3f to %.3f)\n",
	       what, pairs->names[0], median(first, rounds), unit,
	       pairs->names[1], median(second, rounds), unit, middle,
	       ratio[rounds / 4], ratio[rounds - 1 - rounds / 4]);
}

void pairs_print(struct pairs *pairs, const char *wall, const char *cpu,
		 const char *unit)
{
	struct series *a = &pairs->sides[0], *b = &pairs->sides[1];

	print_one(pairs, wall, a->wall, b->wall, pairs->ratio.wall, unit);
	print_one(pairs, cpu, a->cpu, b->cpu, pairs->ratio.cpu, unit);
}
