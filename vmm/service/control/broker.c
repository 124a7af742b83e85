/*
 * The broker: a process that was forked while there was no guest yet. Clients talk
 * to it, and it to the VMM, one request at a time, whose answers are bytes of an
 * enemy's until they have been looked at. It ends when the VMM does.
 */
#define _GNU_SOURCE /* close_range() */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "service/control/control.h"
#include "service/control/line.h"
#include "service/control/message.h"
#include "util/clock.h"
#include "util/json_read.h"

#define GRACE_NS (200 * NS_PER_MS) /* for last answers, when the VMM has gone */
#define OVER	 "the run has ended"
#define TOLD_MAX 8 /* commands that have something to tell */

TABLE_DECLARE(ctl, ctl_command);

struct event_loop broker_loop;
struct ctl_answer broker_answer;

static struct event_source vmm;
static unsigned int nr_later; /* requests that are answered when they can be */
static struct event_source last_call = { .fd = -1 }; /* timerfd: GRACE_NS */
static bool over;				     /* the VMM is no more */
static bool leaving; /* and the time for last answers is */

/* Requests: the one that the VMM has, and those that wait. */
static struct request *current, *first;
static struct request **last = &first;

static char *reply; /* what the VMM has said so far */
static size_t reply_len;
static bool too_long;

/* --- Requests --- */

static void free_request(struct request *request)
{
	if (request->call.fd >= 0)
		close(request->call.fd);
	free(request);
}

static void answer(struct request *request, const char *text, size_t len)
{
	if (request->client)
		clients_answer(request->client, text, len);
	free_request(request);
}

/* With what was begun in this process. */
static void answer_here(struct request *request)
{
	const char *text = answer_text(&request->call);

	answer(request, text, broker_answer.len);
}

/* With what the VMM has said, unless settle() knows better. */
static void settle(struct request *request, bool ok)
{
	const struct ctl_command *command = request->call.command;

	if (command->settle)
		command->settle(&request->call, ok);
	if (request->later)
		return;
	if (broker_answer.begun)
		answer_here(request);
	else
		answer(request, reply, reply_len);
}

struct request *broker_request(struct ctl_call *call)
{
	char *at = (char *)call - offsetof(struct request, call);

	return (struct request *)at;
}

void ctl_later(struct ctl_call *call)
{
	broker_request(call)->later = true;
	nr_later++;
}

void ctl_begin_now(struct ctl_call *call)
{
	(void)call;
	answer_clear(&broker_answer);
}

void ctl_answer_now(struct ctl_call *call)
{
	nr_later--;
	answer_here(broker_request(call));
}

static int send_request(struct request *request)
{
	return message_send(vmm.fd, request->line, strlen(request->line),
			    request->call.fd);
}

/* True: the VMM has it now. */
static bool begin(struct request *request)
{
	struct ctl_call *call = &request->call;
	int err;

	*call = (struct ctl_call){ .fd = -1, .answer = &broker_answer };
	answer_clear(&broker_answer);
	if (over) {
		ctl_refuse(call, NULL, OVER);
	} else if (line_parse(call, request->line, request->len) &&
		   (!call->command->prepare || call->command->prepare(call)) &&
		   call->command->run) {
		err = send_request(request);
		if (!err)
			return true;
		ctl_refuse(call, NULL, "the VMM does not listen: %s",
			   strerror(-err));
		settle(request, false);
		return false;
	}
	answer_here(request);
	return false;
}

static void begin_next(void)
{
	while (!current && first) {
		struct request *request = first;

		first = request->next;
		if (!first)
			last = &first;
		if (!begin(request))
			continue;
		current = request;
		reply_len = 0;
		too_long = false;
	}
}

void broker_ask(struct request *request)
{
	request->next = NULL;
	*last = request;
	last = &request->next;
	begin_next();
}

/* --- The VMM --- */

static void refuse_reply(const char *why)
{
	ctl_refuse(&current->call, NULL, "the VMM's answer %s", why);
}

static void take_reply(void)
{
	struct request *request = current;
	bool ok = false;

	answer_clear(&broker_answer);
	if (too_long)
		refuse_reply("is too long");
	else if (!json_is_line(reply, reply_len))
		refuse_reply("makes no sense");
	else
		ok = json_is_true(reply, reply_len, "ok");
	current = NULL;
	settle(request, ok);
	begin_next();
}

