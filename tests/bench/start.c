/*
 * start SPY ROUNDS KVM-VMM IMAGE BARE [ARG]: how long kvm-vmm takes from exec
 * to the guest's first instruction, against a bare program (run with ARG) that
 * makes the same ioctls.
 *
 * The two run in turns, so that a noisy machine is noisy for both; each round
 * gives a ratio, and the medians are printed. The spy tells when the first
 * KVM_RUN came, and whether the two really did the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 10000
#define SPY_FD	   3
#define SPY_TEXT   1024

struct side {
	char **args;
	double ms[ROUNDS_MAX];
	char requests[SPY_TEXT];
};

static struct side vmm, bare;
static double ratio[ROUNDS_MAX];

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), compare);
	return values[count / 2];
}

static int count_words(const char *text)
{
	int count = 0;

	for (; (text = strchr(text, ' ')) != NULL; text++)
		count++;
	return count;
}

/* Runs one side once; returns 0, or -1 after saying what went wrong. */
static int run_once(struct side *side, char **envs, int round)
{
	posix_spawn_file_actions_t files;
	char text[SPY_TEXT + 32] = "";
	long long start;
	int report[2], err, status;
	char *rest;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return -1;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, report[1], SPY_FD);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	start = now_ns();
	err = posix_spawn(&pid, side->args[0], &files, NULL, side->args, envs);
	posix_spawn_file_actions_destroy(&files);
	close(report[1]);
	if (!err && waitpid(pid, &status, 0) == pid &&
	    read(report[0], text, sizeof(text) - 1) > 0 && status == 0) {
		side->ms[round] = (double)(strtoll(text, &rest, 10) - start);
		side->ms[round] /= 1e6;
		snprintf(side->requests, sizeof(side->requests), "%s", rest);
	} else {
		fprintf(stderr, "bench: %s: did not run a guest here%s%s\n",
			side->args[0], err ? ": " : "",
			err ? strerror(err) : "");
		err = -1;
	}
	close(report[0]);
	return err ? -1 : 0;
}

int main(int argc, char **argv)
{
	char preload[4200];
	char *envs[] = { preload, NULL };
	int rounds;

	if (argc < 6 || (rounds = (int)strtol(argv[2], NULL, 10)) < 1 ||
	    rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: start SPY ROUNDS KVM-VMM IMAGE BARE "
				"[ARG]\n");
		return 64;
	}
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", argv[1]);
	vmm.args = (char *[]){ argv[3], argv[4], NULL };
	bare.args = argv + 5;
	for (int i = 0; i < rounds; i++) {
		if (run_once(&bare, envs, i) || run_once(&vmm, envs, i))
			return 70;
		ratio[i] = vmm.ms[i] / bare.ms[i];
	}
	printf("exec to first guest instruction, median of %d rounds: "
	       "kvm-vmm %.3f ms, bare %.3f ms, ratio %.3f\n",
	       rounds, median(vmm.ms, rounds), median(bare.ms, rounds),
	       median(ratio, rounds));
	printf("ioctls before it: kvm-vmm %d, bare %d%s\n",
	       count_words(vmm.requests), count_words(bare.requests),
	       strcmp(vmm.requests, bare.requests) == 0 ?
		       ", the same" :
		       "; NOT the same: bring bare.c up to date");
	return 0;
}
