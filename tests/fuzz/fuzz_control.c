/* objects: VMM:service/control/answer VMM:service/control/line VMM:service/control/message */
/* objects: VMM:service/control/desk VMM:util/ */
/*
 * The broker between clients and a VMM, any of which may mean no good. They are at
 * sockets as in real life; what each does next, the input says: a step is a byte
 * that says what happens, and more that say how. Whatever it is, all that a client
 * ever reads are whole lines of JSON, and each request is settled once.
 */
#include "../../vmm/service/control/broker.c"
#include "../../vmm/service/control/clients.c"

#define NR_CLIENTS 6
#define PIECE	   4096 /* bytes that are sent at once, at most */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct control_run control_run;

static struct bytes {
	const uint8_t *data;
	size_t left;
} in;

/* The other ends. */
static struct peer {
	int fd;	       /* -1: there is none */
	bool attached; /* what it reads now is the console's */
	char line[CTL_ANSWER_MAX + 1];
	size_t len;
} peers[NR_CLIENTS];
static int peer_vmm = -1, peer_console = -1, console_fd = -1;
static int nr_prepared; /* and not settled */

/* Not with files. */
void place_leave(struct place *place)
{
	(void)place;
}

static uint8_t next(void)
{
	if (!in.left)
		return 0;
	in.left--;
	return *in.data++;
}

/* --- Commands of all kinds --- */

static bool prepare_file(struct ctl_call *call)
{
	if (*call->rest == 'n') {
		ctl_refuse(call, NULL, "no");
		return false;
	}
	call->fd = dup(STDIN_FILENO);
	nr_prepared++;
	return true;
}

static void settle_file(struct ctl_call *call, bool ok)
{
	nr_prepared--;
	if (*call->rest == 's')
		json_bool(ctl_reply(call), "was", ok);
}

static bool prepare_all(struct ctl_call *call)
{
	json_string(ctl_reply(call), "rest", call->rest);
	return false;
}

/* From here on the client is at the console. */
static bool attach(struct ctl_call *call)
{
	json_bool(ctl_reply(call), "attached", true);
	clients_attach(call);
	return false;
}

static void run(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	(void)call;
	(void)vms;
	(void)nr_vms;
	abort(); /* not in this process */
}

#define ROW(word, before, work, after)                 \
	static const struct ctl_command row_##word = { \
		.name = #word,                         \
		.args = "",                            \
		.what = "",                            \
		.reach = CTL_ALL,                      \
		.prepare = before,                     \
		.run = work,                           \
		.settle = after,                       \
	};                                             \
	CTL(row_##word)

ROW(v, NULL, run, NULL);
ROW(b, prepare_all, NULL, NULL);
ROW(c, attach, NULL, NULL);
ROW(f, prepare_file, run, settle_file);

/* --- Peers --- */

/* What it has read is whole lines of JSON, as far as it goes. */
static void check_lines(struct peer *peer)
{
	char *end;

	while (!peer->attached && (end = memchr(peer->line, '\n', peer->len))) {
		size_t len = (size_t)(end - peer->line) + 1;

		if (!json_is_line(peer->line, len))
			abort();
		peer->attached = json_is_true(peer->line, len, "attached");
		peer->len -= len;
		memmove(peer->line, peer->line + len, peer->len);
	}
	if (peer->attached)
		peer->len = 0;
	if (peer->len == sizeof(peer->line))
		abort();
}

static void hear(struct peer *peer)
{
	ssize_t len;

	while (peer->fd >= 0 &&
	       (len = recv(peer->fd, peer->line + peer->len,
			   sizeof(peer->line) - peer->len, MSG_DONTWAIT)) > 0) {
		peer->len += (size_t)len;
		check_lines(peer);
	}
}

static void join(struct peer *peer)
{
	int pair[2];

	if (peer->fd >= 0 || over ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       pair))
		return;
	peer->fd = pair[0];
	peer->len = 0;
	peer->attached = false;
	admit(pair[1]);
}

static void part(struct peer *peer)
{
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
}

