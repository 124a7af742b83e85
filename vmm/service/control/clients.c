/*
 * The broker's clients. Each has room for one line and for one answer: while it
 * does not take its answer, nothing more of it is read, and while it sends half a
 * line, nobody waits for the rest. What a client said before it went is done.
 */
#define _GNU_SOURCE /* accept4(), struct ucred */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/control/control.h"
#include "util/clock.h"

#define CLIENTS_MAX 128

struct client {
	struct client *next;
	struct event_source source; /* fd -1: it has gone */
	char in[CTL_LINE_MAX];
	size_t in_len;
	char *out; /* its answer; NULL: none, or all of it is taken */
	size_t out_len, out_at;
	uint64_t heard_ns;
	struct request *asked; /* on its way */
	bool dropping;	       /* the line is too long: up to its end */
	bool attached;	       /* to the console, whose bytes it is sent: */
	uint64_t seen;	       /* how many of those were printed before */
	bool eof;
	bool hung_up; /* both ways: it is not watched, and is read to its end */
};

static struct client *clients;
static unsigned int nr_clients;
static struct event_source listener = { .fd = -1 };
static bool deaf; /* there is no descriptor for one more */

static const char stranger[] =
	"{\"ok\": false, \"error\": \"this run belongs to "
	"another user\"}\n";
static const char crowd[] =
	"{\"ok\": false, \"error\": \"too many clients, and "
	"all are busy\"}\n";

/* --- One client --- */

static void free_client(struct client *client)
{
	struct client **at = &clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	nr_clients--;
	if (client->asked)
		client->asked->client = NULL;
	if (client->source.fd >= 0)
		close(client->source.fd);
	free(client->out);
	free(client);
	if (deaf)
		event_add(&broker_loop, &listener, EPOLLIN);
	deaf = false;
}

/* Nobody reads what it is told. */
static void leave(struct client *client)
{
	if (client->source.fd >= 0)
		close(client->source.fd);
	client->source.fd = -1;
	free(client->out);
	client->out = NULL;
}

/* What has come is read as long as there is room; that of one who has hung up, too,
 * so that it may go. */
static void receive(struct client *client)
{
	size_t room = sizeof(client->in) - client->in_len;
	ssize_t len;

	if (client->eof || client->source.fd < 0 || !room)
		return;
	len = recv(client->source.fd, client->in + client->in_len, room,
		   MSG_DONTWAIT);
	if (len > 0)
		client->in_len += (size_t)len;
	else if (len == 0)
		client->eof = true;
	else if (errno != EAGAIN && errno != EINTR)
		leave(client);
	client->heard_ns = clock_now_ns();
}

/* What the console has for it. */
static void show(struct client *client)
{
	const char *text;
	size_t len;

	while (client->attached && client->source.fd >= 0 &&
	       (len = desk_look(&client->seen, &text))) {
		ssize_t sent = send(client->source.fd, text, len,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0)
			client->seen += (size_t)sent;
		else if (errno == EAGAIN || errno == EINTR)
			return;
		else
			leave(client);
	}
}

static void flush(struct client *client)
{
	ssize_t len;

	if (!client->out || client->source.fd < 0) {
		show(client);
		return;
	}
	len = send(client->source.fd, client->out + client->out_at,
		   client->out_len - client->out_at,
		   MSG_DONTWAIT | MSG_NOSIGNAL);
	if (len < 0 && errno != EAGAIN && errno != EINTR) {
		free(client->out); /* it has said something yet, perhaps */
		client->out = NULL;
		return;
	}
	client->out_at += len > 0 ? (size_t)len : 0;
	if (client->out_at == client->out_len) {
		free(client->out);
		client->out = NULL;
	}
}

void clients_answer(struct client *client, const char *text, size_t len)
{
	client->asked = NULL;
	if (client->source.fd < 0)
		return;
	client->out = malloc(len);
	if (!client->out) {
		leave(client);
		return;
	}
	memcpy(client->out, text, len);
	client->out_len = len;
	client->out_at = 0;
	flush(client);
}

static void refuse(struct client *client, const char *hint, const char *what)
{
	struct ctl_call call = { .answer = &broker_answer };
	const char *text;

	ctl_refuse(&call, hint, "%s", what);
	text = answer_text(&call);
	clients_answer(client, text, broker_answer.len);
}

/* --- Lines --- */

static void ask(struct client *client, const char *line, size_t len)
{
	struct request *request = calloc(1, sizeof(*request));

	if (!request) {
		refuse(client, NULL, strerror(ENOMEM));
		return;
	}
	memcpy(request->line, line, len);
	request->len = len;
	request->client = client;
	client->asked = request;
	broker_ask(request);
}

static bool is_blank(const char *line, size_t len)
{
	while (len && strchr(" \t\r", line[len - 1]) && line[len - 1])
		len--;
	return !len;
}

static void drop(struct client *client, size_t len)
{
	client->in_len -= len;
	memmove(client->in, client->in + len, client->in_len);
}

