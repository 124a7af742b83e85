/*
 * The keeper of the lab: starts QEMU, hands the order to the init inside,
 * carries bytes and ends with COMMAND's status. However it ends, QEMU ends
 * with it and the terminal is as it was before.
 *
 * usage: lab-keeper [--timeout S] [--share DIR]... [--out DIR]...
 *                   [--forward PORT]... -- QEMU ARG... -- COMMAND...
 *        lab-keeper --tsc-khz
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "order.h"
#include "outside.h"
#include "pump.h"

#define STATUS_USAGE   64
#define STATUS_FAILED  70
#define STATUS_TIMEOUT 124
#define STATUS_SIGNAL  128

/* A healthy lab needs about a second; a busy machine may need many. */
#define BOOT_LIMIT_MS 120000
#define MESSAGE_MAX   8192

/*
 * How long it may be quiet before the lab is woken. QEMU 7.2's AMD-V now and then
 * leaves its CPU in HLT although an interrupt waits in the local APIC, the host
 * kernel's timer mostly, and then nothing goes on inside, not even a time limit.
 * Any other interrupt makes the APIC look again.
 */
#define QUIET_MS 2000

/* Where the poll set keeps what is no pump; pump N uses 2N and 2N + 1. */
enum { POLL_QEMU, POLL_PARENT, POLL_CONTROL, POLL_SIGNALS };

struct keeper {
	struct qemu qemu;
	unsigned int ttys;
	int signals; /* a signalfd */
	int parent;  /* a pidfd */
	struct queue orders;
	struct queue lost; /* paths, each with its NUL */
	struct pump pumps[PORT_END];
	char message[MESSAGE_MAX];
	size_t message_len;
	bool is_running;
	bool is_input_over;
	bool has_exit;
	struct lab_exit exit;
	long timeout_ms; /* 0: none */
	struct timespec start;
	const char *what; /* COMMAND's name, for messages */
	int ending;	  /* what to exit with, once loop() says so */
};

static struct keeper keeper;

/* Ends the loop with @status; returns false for the caller to pass on. */
static bool end_with(struct keeper *self, int status)
{
	self->ending = status;
	return false;
}

static bool end_broken(struct keeper *self, const char *reason)
{
	terminal_restore();
	fprintf(stderr, "lab: %s: %s\n", self->what, reason);
	qemu_show_log(&self->qemu);
	return end_with(self, STATUS_FAILED);
}

/* One whole message from inside. */
static bool take_message(struct keeper *self, const struct lab_head *head,
			 const char *body)
{
	switch (head->kind) {
	case LAB_RUNNING:
		self->is_running = true;
		return true;
	case LAB_EXIT:
		if (head->size != sizeof(self->exit))
			break;
		memcpy(&self->exit, body, sizeof(self->exit));
		self->has_exit = true;
		return true;
	case LAB_LOST:
		queue_add(&self->lost, body, head->size);
		return true;
	case LAB_FAILED:
		terminal_restore();
		fprintf(stderr, "lab: %.*s\n", (int)head->size, body);
		return end_with(self, STATUS_FAILED);
	}
	return end_broken(self, "unknown message from inside; "
				"run \"make lab\" again");
}

static bool read_control(struct keeper *self)
{
	size_t room = sizeof(self->message) - self->message_len;
	ssize_t n = read(self->qemu.ports[PORT_CONTROL],
			 self->message + self->message_len, room);
	struct lab_head head;
	size_t size;

	if (n > 0)
		self->message_len += (size_t)n;
	while (self->message_len >= sizeof(head)) {
		memcpy(&head, self->message, sizeof(head));
		size = sizeof(head) + head.size;
		if (head.size > MESSAGE_MAX - sizeof(head))
			return end_broken(self, "garbled message from inside");
		if (self->message_len < size)
			return true;
		if (!take_message(self, &head, self->message + sizeof(head)))
			return false;
		self->message_len -= size;
		memmove(self->message, self->message + size, self->message_len);
	}
	return true;
}