/* A piece of the input, or many of one line. */
static void say(int fd, bool whole)
{
	static const char *const lines[] = { "v\n",   "b x\n", "f\n",
					     "f s\n", "f n\n", "guest 1 v\n",
					     "c\n" };
	size_t len = next() * 16 + next() % 16;

	if (whole) {
		const char *line = lines[len % 7];

		for (size_t i = 0; i <= len / 256; i++)
			send(fd, line, strlen(line),
			     MSG_DONTWAIT | MSG_NOSIGNAL);
		return;
	}
	len = len < in.left ? len : in.left;
	send(fd, in.data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	in.data += len;
	in.left -= len;
}

/* --- The VMM --- */

static void hear_request(void)
{
	char line[CTL_LINE_MAX + 1];
	int fd;
	ssize_t len = message_receive(peer_vmm, line, sizeof(line), &fd);

	if (len > CTL_LINE_MAX - 1 || (len > 0 && memchr(line, '\n', len)))
		abort();
	if (fd >= 0)
		close(fd);
}

static void answer_request(uint8_t how)
{
	static const char good[] = ".{\"ok\": true, \"a\": [1, \"x\"]}\n";
	static char large[PIECE_MAX];

	switch (how % 4) {
	case 0:
		say(peer_vmm, false);
		break;
	case 1:
		memset(large, ' ', sizeof(large));
		large[0] = how & 4 ? PIECE_MORE : PIECE_LAST;
		for (int i = 0; i <= how >> 3; i++)
			send(peer_vmm, large, sizeof(large),
			     MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	default:
		send(peer_vmm, good, sizeof(good) - 1,
		     MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

/* --- Steps --- */

/* Whatever is ready, until nothing is: as event_run() does, without waiting. */
static void go_on(void)
{
	struct epoll_event ready[8];
	int nr;

	do {
		clients_attend();
		nr = epoll_wait(broker_loop.epoll_fd, ready, 8, 0);
		for (int i = 0; i < nr; i++) {
			struct event_source *source = ready[i].data.ptr;

			source->ready(source->arg, ready[i].events);
		}
	} while (nr > 0);
	clients_attend();
}

static void step(void)
{
	uint8_t what = next();
	struct peer *peer = &peers[what / 16 % NR_CLIENTS];

	switch (what % 16) {
	case 0:
	case 1:
		join(peer);
		break;
	case 2:
		shutdown(peer->fd, SHUT_WR);
		break;
	case 3:
		part(peer);
		break;
	case 4:
	case 5:
		hear(peer);
		break;
	case 6:
	case 7:
		hear_request();
		break;
	case 8:
	case 9:
	case 10:
		answer_request(next());
		break;
	case 11:
		say(peer_console, false);
		break;
	case 12:
		say(peer->fd, true);
		break;
	default:
		say(peer->fd, false);
	}
	go_on();
}

static void begin_console(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       pair) ||
	    desk_start(pair[1]))
		abort();
	peer_console = pair[0];
	console_fd = pair[1];
}

static void begin_world(void)
{
	int pair[2];

	if (!reply) {
		reply = malloc(CTL_ANSWER_MAX);
		if (!reply || answer_init(&broker_answer))
			abort();
	}
	if (event_init(&broker_loop) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, pair))
		abort();
	peer_vmm = pair[0];
	begin_console();
	vmm = (struct event_source){ pair[1], on_vmm, NULL };
	event_add(&broker_loop, &vmm, EPOLLIN);
	last_call.ready = on_last_call;
	over = leaving = false;
	for (int i = 0; i < NR_CLIENTS; i++)
		peers[i].fd = -1;
}

/* The VMM goes, then all clients: everything is settled, and nobody is left. */
static void end_world(void)
{
	close(peer_vmm);
	close(peer_console);
	go_on();
	for (int i = 0; i < NR_CLIENTS; i++)
		hear(&peers[i]);
	go_on();
	for (int i = 0; i < NR_CLIENTS; i++)
		part(&peers[i]);
	go_on();
	if (!over || clients || current || first || nr_prepared)
		abort();
	close(vmm.fd);
	close(console_fd);
	if (last_call.fd >= 0)
		close(last_call.fd);
	event_free(&broker_loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in = (struct bytes){ data, size };
	begin_world();
	while (in.left)
		step();
	end_world();
	return 0;
}
