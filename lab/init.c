/*
 * The lab's only program of its own: process 1 of the emulated host. It takes
 * one order from the keeper, builds the file tree, runs COMMAND and carries
 * its bytes, then reports the exit status and waits to be switched off.
 */
#define _GNU_SOURCE
#include "inside.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pump.h"

/* Pump N serves port N; there is none for the control port. */
struct lab {
	int ports[PORT_END];
	int children; /* a signalfd */
	struct order order;
	struct command command;
	struct pump pumps[PORT_END];
	bool is_over; /* COMMAND has exited; @status is set */
	int status;
};

static struct lab lab;

/* What fail() has to say goes to the keeper. */
static void tell_keeper(const char *text, size_t len)
{
	port_send(lab.ports[PORT_CONTROL], LAB_FAILED, text, len);
}

/* Splits @count strings off *@at; returns a list that ends with NULL. */
static char **take_strings(char **at, const char *end, uint32_t count)
{
	char **list = calloc((size_t)count + 1, sizeof(*list));

	if (!list)
		fail("order", "no memory");
	for (uint32_t i = 0; i < count; i++) {
		if (*at >= end)
			fail("order", "it is cut short");
		list[i] = *at;
		*at += strlen(*at) + 1;
	}
	return list;
}

static void take_order(int port, struct order *order)
{
	struct lab_head head;
	char *strings, *end;
	size_t len;

	port_read(port, &head, sizeof(head));
	if (head.kind != LAB_SETUP || head.size < sizeof(order->setup))
		fail("order", "this is none; run \"make lab\" again");
	port_read(port, &order->setup, sizeof(order->setup));
	len = head.size - sizeof(order->setup);
	strings = malloc(len + 1);
	if (!strings)
		fail("order", "no memory; use --mem");
	port_read(port, strings, len);
	end = strings + len;
	*end = '\0';
	order->cwd = *take_strings(&strings, end, 1);
	order->shares = take_strings(&strings, end, order->setup.shares);
	order->outs = take_strings(&strings, end, order->setup.outs);
	order->forwards = take_strings(&strings, end, order->setup.forwards);
	order->args = take_strings(&strings, end, order->setup.args);
	order->envs = take_strings(&strings, end, order->setup.envs);
}

/* The initramfs may have no console node: then nothing is open here. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void watch_children(struct lab *self)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	self->children = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (self->children < 0)
		fail("signalfd", "cannot open one");
}

static void start_pumps(struct lab *self)
{
	const struct command *command = &self->command;

	pump_init(&self->pumps[PORT_IN], self->ports[PORT_IN], command->in,
		  PUMP_BUFFER);
	pump_init(&self->pumps[PORT_OUT], command->out, self->ports[PORT_OUT],
		  PUMP_BUFFER);
	pump_init(&self->pumps[PORT_ERR], command->err, self->ports[PORT_ERR],
		  PUMP_BUFFER);
	pump_init(&self->pumps[PORT_TTY], command->tty, self->ports[PORT_TTY],
		  PUMP_BUFFER);
}

/* PORT_IN's pump: COMMAND sees the end of its input, or reads no more. */
static void move_input(struct lab *self, const struct pollfd fds[2])
{
	struct pump *pump = &self->pumps[PORT_IN];
	bool is_pipe = pump->to >= 0 && pump->to != self->command.tty;

	if (pump_move(pump, fds) < 0) {
		close(pump->to);
		pump->to = -1;
	} else if (is_pipe && pump_is_done(pump)) {
		close(pump->to);
		pump->to = -1;
	}
}

static void reap(struct lab *self)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(self->children, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != self->command.pid)
			continue;
		self->is_over = true;
		self->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
						     WEXITSTATUS(status);
	}
}

static void take_message(struct lab *self)
{
	struct lab_winsize size;
	struct lab_head head;

	port_read(self->ports[PORT_CONTROL], &head, sizeof(head));
	if (head.kind == LAB_WAKE && !head.size)
		return;
	if (head.kind != LAB_WINSIZE || head.size != sizeof(size))
		fail("control port", "unknown message");
	port_read(self->ports[PORT_CONTROL], &size, sizeof(size));
	command_resize(&self->command, size);
}

/*
 * One round: waits unless COMMAND is over. Returns false when it is over and
 * nothing that it wrote is left.
 */
static bool carry(struct lab *self)
{
	struct pollfd fds[2 * PORT_END];
	struct pollfd *control = &fds[2 * PORT_CONTROL];
	struct pollfd *children = control + 1;
	bool is_over = self->is_over;
	bool has_rest = false;

	for (int i = 0; i < 2 * PORT_END; i++)
		fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	children->fd = self->children;
	if (!is_over) {
		control->fd = self->ports[PORT_CONTROL];
		pump_poll(&self->pumps[PORT_IN], &fds[2 * PORT_IN]);
	}
	for (int i = PORT_OUT; i < PORT_END; i++) {
		pump_poll(&self->pumps[i], &fds[2 * i]);
		has_rest |= fds[2 * i + 1].fd >= 0;
	}
	if (poll(fds, 2 * PORT_END, is_over && !has_rest ? 0 : -1) == 0)
		return false;
	if (control->revents & POLLIN)
		take_message(self);
	if (!is_over)
		move_input(self, &fds[2 * PORT_IN]);
	for (int i = PORT_OUT; i < PORT_END; i++)
		pump_move(&self->pumps[i], &fds[2 * i]);
	if (children->revents)
		reap(self);
	return true;
}

static void report(const struct lab *self)
{
	struct lab_exit end = { .status = self->status };

	sync(); /* what was written through a mapping */
	lost_report(&self->order, self->ports[PORT_CONTROL]);
	for (int i = PORT_OUT; i < PORT_END; i++)
		end.sent[i] = self->pumps[i].moved;
	port_send(self->ports[PORT_CONTROL], LAB_EXIT, &end, sizeof(end));
}

int main(void)
{
	world_begin();
	open_console();
	signal(SIGPIPE, SIG_IGN);
	for (int i = PORT_CONTROL; i < PORT_END; i++) {
		lab.ports[i] = port_open(i);
		fail_through(tell_keeper); /* the control port is first */
		port_wait(lab.ports[i]);
	}
	take_order(lab.ports[PORT_CONTROL], &lab.order);
	world_enter(&lab.order);
	net_begin(&lab.order);
	watch_children(&lab);
	command_start(&lab.command, &lab.order);
	port_send(lab.ports[PORT_CONTROL], LAB_RUNNING, NULL, 0);
	start_pumps(&lab);
	while (carry(&lab))
		;
	report(&lab);
	for (;;)
		pause();
}
