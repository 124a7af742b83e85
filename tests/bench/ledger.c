/*
 * ledger ROUNDS MORE FEW MANY BASE KVM-VMM [OPTION]: what a VM exit costs with
 * KVM-VMM, given OPTION, against the program BASE. The guest MANY makes MORE
 * exits than the guest FEW, which is the rest of a program's time, so the
 * difference of the two is that of MORE exits.
 *
 * Rounds alternate which program comes first; each gives a ratio, and medians
 * are printed, of time that passed and of processor time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "pairs.h"

#define ROUNDS_MAX 10000
#define MORE_MAX   100000000

struct side {
	char *program, *option;			  /* option: NULL for none */
	double wall[ROUNDS_MAX], cpu[ROUNDS_MAX]; /* us per exit */
};

static struct side base, other;
static double wall_ratio[ROUNDS_MAX], cpu_ratio[ROUNDS_MAX];
static char *few, *many;
static int more, null_fd;

static int run_image(const struct side *side, char *image, struct took *took)
{
	char *args[] = { side->program, image, side->option, NULL };

	return run_timed(args, null_fd, took);
}

static int measure(struct side *side, int round)
{
	struct took rest, all;

	if (run_image(side, few, &rest) || run_image(side, many, &all))
		return -1;
	side->wall[round] = (all.wall - rest.wall) * 1e3 / more;
	side->cpu[round] = (all.cpu - rest.cpu) * 1e3 / more;
	return 0;
}

static int run_round(int round)
{
	struct side *first = round % 2 ? &base : &other;
	struct side *second = round % 2 ? &other : &base;

	if (measure(first, round) || measure(second, round))
		return -1;
	wall_ratio[round] = other.wall[round] / base.wall[round];
	cpu_ratio[round] = other.cpu[round] / base.cpu[round];
	return 0;
}

static void print_one(const char *what, double *have, double *without,
		      double *ratio, int rounds)
{
	double middle = median(ratio, rounds);

	printf("  %-14s with %6.3f us, without %6.3f us, ratio %.3f "
	       "(half of them %.3f to %.3f)\n",
	       what, median(have, rounds), median(without, rounds), middle,
	       ratio[rounds / 4], ratio[rounds - 1 - rounds / 4]);
}

int main(int argc, char **argv)
{
	int rounds;

	if (argc < 7 || !(rounds = parse_count(argv[1], ROUNDS_MAX)) ||
	    !(more = parse_count(argv[2], MORE_MAX))) {
		fprintf(stderr, "usage: ledger ROUNDS MORE FEW MANY BASE "
				"KVM-VMM [OPTION]\n");
		return EXIT_USAGE;
	}
	few = argv[3];
	many = argv[4];
	base.program = argv[5];
	other.program = argv[6];
	other.option = argc > 7 ? argv[7] : NULL;
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null_fd < 0) {
		fprintf(stderr, "bench: /dev/null: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	for (int i = 0; i < rounds; i++)
		if (run_round(i))
			return EXIT_FAILED;
	print_one("time per exit:", other.wall, base.wall, wall_ratio, rounds);
	print_one("CPU per exit:", other.cpu, base.cpu, cpu_ratio, rounds);
	return 0;
}