static bool take_signal(struct keeper *self)
{
	struct signalfd_siginfo info;

	if (read(self->signals, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo == SIGWINCH) {
		order_resize(&self->orders, terminal_size(self->ttys));
		return true;
	}
	return end_with(self, STATUS_SIGNAL + (int)info.ssi_signo);
}

static bool move_input(struct keeper *self, const struct pollfd fds[2])
{
	struct pump *pump = &self->pumps[PORT_IN];
	int n = pump_move(pump, fds);

	if (n > 0 && self->ttys & 1 &&
	    terminal_is_escape(pump->buf, (size_t)n)) {
		terminal_restore();
		fprintf(stderr, "\nlab: ended by Ctrl-] three times\n");
		return end_with(self, STATUS_SIGNAL + SIGTERM);
	}
	if (pump_is_done(pump) && !self->is_input_over) {
		shutdown(self->qemu.ports[PORT_IN], SHUT_WR);
		self->is_input_over = true;
	}
	return true;
}

static bool move_output(struct keeper *self, int port,
			const struct pollfd fds[2])
{
	int err = pump_move(&self->pumps[port], fds);

	if (err == -EPIPE)
		return end_with(self, STATUS_SIGNAL + SIGPIPE);
	if (err < 0) {
		terminal_restore();
		fprintf(stderr, "lab: %s: cannot write its output: %s\n",
			self->what, strerror(-err));
		return end_with(self, STATUS_FAILED);
	}
	return true;
}

static bool is_complete(const struct keeper *self)
{
	if (!self->has_exit)
		return false;
	for (int i = PORT_OUT; i < PORT_END; i++)
		if (self->pumps[i].moved < self->exit.sent[i])
			return false;
	return true;
}

static long elapsed_ms(const struct keeper *self)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - self->start.tv_sec) * 1000 +
	       (now.tv_nsec - self->start.tv_nsec) / 1000000;
}

/* Returns the time poll() may sleep, or ends the loop when it is over. */
static bool check_time(struct keeper *self, int *wait)
{
	long limit = self->is_running ? LONG_MAX : BOOT_LIMIT_MS;
	long left = elapsed_ms(self);

	if (self->timeout_ms && self->timeout_ms < limit)
		limit = self->timeout_ms;
	left = limit - left;
	if (left > 0) {
		*wait = left < QUIET_MS ? (int)left : QUIET_MS;
		return true;
	}
	terminal_restore();
	if (limit != self->timeout_ms)
		return end_broken(self, "the lab does not come up");
	fprintf(stderr, "lab: %s: did not end within %ld s (--timeout)\n",
		self->what, self->timeout_ms / 1000);
	if (!self->is_running)
		qemu_show_log(&self->qemu);
	return end_with(self, STATUS_TIMEOUT);
}

static void fill_poll(struct keeper *self, struct pollfd fds[2 * PORT_END])
{
	for (int i = 0; i < 2 * PORT_END; i++)
		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	fds[POLL_QEMU].fd = self->qemu.pidfd;
	fds[POLL_PARENT].fd = self->parent;
	fds[POLL_SIGNALS].fd = self->signals;
	fds[POLL_CONTROL].fd = self->qemu.ports[PORT_CONTROL];
	if (!queue_is_empty(&self->orders))
		fds[POLL_CONTROL].events |= POLLOUT;
	for (int i = PORT_IN; i < PORT_END; i++)
		if (i != PORT_IN || self->is_running)
			pump_poll(&self->pumps[i], &fds[2 * i]);
}

/* One round. Returns false when it is over; self->ending says how. */
static bool loop(struct keeper *self)
{
	struct pollfd fds[2 * PORT_END];
	int wait;

	if (is_complete(self))
		return end_with(self, self->exit.status);
	if (!check_time(self, &wait))
		return false;
	fill_poll(self, fds);
	switch (poll(fds, 2 * PORT_END, wait)) {
	case 0:
		if (self->is_running && queue_is_empty(&self->orders))
			order_wake(&self->orders);
		return true;
	case -1:
		return true;
	}
	if (fds[POLL_SIGNALS].revents && !take_signal(self))
		return false;
	if (fds[POLL_PARENT].revents)
		return end_with(self, STATUS_SIGNAL + SIGHUP);
	if (fds[POLL_CONTROL].revents & POLLOUT)
		queue_send(&self->orders, self->qemu.ports[PORT_CONTROL]);
	if (fds[POLL_CONTROL].revents & POLLIN && !read_control(self))
		return false;
	for (int i = PORT_OUT; i < PORT_END; i++)
		if (!move_output(self, i, &fds[2 * i]))
			return false;
	if (self->is_running && !move_input(self, &fds[2 * PORT_IN]))
		return false;
	if (fds[POLL_QEMU].revents && !self->has_exit)
		return end_broken(self, "the lab ended before it did");
	return true;
}

static void watch(struct keeper *self)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
				      SIGWINCH };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	self->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	self->parent = -1;
	if (getppid() > 1)
		self->parent = (int)syscall(SYS_pidfd_open, getppid(), 0);
}

