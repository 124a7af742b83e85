/*
 * The processes of --judge: see judge.h. The first one waits; each image has a judge
 * of its own, and that a machine, which has a pipe in the place of stdout. So nobody
 * has in its memory what another image has printed, and no machine what it is
 * expected to print; and one that is killed, or breaks, has a verdict all the same.
 */
#define _GNU_SOURCE /* asprintf() */
#include "judge.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "judge_limits.h"
#include "probes/judge/judge.h"
#include "util/clock.h"
#include "util/fixed.h"
#include "util/log.h"

#define OPTION	   "--judge"
#define HEAD	   "{\"schema\": " /* of each line of a verdict */
#define PIECE	   65536
#define GRACE_S	   10 /* what a machine has to end within, behind --timeout */
#define SUFFIX	   ".XXXXXX"
#define STATUS_ODD (-1) /* of a process that a signal has ended */

static struct judge_output output;
static struct judge_verdict verdict;
static pid_t machine; /* the judge's */
static char *beside;  /* the file that becomes --judge=FILE, or NULL */

static int failed(const char *what)
{
	log_error(OPTION ": %s: %s", what, strerror(errno));
	return STATUS_FAILED;
}

/* Half a verdict replaces nothing. */
static int not_written(void)
{
	const int status = failed("verdict");

	if (beside)
		unlink(beside);
	return status;
}

/* --- A machine, and its judge ---------------------------------------------- */

/* Nobody is left behind by the one that waits for it. */
static void go_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		raise(SIGKILL);
}

/* Only image number @id of @opt is left, with what was for it or for all. */
static void keep_one(struct options *opt, unsigned int id)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < opt->nr_plugged; i++)
		if (!opt->plugged[i].guest || opt->plugged[i].guest == id + 1)
			opt->plugged[nr++] = opt->plugged[i];
	opt->nr_plugged = nr;
	for (unsigned int i = 0; i < nr; i++)
		opt->plugged[i].guest = 0;
	nr = 0;
	for (unsigned int i = 0; i < opt->nr_modules; i++)
		if (!opt->modules[i].guest || opt->modules[i].guest == id + 1)
			opt->modules[nr++] = opt->modules[i];
	opt->nr_modules = nr;
	for (unsigned int i = 0; i < nr; i++)
		opt->modules[i].guest = 0;
	opt->images[0] = opt->images[id];
	opt->nr_images = 1;
}

static int open_file(const char *option, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		log_error("%s %s: %s", option, path, strerror(errno));
	return fd;
}

/* In the machine: it reads @in, prints to @out, and sees no other file than its own.
 * 0, or -errno after one message. */
static int be_machine(const struct options *opt, int in, int out)
{
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0) {
		failed("pipe");
		return -errno;
	}
	close(in);
	close(out);
	judge_limit_memory(opt);
	fixed_begin();
	return 0;
}

static void kill_machine(int sig)
{
	(void)sig;
	kill(machine, SIGKILL);
}

/* A machine ends itself when its time is up; it is a guest's, perhaps, by then. */
static void set_alarm(uint64_t timeout_ns)
{
	struct sigaction action = { .sa_handler = kill_machine,
				    .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &action, NULL);
	alarm((unsigned int)(timeout_ns / NS_PER_SEC) + GRACE_S);
}

