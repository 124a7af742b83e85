/*
 * Starting copies. Each is a process of this program with a pipe for stderr, in which
 * it complains, until it tells by a NUL that its guest is there. One that does not
 * get that far takes all others with it: either there are N of them, or none; these
 * end in order, so that nothing of them is left in the folder of sockets.
 */
#define _GNU_SOURCE /* pipe2() */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/control/control.h"
#include "service/fork/fork.h"
#include "util/clock.h"

#define AT_ONCE	 8 /* that are being started */
#define LIMIT_NS (60 * NS_PER_SEC)
#define PROGRAM	 "/proc/self/exe"
#define ARGS_MAX 6

static struct copies *all;
static struct event_source children = { .fd = -1 };

static void start_more(struct copies *copies);

/* --- The process that a copy becomes --- */

/* Its parent ignores most, as the broker does. */
static void forget_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static __attribute__((noreturn)) void become(const struct copy *copy, int tell)
{
	const struct copies *copies = copy->copies;
	unsigned int nr = (unsigned int)(copy - copies->list), words = 0, i = 0;
	char of[64], told[64];
	char *const *said = fork_words + 1;
	const char **args;

	while (said[words])
		words++;
	args = calloc(words + ARGS_MAX, sizeof(*args));
	snprintf(of, sizeof(of), "--copy-of=%u:/proc/self/fd/%d",
		 copies->first_copy + nr, copies->snapshot);
	snprintf(told, sizeof(told), "--detached=/proc/self/fd/%d", tell);
	if (!args)
		_exit(1);
	args[i++] = "kvm-vmm";
	args[i++] = of;
	args[i++] = told;
	args[i++] = "--name";
	args[i++] = copy->name;
	memcpy(args + i, said, words * sizeof(*args));
	setsid();
	forget_signals();
	dup2(tell, STDERR_FILENO);
	fcntl(tell, F_SETFD, 0);
	fcntl(copies->snapshot, F_SETFD, 0);
	if (!chdir(*fork_words))
		execv(PROGRAM, (char **)args);
	fprintf(stderr, "kvm-vmm: %s, in %s: %s\n", PROGRAM, *fork_words,
		strerror(errno));
	_exit(1);
}

/* --- The end of one --- */

static bool any_alive(const struct copies *copies)
{
	for (unsigned int i = 0; i < copies->nr_started; i++)
		if (copies->list[i].pid)
			return true;
	return false;
}

static void unlink_copies(struct copies *copies)
{
	struct copies **at = &all;

	while (*at != copies)
		at = &(*at)->next;
	*at = copies->next;
}

static void stop_hearing(struct copy *copy)
{
	if (copy->tell.fd < 0)
		return;
	event_forget(&broker_loop, &copy->tell);
	close(copy->tell.fd);
	copy->tell.fd = -1;
}

/* Answers when there is nothing more to come. */
static void look(struct copies *copies)
{
	if (copies->failed ? any_alive(copies) :
			     copies->nr_running < copies->nr)
		return;
	for (unsigned int i = 0; i < copies->nr_started; i++)
		stop_hearing(&copies->list[i]);
	if (copies->limit.fd >= 0) {
		event_forget(&broker_loop, &copies->limit);
		close(copies->limit.fd);
	}
	unlink_copies(copies);
	copies_finish(copies);
}

/* Only one that has come so far that it takes its socket along. */
static void end_copy(const struct copy *copy)
{
	if (copy->pid && copy->tell.fd < 0)
		kill(copy->pid, SIGTERM);
}

/* The others are ended: those that just begin, when they have begun. */
static void fail(struct copy *copy, const char *why)
{
	struct copies *copies = copy->copies;

	if (copies->failed)
		return;
	copies->failed = copy;
	copies->why = why;
	for (unsigned int i = 0; i < copies->nr_started; i++)
		end_copy(&copies->list[i]);
}

static void reap(pid_t pid)
{
	for (struct copies *copies = all; copies; copies = copies->next) {
		for (unsigned int i = 0; i < copies->nr_started; i++) {
			struct copy *copy = &copies->list[i];

			if (copy->pid != pid)
				continue;
			copy->pid = 0;
			fail(copy, "it has ended");
			look(copies);
			return;
		}
	}
}

static void on_children(void *arg, uint32_t events)
{
	struct signalfd_siginfo info;
	pid_t pid;

	(void)arg;
	(void)events;
	while (read(children.fd, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		reap(pid);
}

static int watch_children(void)
{
	sigset_t child;

	if (children.fd >= 0)
		return 0;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	children.fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	children.ready = on_children;
	return children.fd < 0 ? -errno :
				 event_add(&broker_loop, &children, EPOLLIN);
}

/* --- What it tells --- */

static void on_tell(void *arg, uint32_t events)
{
	struct copy *copy = arg;
	struct copies *copies = copy->copies;
	char text[SAID_MAX];
	ssize_t len = read(copy->tell.fd, text, sizeof(text));
	size_t kept;

	(void)events;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0) {
		stop_hearing(copy); /* its end comes as a signal */
		return;
	}
	if (memchr(text, '\0', (size_t)len)) {
		stop_hearing(copy);
		copies->nr_running++;
		if (copies->failed)
			end_copy(copy);
		start_more(copies);
		look(copies);
		return;
	}
	kept = sizeof(copy->said) - 1 - copy->said_len;
	kept = (size_t)len < kept ? (size_t)len : kept;
	memcpy(copy->said + copy->said_len, text, kept);
	copy->said_len += kept;
}

static int start(struct copy *copy)
{
	int pair[2], err;

	if (pipe2(pair, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	copy->pid = fork();
	if (!copy->pid)
		become(copy, pair[1]);
	err = copy->pid < 0 ? -errno : 0;
	close(pair[1]);
	if (err) {
		copy->pid = 0;
		close(pair[0]);
		return err;
	}
	copy->tell = (struct event_source){ pair[0], on_tell, copy };
	return event_add(&broker_loop, &copy->tell, EPOLLIN);
}

static void start_more(struct copies *copies)
{
	while (!copies->failed && copies->nr_started < copies->nr &&
	       copies->nr_started - copies->nr_running < AT_ONCE) {
		struct copy *copy = &copies->list[copies->nr_started++];
		int err;

		copy->copies = copies;
		copy->tell.fd = -1;
		snprintf(copy->name, sizeof(copy->name), "%.50s-%u",
			 copies->stem,
			 copies->first_nr + copies->nr_started - 1);
		err = start(copy);
		if (err)
			fail(copy, strerror(-err));
	}
}

static void on_limit(void *arg, uint32_t events)
{
	struct copies *copies = arg;

	(void)events;
	event_ack(copies->limit.fd);
	fail(&copies->list[copies->nr_started - 1], "it took too long");
	for (unsigned int i = 0; i < copies->nr_started; i++)
		if (copies->list[i].pid)
			kill(copies->list[i].pid, SIGKILL);
	look(copies);
}

void copies_start(struct copies *copies)
{
	int err = watch_children();

	copies->next = all;
	all = copies;
	copies->limit =
		(struct event_source){ event_timer_fd(), on_limit, copies };
	if (!err && copies->limit.fd >= 0)
		err = event_add(&broker_loop, &copies->limit, EPOLLIN);
	if (copies->limit.fd >= 0)
		event_arm(copies->limit.fd, LIMIT_NS, 0);
	copies->list[0].copies = copies;
	if (err)
		fail(&copies->list[0], strerror(-err));
	start_more(copies);
	look(copies);
}
