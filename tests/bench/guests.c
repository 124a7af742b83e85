/*
 * guests ROUNDS COUNT IMAGE KVM-VMM ONE-AT-A-TIME: COUNT guests of the same
 * image in one kvm-vmm, all at once, against as many runs of kvm-vmm one after
 * another, and against one run of a kvm-vmm that was configured without SMP and
 * so lets the guests follow each other within one process.
 *
 * Rounds go through the three ways from another one first each time; each
 * round gives ratios, and medians are printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pairs.h"

#define ROUNDS_MAX 10000
#define COUNT_MAX  1000
#define WAYS	   3

static int count, null;
static const char *image, *vmm, *one_at_a_time;

/* As many guests as there are words in one process. */
static int run_together(const char *program, struct took *took)
{
	char *args[COUNT_MAX + 2] = { (char *)program };

	for (int i = 0; i < count; i++)
		args[1 + i] = (char *)image;
	return run_timed(args, null, took);
}

static int run_parallel(struct took *took)
{
	return run_together(vmm, took);
}

static int run_in_turn(struct took *took)
{
	return run_together(one_at_a_time, took);
}

static int run_processes(struct took *took)
{
	char *args[] = { (char *)vmm, (char *)image, NULL };
	double start = now_ms(), cpu = 0;

	for (int i = 0; i < count; i++) {
		if (run_timed(args, null, took))
			return -1;
		cpu += took->cpu;
	}
	took->wall = now_ms() - start;
	took->cpu = cpu;
	return 0;
}

static struct way {
	const char *what;
	int (*run)(struct took *took);
	double wall[ROUNDS_MAX], cpu[ROUNDS_MAX], ratio[ROUNDS_MAX];
} ways[WAYS] = {
	{ .what = "one process, all at once", .run = run_parallel },
	{ .what = "as many processes, one after another",
	  .run = run_processes },
	{ .what = "one process without SMP, one after another",
	  .run = run_in_turn },
};

static int run_round(int round)
{
	for (int i = 0; i < WAYS; i++) {
		struct way *way = &ways[(round + i) % WAYS];
		struct took took;

		if (way->run(&took))
			return -1;
		way->wall[round] = took.wall;
		way->cpu[round] = took.cpu;
	}
	for (int i = 0; i < WAYS; i++)
		ways[i].ratio[round] =
			ways[i].wall[round] / ways[0].wall[round];
	return 0;
}

int main(int argc, char **argv)
{
	int rounds;

	if (argc != 6 || !(rounds = parse_count(argv[1], ROUNDS_MAX)) ||
	    !(count = parse_count(argv[2], COUNT_MAX))) {
		fprintf(stderr, "usage: guests ROUNDS COUNT IMAGE KVM-VMM "
				"ONE-AT-A-TIME\n");
		return EXIT_USAGE;
	}
	image = argv[3];
	vmm = argv[4];
	one_at_a_time = argv[5];
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0) {
		fprintf(stderr, "bench: /dev/null: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	for (int i = 0; i < rounds; i++)
		if (run_round(i))
			return EXIT_FAILED;
	for (int i = 0; i < WAYS; i++)
		printf("  %-43s %8.1f ms, CPU %8.1f ms, %5.2f times the "
		       "first\n",
		       ways[i].what, median(ways[i].wall, rounds),
		       median(ways[i].cpu, rounds),
		       median(ways[i].ratio, rounds));
	return 0;
}
