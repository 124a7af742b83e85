/*
 * exits ROUNDS MORE SINK FEW MANY NAME PROGRAM OPTION NAME PROGRAM OPTION: what one
 * VM exit costs with the first program, against the second: kvm-vmm against a
 * bare loop around KVM_RUN, or with and without something. The guest MANY makes
 * MORE exits than the guest FEW, which is the rest of a program's time, so the
 * difference of the two is that of MORE exits. An empty OPTION is none.
 *
 * Output goes to SINK: "pipe", read here by a thread, or the name of a file.
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

#define MORE_MAX 100000000
#define CHUNK	 65536

static struct pairs pairs;
static char *programs[2], *options[2]; /* an option may be NULL */
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

static int run_image(int side, const char *image, struct took *took)
{
	char *args[] = { programs[side], (char *)image, options[side], NULL };

	return strcmp(sink, "pipe") == 0 ? run_into_pipe(args, took) :
					   run_into_file(args, took);
}

/* One exit of a side, in us. */
static int measure(int side, struct took *took)
{
	struct took base, all;

	if (run_image(side, few, &base) || run_image(side, many, &all))
		return -1;
	took->wall = (all.wall - base.wall) * 1e3 / more;
	took->cpu = (all.cpu - base.cpu) * 1e3 / more;
	return 0;
}

static void take_side(int side, char **words)
{
	pairs.names[side] = words[0];
	programs[side] = words[1];
	options[side] = *words[2] ? words[2] : NULL;
}

int main(int argc, char **argv)
{
	int rounds;

	if (argc != 12 || !(rounds = parse_count(argv[1], ROUNDS_MAX)) ||
	    !(more = parse_count(argv[2], MORE_MAX))) {
		fprintf(stderr, "usage: exits ROUNDS MORE SINK FEW MANY "
				"NAME PROGRAM OPTION NAME PROGRAM OPTION\n");
		return EXIT_USAGE;
	}
	sink = argv[3];
	few = argv[4];
	many = argv[5];
	take_side(0, argv + 6);
	take_side(1, argv + 9);
	if (pairs_run(&pairs, rounds, measure))
		return EXIT_FAILED;
	pairs_print(&pairs, "time per exit:", "CPU per exit:", "us");
	return 0;
}