/* Takes one line, or what is too much of one. False: there is no whole one. */
static bool take_line(struct client *client)
{
	char *end = memchr(client->in, '\n', client->in_len);
	size_t len = end ? (size_t)(end - client->in) : client->in_len;
	bool was_dropping = client->dropping;

	if (!end && client->in_len < sizeof(client->in) && !was_dropping)
		return false;
	client->dropping = !end;
	if (!was_dropping && !end)
		refuse(client, NULL, "the line is longer than 4095 bytes");
	else if (!was_dropping && !is_blank(client->in, len))
		ask(client, client->in, len);
	drop(client, end ? len + 1 : len);
	return end;
}

/* A line that was cut off might mean something else: it is not done. */
static void take_rest(struct client *client)
{
	if (client->in_len && !client->dropping)
		refuse(client, NULL, "the last line has no newline");
	client->in_len = 0;
}

/* What it sends is typed. */
static void type(struct client *client)
{
	if (client->in_len)
		drop(client, desk_type(client->in, client->in_len));
	if (client->hung_up)
		leave(client);
}

/* Does what can be done for it now; true: there may be more. */
static bool attend(struct client *client)
{
	if (client->asked || client->out)
		return false;
	if (client->attached) {
		type(client);
		return false;
	}
	if (take_line(client))
		return true;
	if (client->hung_up && !client->eof && client->source.fd >= 0) {
		receive(client);
		return true;
	}
	if (client->eof || client->source.fd < 0)
		take_rest(client);
	return false;
}

static bool is_through(const struct client *client)
{
	return !client->asked && !client->out && !client->in_len &&
	       (client->eof || client->source.fd < 0);
}

static bool is_behind(struct client *client)
{
	const char *text;

	return client->attached && desk_look(&client->seen, &text);
}

static void watch(struct client *client)
{
	uint32_t events = client->out || is_behind(client) ? EPOLLOUT : 0;

	if (!client->eof && client->in_len < sizeof(client->in))
		events |= EPOLLIN;
	if (client->source.fd >= 0 && !client->hung_up)
		event_add(&broker_loop, &client->source, events);
}

/* One line of each in turn. */
void clients_attend(void)
{
	struct client *client, *next;
	bool more = true;

	while (more) {
		more = false;
		for (client = clients; client; client = client->next)
			more |= attend(client);
	}
	for (client = clients; client; client = next) {
		next = client->next;
		if (is_through(client))
			free_client(client);
		else
			watch(client);
	}
}

static void on_client(void *arg, uint32_t events)
{
	struct client *client = arg;

	flush(client);
	receive(client);
	if (!(events & (EPOLLHUP | EPOLLERR)) || client->source.fd < 0)
		return;
	event_del(&broker_loop, &client->source);
	client->hung_up = true;
	free(client->out);
	client->out = NULL;
}

void clients_show(void)
{
	for (struct client *client = clients; client; client = client->next)
		if (client->attached)
			flush(client);
}

void clients_attach(struct ctl_call *call)
{
	struct client *client = broker_request(call)->client;

	if (!client)
		return;
	client->attached = true;
	client->seen = desk_oldest();
}

/* --- Who comes --- */

static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) &&
	       (peer.uid == geteuid() || !peer.uid);
}

/* The one that was heard last the longest ago, and waits for nothing. */
static bool drop_idle(void)
{
	struct client *oldest = NULL;

	for (struct client *client = clients; client; client = client->next)
		if (client->source.fd >= 0 && !client->asked && !client->out &&
		    !client->attached &&
		    (!oldest || client->heard_ns < oldest->heard_ns))
			oldest = client;
	if (!oldest)
		return false;
	leave(oldest); /* and it goes when nobody can be at it */
	oldest->in_len = 0;
	return true;
}

static void turn_away(int fd, const char *text, size_t len)
{
	send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(fd);
}

static void admit(int fd)
{
	struct client *client;

	if (!is_allowed(fd)) {
		turn_away(fd, stranger, sizeof(stranger) - 1);
		return;
	}
	client = nr_clients < CLIENTS_MAX || drop_idle() ?
			 calloc(1, sizeof(*client)) :
			 NULL;
	if (!client) {
		turn_away(fd, crowd, sizeof(crowd) - 1);
		return;
	}
	client->source = (struct event_source){ fd, on_client, client };
	client->heard_ns = clock_now_ns();
	client->next = clients;
	clients = client;
	nr_clients++;
}

static void on_listener(void *arg, uint32_t events)
{
	int fd = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)arg;
	(void)events;
	if (fd >= 0) {
		admit(fd);
	} else if ((errno == EMFILE || errno == ENFILE || errno == ENOMEM) &&
		   !drop_idle()) {
		event_del(&broker_loop, &listener);
		deaf = true;
	}
}

int clients_start(int fd)
{
	listener = (struct event_source){ fd, on_listener, NULL };
	return event_add(&broker_loop, &listener, EPOLLIN);
}

void clients_end(void)
{
	close(listener.fd);
	listener.fd = -1;
	deaf = false;
}

bool clients_are_told(void)
{
	for (struct client *client = clients; client; client = client->next)
		if (client->out || client->asked ||
		    (client->source.fd >= 0 && is_behind(client)))
			return false;
	return true;
}
