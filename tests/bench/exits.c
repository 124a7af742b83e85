/*
 * exits ROUNDS MORE SINK FEW MANY KVM-VMM LOOP [ARG]: what one VM exit costs
 * under kvm-vmm against a bare loop around KVM_RUN (run with ARG). The guest
 * MANY makes MORE exits than the guest FEW, which is the rest of a program's
 * time, so the difference of the two is that of MORE exits.
 *
 * Output goes to SINK: "pipe", read here by a thread, or the name of a file.
 * Rounds alternate which program comes first; each gives a ratio, and medians
 * are printed, of time that passed and of processor time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pairs.h"

#define ROUNDS_MAX 10000
#define MORE_MAX   100000000
#define CHUNK	   65536

struct side {
	const char *program, *arg;
	double wall[ROUNDS_MAX], cpu[ROUNDS_MAX]; /* us per exit */
};

static struct side vmm, loop;
static double wall_ratio[ROUNDS_MAX], cpu_ratio[ROUNDS_MAX];
static const char *few, *many, *sink;
static int more;
static unsigned long long nr_read; /* by the thread below, until joined */

/* Reads a pipe until nobody writes to it any more. */
static void *drain(void *fd)
{
	char buf[CHUNK];
	ssize_t len;

	while ((len = read(*(int *)fd, buf, sizeof(buf))) > 0)
		nr_read += (unsigned long long)len;
	return NULL;
}

static int run_into_pipe(char **args, struct took *took)
{
	pthread_t reader;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC) ||
	    pthread_create(&reader, NULL, drain, &ends[0]))
		return -1;
	err = run_timed(args, ends[1], took);
	close(ends[1]);
	pthread_join(reader, NULL);
	close(ends[0]);
	return err;
}

static int run_into_file(char **args, struct took *took)
{
	int fd = open(sink, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int err;

	if (fd < 0) {
		fprintf(stderr, "bench: %s: %s\n", sink, strerror(errno));
		return -1;
	}
	err = run_timed(args, fd, took);
	close(fd);
	return err;
}

static int run_image(struct side *side, const char *image, struct took *took)
{
	char *args[] = { (char *)side->program, (char *)image,
			 (char *)side->arg, NULL };

	return strcmp(sink, "pipe") == 0 ? run_into_pipe(args, took) :
					   run_into_file(args, took);
}

static int measure(struct side *side, int round)
{
	struct took base, all;

	if (run_image(side, few, &base) || run_image(side, many, &all))
		return -1;
	side->wall[round] = (all.wall - base.wall) * 1e3 / more;
	side->cpu[round] = (all.cpu - base.cpu) * 1e3 / more;
	return 0;
}

static int run_round(int round)
{
	struct side *first = round % 2 ? &vmm : &loop;
	struct side *second = round % 2 ? &loop : &vmm;

	if (measure(first, round) || measure(second, round))
		return -1;
	wall_ratio[round] = vmm.wall[round] / loop.wall[round];
	cpu_ratio[round] = vmm.cpu[round] / loop.cpu[round];
	return 0;
}

static void print_one(const char *what, double *ours, double *bare,
		      double *ratio, int rounds)
{
	double middle = median(ratio, rounds);

	printf("  %-14s kvm-vmm %6.3f us, bare %6.3f us, ratio %.3f "
	       "(half of them %.3f to %.3f)\n",
	       what, median(ours, rounds), median(bare, rounds), middle,
	       ratio[rounds / 4], ratio[rounds - 1 - rounds / 4]);
}

int main(int argc, char **argv)
{
	int rounds;

	if (argc < 8 || !(rounds = parse_count(argv[1], ROUNDS_MAX)) ||
	    !(more = parse_count(argv[2], MORE_MAX))) {
		fprintf(stderr, "usage: exits ROUNDS MORE SINK FEW MANY "
				"KVM-VMM LOOP [ARG]\n");
		return EXIT_USAGE;
	}
	sink = argv[3];
	few = argv[4];
	many = argv[5];
	vmm.program = argv[6];
	loop.program = argv[7];
	loop.arg = argc > 8 ? argv[8] : NULL;
	for (int i = 0; i < rounds; i++)
		if (run_round(i))
			return EXIT_FAILED;
	print_one("time per exit:", vmm.wall, loop.wall, wall_ratio, rounds);
	print_one("CPU per exit:", vmm.cpu, loop.cpu, cpu_ratio, rounds);
	return 0;
}