/* What comes by @in until the last who could write there is gone; how it ended. */
static int watch(int in)
{
	static uint8_t piece[PIECE];
	ssize_t got;
	int status;

	do {
		got = read(in, piece, sizeof(piece));
		if (got > 0)
			printed_take(&output, piece, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	printed_end(&output);
	while (waitpid(machine, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_ODD;
	alarm(0); /* its number may be somebody else's from now on */
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_ODD;
}

/* In the judge: the verdict goes to @to. Its exit status. */
static int judge(const struct options *opt, int in, int want, FILE *to)
{
	const uint64_t start_ns = clock_now_ns();
	int status;

	set_alarm(opt->timeout_ns);
	if (printed_begin(&output, want)) {
		kill_machine(SIGALRM);
		return STATUS_USAGE;
	}
	status = watch(in);
	verdict = (struct judge_verdict){
		.image = opt->images[0],
		.status = status == STATUS_ODD ? STATUS_FAILED : status,
		.limits = { opt->timeout_ns / NS_PER_MS, opt->max_exits,
			    opt->mem_size, opt->max_output },
		.used = { (clock_now_ns() - start_ns) / NS_PER_MS,
			  atomic_load(&judge_told->exits),
			  atomic_load(&judge_told->memory), output.len },
		.told = atomic_load(&judge_told->ended),
		.output = &output,
	};
	if (status == STATUS_ODD)
		log_error(OPTION ": %s: its kvm-vmm was killed",
			  opt->images[0]);
	verdict_write(&verdict, to);
	if (fflush(to) || ferror(to))
		return not_written();
	return verdict_status(&verdict);
}

/* Opens the files of the run. False after one message: one is not to be had. */
static bool open_files(int *in, int *want)
{
	const char *input = judge_options.input;
	const char *expected = judge_options.expected;

	*in = open_file("--input", input ? input : "/dev/null");
	*want = expected ? open_file("--expect-output", expected) : -1;
	return *in >= 0 && (!expected || *want >= 0);
}

/* In the process of one image. True: it has been judged, with *@status; false: this
 * is its machine. */
static bool judge_image(struct options *opt, FILE *to, int *status)
{
	const pid_t self = getpid();
	int in, want, ends[2];

	*status = STATUS_USAGE;
	if (!open_files(&in, &want))
		return true;
	judge_told = mmap(NULL, sizeof(*judge_told), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (judge_told == MAP_FAILED || pipe(ends) || (machine = fork()) < 0) {
		*status = failed("a process for it");
		return true;
	}
	if (!machine) {
		go_with_parent(self);
		if (to != stdout)
			close(fileno(to));
		if (want >= 0)
			close(want);
		close(ends[0]);
		*status = STATUS_FAILED;
		return be_machine(opt, in, ends[1]) != 0;
	}
	close(in);
	close(ends[1]);
	*status = judge(opt, ends[0], want, to);
	return true;
}

/* --- The one that waits ---------------------------------------------------- */

/* Whether @path may be replaced: it is no file yet, or holds verdicts. */
static bool is_ours(const char *path)
{
	char head[sizeof(HEAD)] = "";
	FILE *file = fopen(path, "re");
	bool is;

	if (!file)
		return errno == ENOENT;
	is = !fgets(head, sizeof(head), file) || !strcmp(head, HEAD);
	fclose(file);
	return is;
}

static bool is_regular(const char *path)
{
	struct stat stat_of;

	return stat(path, &stat_of) || S_ISREG(stat_of.st_mode);
}

/* Half a verdict does not outlive an interrupt. */
static void on_interrupt(int sig)
{
	unlink(beside);
	raise(sig); /* by the default, which is back */
}

static void at_interrupt(void (*handler)(int))
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	const struct sigaction action = {
		.sa_handler = handler, .sa_flags = SA_RESETHAND | SA_NODEFER
	};
	struct sigaction before;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!sigaction(signals[i], NULL, &before) &&
		    before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

/* The file that is to become @path. */
static FILE *open_beside(const char *path)
{
	sigset_t all, before;
	int fd;

	if (asprintf(&beside, "%s" SUFFIX, path) < 0)
		return NULL;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	fd = mkstemp(beside);
	if (fd >= 0)
		at_interrupt(on_interrupt);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* Where verdicts are written; NULL after one message. */
static FILE *open_verdict(const char *path)
{
	FILE *to;

	if (!path)
		return stdout;
	if (!is_regular(path)) {
		to = fopen(path, "we");
	} else if (!is_ours(path)) {
		log_error(OPTION
			  "=%s: this is none of its verdicts; it is left "
			  "alone",
			  path);
		return NULL;
	} else {
		to = open_beside(path);
	}
	if (!to)
		log_error(OPTION "=%s: %s", path, strerror(errno));
	return to;
}

static int close_verdict(FILE *to, const char *path)
{
	int status = 0;

	if (beside &&
	    (fchmod(fileno(to), 0644) || fclose(to) || rename(beside, path))) {
		status = failed(path);
		unlink(beside);
	}
	return status;
}

/* *@status becomes the worst. False: this process is a machine. */
static bool judge_next(struct options *opt, unsigned int id, FILE *to,
		       int *status)
{
	const pid_t self = getpid();
	const pid_t pid = fork();
	int ended;

	if (!pid) {
		go_with_parent(self);
		if (beside)
			at_interrupt(SIG_DFL); /* it is the first one's */
		keep_one(opt, id);
		return judge_image(opt, to, status);
	}
	if (pid < 0 || waitpid(pid, &ended, 0) < 0 || !WIFEXITED(ended))
		*status = failed(opt->images[id]);
	else if (WEXITSTATUS(ended) > *status)
		*status = WEXITSTATUS(ended);
	return true;
}

bool judge_begin(struct options *opt, int *status)
{
	const pid_t first = getpid();
	FILE *to;

	if (!judge_options.on) {
		*status = STATUS_USAGE;
		if (judge_options.input || judge_options.expected)
			log_error("--input and --expect-output go with "
				  "--judge");
		return judge_options.input || judge_options.expected;
	}
	*status = STATUS_USAGE;
	if (judge_check(opt))
		return true;
	judge_limit(opt);
	to = open_verdict(judge_options.verdict);
	if (!to)
		return true;
	*status = STATUS_OK;
	for (unsigned int id = 0; id < opt->nr_images; id++) {
		if (!judge_next(opt, id, to, status))
			return false;
		if (getpid() != first)
			return true;
	}
	if (close_verdict(to, judge_options.verdict))
		*status = STATUS_FAILED;
	return true;
}
