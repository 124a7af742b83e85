/*
 * The VMM's end: a thread that takes a line from the broker, has its command run
 * and sends the answer back, in pieces; and ends guests whose time to end by
 * themselves is over.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/sandbox.h"
#include "core/vm.h"
#include "service/control/control.h"
#include "service/control/line.h"
#include "service/control/message.h"
#include "util/clock.h"
#include "util/event.h"
#include "util/log.h"
#include "util/thread.h"

TABLE_DECLARE(ctl, ctl_command);

#define ANSWER_MS 5000 /* that a last answer may take */

enum { WAKE, BROKER, NR_FDS };

/* The guests that the call is for. False: it has refused. */
static bool find_guests(struct ctl_call *call, unsigned int *first,
			unsigned int *nr)
{
	const struct ctl_command *command = call->command;

	*first = 0;
	*nr = control.nr_vms;
	if (call->guest > control.nr_vms) {
		ctl_refuse(call, "`info` numbers them", "there is no guest %u",
			   call->guest);
		return false;
	}
	if (call->guest) {
		*first = call->guest - 1;
		*nr = 1;
	}
	if (command->reach != CTL_ONE || *nr == 1)
		return true;
	ctl_refuse(call, "say which: `guest N COMMAND`; `info` numbers them",
		   "%s: there are %u guests", command->name, control.nr_vms);
	return false;
}

static void send_answer(struct ctl_call *call)
{
	const char *text = answer_text(call);
	size_t left = control.answer.len;
	char piece[PIECE_MAX];

	do {
		size_t len = left < sizeof(piece) - 1 ? left :
							sizeof(piece) - 1;

		left -= len;
		*piece = left ? PIECE_MORE : PIECE_LAST;
		memcpy(piece + 1, text, len);
		text += len;
		if (message_send(control.broker, piece, len + 1, -1))
			return; /* it is gone, which poll() tells as well */
	} while (left);
}

/* @line, a NUL behind it, has come with descriptor @fd, or -1. */
static void serve_line(char *line, size_t len, int fd)
{
	struct ctl_call call = { .fd = fd, .answer = &control.answer };
	unsigned int first, nr;

	answer_clear(&control.answer);
	if (line_parse(&call, line, len)) {
		if (!call.command->run)
			ctl_refuse(&call, NULL, "%s: the broker's",
				   call.command->name);
		else if (find_guests(&call, &first, &nr))
			call.command->run(&call, &control.vms[first], nr);
	}
	if (call.fd >= 0)
		close(call.fd);
	send_answer(&call);
}

/* False: nothing more will come. */
static bool receive(void)
{
	char line[CTL_LINE_MAX + 1];
	int fd;
	ssize_t len = message_receive(control.broker, line, CTL_LINE_MAX, &fd);

	if (len == -EINTR || len == -EAGAIN)
		return true;
	if (len <= 0) {
		if (!atomic_load(&control.quit))
			log_warn("--control: the broker has ended: this run "
				 "takes no more commands");
		return false;
	}
	line[len] = '\0';
	serve_line(line, (size_t)len, fd);
	return true;
}

static void *serve(void *arg)
{
	struct pollfd fds[NR_FDS] = {
		[WAKE] = { control.wake, POLLIN, 0 },
		[BROKER] = { control.broker, POLLIN, 0 },
	};

	(void)arg;
	if (sandbox_thread(SANDBOX_SERVICE, 0))
		return NULL;
	while (!atomic_load(&control.quit)) {
		if (poll(fds, NR_FDS, stop_due_ms()) < 0)
			continue;
		if (fds[WAKE].revents)
			event_ack(control.wake);
		else if (fds[BROKER].revents && !receive())
			fds[BROKER].fd = -1;
		stop_those_due();
	}
	event_notify(control.gone);
	return NULL;
}

/* The broker is told what it may believe: no guest has run. */
static void tell(const struct ctl_command *command)
{
	char piece[PIECE_MAX] = { PIECE_TOLD };
	size_t len = strlen(command->name) + 1;

	memcpy(piece + 1, command->name, len);
	len++;
	len += command->tell(control.vms, control.nr_vms, piece + len,
			     sizeof(piece) - len);
	if (message_send(control.broker, piece, len, -1))
		log_warn("--control: the broker does not listen");
}

static void get_commands_ready(void)
{
	const struct ctl_command *const *row;

	TABLE_FOREACH(ctl, row) {
		if ((*row)->get_ready)
			(*row)->get_ready(control.vms, control.nr_vms);
		if ((*row)->tell)
			tell(*row);
	}
}

static int open_events(void)
{
	control.wake = event_fd();
	if (control.wake < 0)
		return control.wake;
	control.gone = event_fd();
	if (control.gone < 0)
		close(control.wake);
	return control.gone < 0 ? control.gone : 0;
}

static void close_events(void)
{
	close(control.wake);
	close(control.gone);
}

int serve_start(void)
{
	int err = answer_init(&control.answer);

	if (err)
		goto fail;
	err = -ENOMEM;
	control.guests = calloc(control.nr_vms, sizeof(*control.guests));
	if (!control.guests)
		goto free_answer;
	err = open_events();
	if (err)
		goto free_guests;
	get_commands_ready();
	err = thread_start(&control.thread, serve, NULL);
	if (!err)
		return 0;
	close_events();
free_guests:
	free(control.guests);
free_answer:
	answer_free(&control.answer);
fail:
	log_error("--control: %s", strerror(-err));
	return err;
}

/* The command that has ended the run has its answer, unless the broker takes none. */
void serve_stop(void)
{
	struct pollfd gone = { control.gone, POLLIN, 0 };

	atomic_store(&control.quit, true);
	event_notify(control.wake);
	poll(&gone, 1, ANSWER_MS);
	shutdown(control.broker, SHUT_WR);
	pthread_join(control.thread, NULL);
	close_events();
	free(control.guests);
	answer_free(&control.answer);
}