static void start_pumps(struct keeper *self)
{
	int tty = terminal_open(self->ttys);
	const int *ports = self->qemu.ports;

	pump_init(&self->pumps[PORT_IN], STDIN_FILENO, ports[PORT_IN],
		  PUMP_BUFFER);
	pump_init(&self->pumps[PORT_OUT], ports[PORT_OUT], STDOUT_FILENO,
		  PIPE_BUF);
	pump_init(&self->pumps[PORT_ERR], ports[PORT_ERR], STDERR_FILENO,
		  PIPE_BUF);
	pump_init(&self->pumps[PORT_TTY], ports[PORT_TTY], tty, PIPE_BUF);
}

/* Says which files that COMMAND was told to write went with the lab. */
static void tell_lost(const struct queue *lost)
{
	const char *path = lost->data;

	for (; path && path < lost->data + lost->end; path += strlen(path) + 1)
		fprintf(stderr,
			"lab: %s: it was written inside and is gone with the "
			"lab; --out DIR keeps what is written in DIR\n",
			path);
}

/* Runs what is wished in the QEMU of @qemu_args; returns the status to end
 * with. */
static int keep(struct keeper *self, char **qemu_args, int count,
		const struct wish *wish)
{
	struct lab_setup setup = { 0 };
	const char *log = getenv("MKVM_LAB_LOG");

	clock_gettime(CLOCK_MONOTONIC, &self->start);
	self->what = wish->args[0];
	self->ttys = terminal_mask();
	setup.ttys = self->ttys;
	setup.is_raw = (self->ttys & 3) == 3;
	setup.size = terminal_size(self->ttys);
	if (order_pack(&self->orders, &setup, wish)) {
		perror("lab: cannot pack the command");
		return STATUS_FAILED;
	}
	watch(self);
	if (qemu_start(&self->qemu, qemu_args, count))
		return STATUS_FAILED;
	start_pumps(self);
	terminal_make_raw(self->ttys);
	while (loop(self))
		;
	qemu_kill(&self->qemu);
	terminal_restore();
	tell_lost(&self->lost);
	if (log && *log)
		qemu_save_log(&self->qemu, log);
	return self->ending;
}

/* Ends as the signal would have: the shell that waits for us must see it. */
static void die_of_signal(int status)
{
	int signo = status - STATUS_SIGNAL;
	sigset_t set;

	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	raise(signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int print_tsc_khz(void)
{
	if (printf("%lu\n", tsc_khz()) >= 0 && !fflush(stdout))
		return 0;
	fprintf(stderr, "lab: standard output: %s\n", strerror(errno));
	return STATUS_FAILED;
}

/*
 * Where a standard descriptor is closed, a socket of QEMU would take its place
 * and get COMMAND's output: one that nothing can be written to stands in.
 */
static void fill_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static int usage(void)
{
	fprintf(stderr, "usage: lab-keeper [--timeout S] [--share DIR]... "
			"[--out DIR]... [--forward PORT]... "
			"-- QEMU ARG... -- COMMAND ARG...\n"
			"       lab-keeper --tsc-khz\n"
			"lab/run calls it; that is the command to use\n");
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "timeout", required_argument, NULL, 't' },
		{ "share", required_argument, NULL, 's' },
		{ "out", required_argument, NULL, 'o' },
		{ "forward", required_argument, NULL, 'f' },
		{ "tsc-khz", no_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	struct wish wish = {
		.shares = calloc((size_t)argc, sizeof(*wish.shares)),
		.outs = calloc((size_t)argc, sizeof(*wish.outs)),
		.forwards = calloc((size_t)argc, sizeof(*wish.forwards)),
	};
	char **qemu = calloc((size_t)argc + QEMU_EXTRA_ARGS, sizeof(*qemu));
	int option, status, share = 0, out = 0, forward = 0, count = 0;

	if (!wish.shares || !wish.outs || !wish.forwards || !qemu)
		return STATUS_FAILED;
	fill_descriptors();
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (option) {
		case 't':
			keeper.timeout_ms = 1000 * strtol(optarg, NULL, 10);
			break;
		case 's':
			wish.shares[share++] = optarg;
			break;
		case 'o':
			wish.outs[out++] = optarg;
			break;
		case 'f':
			wish.forwards[forward++] = optarg;
			break;
		case 'k':
			return print_tsc_khz();
		default:
			return usage();
		}
	}
	while (optind < argc && strcmp(argv[optind], "--") != 0)
		qemu[count++] = argv[optind++];
	if (count == 0 || optind + 1 >= argc)
		return usage();
	wish.args = &argv[optind + 1];
	status = keep(&keeper, qemu, count, &wish);
	free(wish.shares);
	free(wish.outs);
	free(wish.forwards);
	free(qemu);
	if (status > STATUS_SIGNAL && !keeper.has_exit)
		die_of_signal(status);
	return status;
}
