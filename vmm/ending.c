/* Signals, --timeout and the last deadline: see ending.h. */
#include "ending.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "terminal/term.h"
#include "util/clock.h"
#include "util/signal_self.h"

#define SIGNAL_BASE 128 /* exit status of a process that signal N ended */

/* timeout(1) sends its signal twice, at once: that is one. */
#define SAME_NS (100 * NS_PER_MS)

static const int passed_on[] = { SIGINT,  SIGTERM, SIGHUP, SIGQUIT, SIGALRM,
				 SIGTSTP, SIGCONT, SIGPWR, SIGWINCH };

#define NR_PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

/* Of these, what our parent ignores for us we ignore, too: nohup(1) does, and a
 * shell for what it puts into the background without job control. */
static bool may_be_ignored(int sig)
{
	return sig == SIGHUP || sig == SIGINT || sig == SIGQUIT ||
	       sig == SIGTSTP;
}

/* For signal handlers, on whichever thread they run. */
static int bell = -1;		   /* constant once signals are passed on */
static atomic_uint came;	   /* bit N: passed_on[N] */
static atomic_ullong quitting_ns;  /* since when; 0: not yet */
static atomic_int deadline_status; /* exit status if it comes to that */
static atomic_bool let_go;	   /* the event loop is over */

/* What an alarm clock of ours has sent, and not kill(2). */
static bool is_deadline(const siginfo_t *info)
{
	return info->si_signo == SIGALRM && info->si_code == SI_KERNEL &&
	       atomic_load(&deadline_status);
}

/* Where there is no event loop: the deadline, or what the default is. */
static void on_last(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!is_deadline(info)) {
		term_die(sig);
		return;
	}
	term_restore();
	_exit(atomic_load(&deadline_status));
}

/* Safe in signal handlers. The first to call counts. */
static void begin(int status)
{
	unsigned long long not_yet = 0;

	if (!atomic_compare_exchange_strong(&quitting_ns, &not_yet,
					    clock_now_ns()))
		return;
	atomic_store(&deadline_status, status ? status : STATUS_FAILED);
	alarm(ENDING_GRACE_S);
}

static bool ends(int sig)
{
	return sig != SIGTSTP && sig != SIGCONT && sig != SIGPWR &&
	       sig != SIGWINCH;
}

static bool is_another_one(void)
{
	unsigned long long since = atomic_load(&quitting_ns);

	return since && clock_now_ns() - since > SAME_NS;
}

static int status_of(int sig)
{
	return sig == SIGALRM ? STATUS_LIMIT : SIGNAL_BASE + sig;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	int err = errno;

	if (atomic_load(&let_go) || is_deadline(info) ||
	    (ends(sig) && is_another_one()))
		on_last(sig, info, context);
	if (ends(sig))
		begin(status_of(sig));
	for (size_t i = 0; i < NR_PASSED_ON; i++)
		if (passed_on[i] == sig)
			atomic_fetch_or(&came, 1U << i);
	event_notify(bell);
	errno = err;
}

static void on_timeout(void *arg, uint32_t events)
{
	struct ending *ending = arg;

	(void)events;
	event_ack(ending->timeout.fd);
	begin(STATUS_LIMIT);
	ending->quit(ending->arg, STATUS_LIMIT, "stopped: --timeout ran out");
}

static void set_deadline(uint64_t timeout_ns)
{
	const struct itimerval last = {
		.it_value = { .tv_sec = timeout_ns / NS_PER_SEC +
					ENDING_GRACE_S + 1 },
	};

	setitimer(ITIMER_REAL, &last, NULL);
}

void ending_limit(uint64_t timeout_ns)
{
	struct sigaction action = { .sa_sigaction = on_last,
				    .sa_flags = SA_SIGINFO };

	if (!timeout_ns)
		return;
	sigaction(SIGALRM, &action, NULL);
	atomic_store(&deadline_status, STATUS_LIMIT);
	set_deadline(timeout_ns);
}

static int watch_timeout(struct ending *ending, struct event_loop *loop,
			 uint64_t timeout_ns)
{
	int fd = event_timer_fd();

	if (fd < 0)
		return fd;
	ending->timeout = (struct event_source){ fd, on_timeout, ending };
	event_arm(fd, timeout_ns, 0);
	/* From now on, whatever it took to get here. */
	set_deadline(timeout_ns);
	return event_add(loop, &ending->timeout, EPOLLIN);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction old = { 0 };

	for (size_t i = 0; i < NR_PASSED_ON; i++) {
		if (may_be_ignored(passed_on[i]))
			sigaction(passed_on[i], NULL, &old);
		if (old.sa_handler != SIG_IGN || !may_be_ignored(passed_on[i]))
			sigaction(passed_on[i], &action, NULL);
	}
}

int ending_watch(struct ending *ending, struct event_loop *loop, int bell_fd,
		 uint64_t timeout_ns)
{
	bell = bell_fd;
	catch_signals();
	return timeout_ns ? watch_timeout(ending, loop, timeout_ns) : 0;
}

/* Ctrl-Z from outside: hand the terminal back, stop, and take it again. */
static void answer(struct ending *ending, int sig)
{
	if (ends(sig)) {
		ending->quit(ending->arg, status_of(sig),
			     sig == SIGALRM ? "stopped: SIGALRM, a limit from "
					      "outside" :
					      NULL);
		return;
	}
	if (sig == SIGPWR) {
		ending->power(ending->arg);
		return;
	}
	if (sig == SIGWINCH) {
		ending->resized(ending->arg);
		return;
	}
	if (sig == SIGTSTP) {
		term_restore();
		signal_self(SIGSTOP);
	}
	ending->resumed(ending->arg);
}

void ending_answer(struct ending *ending)
{
	unsigned int signals = atomic_exchange(&came, 0);

	for (size_t i = 0; i < NR_PASSED_ON; i++)
		if (signals & 1U << i)
			answer(ending, passed_on[i]);
}

void ending_begin(int status)
{
	begin(status);
}

void ending_wait(void)
{
	alarm(0);
}

void ending_go_on(void)
{
	if (atomic_load(&quitting_ns))
		alarm(ENDING_GRACE_S);
}

void ending_let_go(void)
{
	atomic_store(&let_go, true);
}