static void add_piece(const char *piece, size_t len)
{
	too_long |= CTL_ANSWER_MAX - reply_len < len;
	if (too_long)
		return;
	memcpy(reply + reply_len, piece, len);
	reply_len += len;
}

/* Clients have a moment to take what they are told, and the socket goes at once. */
static void end(void)
{
	struct request *request = current;

	over = true;
	event_del(&broker_loop, &vmm);
	desk_end();
	clients_end();
	place_leave(&control_run.place);
	last_call.fd = event_timer_fd();
	if (last_call.fd < 0 || event_add(&broker_loop, &last_call, EPOLLIN))
		leaving = true;
	else
		event_arm(last_call.fd, GRACE_NS, 0);
	current = NULL;
	if (request) {
		answer_clear(&broker_answer);
		ctl_refuse(&request->call, NULL, OVER);
		settle(request, false);
	}
	begin_next();
}

/* Of each command what comes first counts: guests have not run by then. */
static void take_told(const char *piece, size_t len)
{
	static const struct ctl_command *heard[TOLD_MAX];
	const struct ctl_command *const *row;
	size_t name_len = strnlen(piece, len);
	size_t i;

	TABLE_FOREACH(ctl, row) {
		if (name_len == len || strcmp(piece, (*row)->name) != 0 ||
		    !(*row)->told)
			continue;
		for (i = 0; i < TOLD_MAX && heard[i]; i++)
			if (heard[i] == *row)
				return;
		if (i == TOLD_MAX)
			return;
		heard[i] = *row;
		(*row)->told(piece + name_len + 1, len - name_len - 1);
	}
}

static void on_vmm(void *arg, uint32_t events)
{
	char piece[PIECE_MAX];
	ssize_t len = recv(vmm.fd, piece, sizeof(piece), MSG_DONTWAIT);

	(void)arg;
	(void)events;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0) {
		end();
		return;
	}
	if (*piece == PIECE_TOLD) {
		take_told(piece + 1, (size_t)len - 1);
		return;
	}
	if (!current)
		return; /* nobody has asked */
	add_piece(piece + 1, (size_t)len - 1);
	if (*piece != PIECE_MORE)
		take_reply();
}

static void on_last_call(void *arg, uint32_t events)
{
	(void)arg;
	(void)events;
	leaving = true;
}

static bool finished(void *arg)
{
	(void)arg;
	clients_attend();
	return over && !nr_later && (leaving || clients_are_told());
}

/* --- The process --- */

/* Signals of the terminal are the VMM's, and this ends when that does. */
static void ignore_signals(void)
{
	static const int ignored[] = { SIGINT,	SIGQUIT, SIGHUP,
				       SIGTERM, SIGTSTP, SIGPWR };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGALRM, SIG_DFL);
	setsid();
}

/* Of what the VMM has open, this keeps the @nr descriptors at @fds, which are others
 * then. Whoever waits for the end of the VMM's output waits for it alone. */
static void keep_only(int *const fds[], int nr)
{
	const int first_kept = STDERR_FILENO + 1;
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < nr; i++) /* out of the way */
		*fds[i] = fcntl(*fds[i], F_DUPFD_CLOEXEC, first_kept + nr);
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	for (int i = 0; i < nr; i++)
		*fds[i] = dup3(*fds[i], first_kept + i, O_CLOEXEC);
	syscall(SYS_close_range, first_kept + nr, ~0u, 0);
}

void broker_run(int listener, int vmm_fd, int console)
{
	int *const fds[] = { &listener, &vmm_fd, &control_run.place.folder,
			     &console };

	keep_only(fds, sizeof(fds) / sizeof(fds[0]) - (console < 0));
	ignore_signals();
	prctl(PR_SET_NAME, "kvm-vmm-broker");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	vmm = (struct event_source){ vmm_fd, on_vmm, NULL };
	last_call.ready = on_last_call;
	reply = malloc(CTL_ANSWER_MAX);
	if (!reply || answer_init(&broker_answer) || event_init(&broker_loop) ||
	    event_add(&broker_loop, &vmm, EPOLLIN) || clients_start(listener) ||
	    desk_start(console))
		_exit(1);
	event_run(&broker_loop, finished, NULL);
	_exit(0);
}
