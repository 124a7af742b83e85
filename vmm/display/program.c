/* Talk with a back end that shows the screen: see program.h, util/screen_link.h. */
#define _GNU_SOURCE /* memfd_create() */
#include "display/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/backend.h"
#include "util/clock.h"
#include "util/event.h"
#include "util/log.h"
#include "util/ring.h"
#include "util/screen_link.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1 */
#endif

#define LOOK_NS	    (33 * NS_PER_MS) /* 30 pictures a second, at most */
#define COUNTS_NS   NS_PER_SEC
#define BLANK_LOOKS 15	/* in vain, until there is nothing to be seen */
#define GRACE_MS    300 /* for last words to people far away */
#define BATCH	    32	/* messages, before others have their turn */

/* What it gets, by these numbers; behind them the listeners. */
enum given { SOCKET, MEMORY, ERRORS, GIVEN };

_Static_assert(SCREEN_LINK_COUNTS == VIEWER_COUNTS, "as many fit");

struct program {
	struct program_config config;
	struct view_port *port;
	struct event_loop *loop;
	struct event_source link, tick;
	pid_t pid;
	struct picture picture;
	bool wanted; /* the next picture that is another */
	unsigned int misses;
	bool blank; /* it was told that there is none */
	bool ticking;
	bool blocked; /* its socket is full, and the loop says when not */
	uint64_t counted_ns;
	struct ring printed; /* not sent yet: the last of it */
};

/* --- To it ----------------------------------------------------------------- */

static void lose(struct program *p, const char *why)
{
	log_warn("%s: %s %s: nobody sees the screen there any more",
		 p->config.option, p->config.name, why);
	event_forget(p->loop, &p->link);
	close(p->link.fd);
	p->link.fd = -1;
	if (p->ticking)
		event_arm(p->tick.fd, 0, 0);
	p->wanted = p->ticking = false;
}

/* False: not now, and the loop calls when it can go; or there is nobody any more. */
static bool say(struct program *p, const struct screen_link_message *message)
{
	if (p->link.fd < 0)
		return false;
	if (send(p->link.fd, message, sizeof(*message),
		 MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	if (errno == EAGAIN && !p->blocked)
		p->blocked = !event_add(p->loop, &p->link, EPOLLIN | EPOLLOUT);
	return false; /* that it has gone is read */
}

static void say_printed(struct program *p)
{
	struct screen_link_message message = { .kind = SCREEN_LINK_PRINTED };
	const uint8_t *from;
	size_t len;

	while (!p->blocked && (from = ring_peek(&p->printed, &len)) && len) {
		if (len > SCREEN_LINK_TEXT)
			len = SCREEN_LINK_TEXT;
		message.len = len;
		memcpy(message.text, from, len);
		if (!say(p, &message))
			return;
		ring_drop(&p->printed, len);
	}
}

void program_printed(void *program, const void *text, size_t len)
{
	struct program *p = program;
	const size_t room = ring_room(&p->printed);

	if (p->link.fd < 0)
		return;
	if (room < len) /* a guest is not made to wait for a page */
		ring_drop(&p->printed, len - room);
	ring_put(&p->printed, text, len);
	say_printed(p);
}

static void say_counts(struct program *p)
{
	struct screen_link_message message = { .kind = SCREEN_LINK_EXITS };
	struct viewer_count counts[VIEWER_COUNTS];
	const uint64_t now_ns = clock_now_ns();

	if (!p->config.counts || now_ns - p->counted_ns < COUNTS_NS)
		return;
	p->counted_ns = now_ns;
	message.len = viewer_counts(p->port, counts);
	for (unsigned int i = 0; i < message.len; i++) {
		strncpy(message.counts[i].name, counts[i].name,
			SCREEN_LINK_NAME - 1);
		message.counts[i].exits = counts[i].exits;
	}
	say(p, &message);
}

/* --- The picture ----------------------------------------------------------- */

static void set_ticking(struct program *p, bool on)
{
	if (on != p->ticking)
		event_arm(p->tick.fd, on ? LOOK_NS : 0, on ? LOOK_NS : 0);
	p->ticking = on;
}

static void look(struct program *p)
{
	struct screen_link_message message = { .kind = SCREEN_LINK_PICTURE };
	const bool seen = viewer_look(p->port, &p->picture);

	p->misses = seen ? 0 : p->misses + 1;
	if (seen ? !p->picture.changed && !p->blank :
		   p->blank || p->misses < BLANK_LOOKS)
		return;
	p->blank = !seen;
	if (seen) {
		message.picture.width = p->picture.width;
		message.picture.height = p->picture.height;
	} else {
		p->picture.width = p->picture.height = 0;
		p->picture.seen = 0;
	}
	if (say(p, &message))
		p->wanted = false;
	else
		p->picture.width = p->picture.height = 0; /* all is new again */
}

static void on_tick(void *arg, uint32_t events)
{
	struct program *p = arg;

	(void)events;
	event_ack(p->tick.fd);
	if (p->wanted)
		look(p);
	say_counts(p);
}

/* --- From it --------------------------------------------------------------- */

static int within(int value, int most)
{
	if (value > most)
		return most;
	return value < -most ? -most : value;
}

static bool take_key(struct program *p, const struct screen_link_message *m)
{
	if (m->key.code >= SCREEN_LINK_KEYS || m->key.down > 1)
		return false;
	viewer_key(p->port, m->key.code, m->key.down);
	return true;
}

static bool take_pointer(struct program *p, const struct screen_link_message *m)
{
	if (m->pointer.buttons > SCREEN_LINK_BUTTONS)
		return false;
	viewer_pointer(p->port, within(m->pointer.dx, SCREEN_LINK_STEP),
		       within(m->pointer.dy, SCREEN_LINK_STEP),
		       within(m->pointer.wheel, SCREEN_LINK_STEP),
		       m->pointer.buttons);
	return true;
}

static bool take_typed(struct program *p, const struct screen_link_message *m)
{
	if (m->len > SCREEN_LINK_TEXT)
		return false;
	viewer_type(p->port, m->text, m->len);
	return true;
}

/* Whether that was something that it may say. */
static bool take(struct program *p, const struct screen_link_message *m)
{
	switch (m->kind) {
	case SCREEN_LINK_WANTS:
		p->wanted = true;
		set_ticking(p, true);
		return true;
	case SCREEN_LINK_RESTS:
		p->wanted = false;
		set_ticking(p, false);
		return true;
	case SCREEN_LINK_KEY:
		return take_key(p, m);
	case SCREEN_LINK_POINTER:
		return take_pointer(p, m);
	case SCREEN_LINK_TYPED:
		return take_typed(p, m);
	case SCREEN_LINK_POWER:
		viewer_power(p->port);
		return true;
	case SCREEN_LINK_RESET:
		viewer_reset(p->port);
		return true;
	default:
		return false;
	}
}

static void hear(struct program *p)
{
	struct screen_link_message message;
	ssize_t len;

	for (int i = 0; i < BATCH && p->link.fd >= 0; i++) {
		len = recv(p->link.fd, &message, sizeof(message),
			   MSG_DONTWAIT | MSG_TRUNC);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len <= 0)
			lose(p, "has ended");
		else if (len != sizeof(message) || !take(p, &message))
			lose(p, "says what makes no sense");
	}
}

static void on_link(void *arg, uint32_t events)
{
	struct program *p = arg;

	if (events & EPOLLOUT && p->blocked) {
		p->blocked = false;
		event_add(p->loop, &p->link, EPOLLIN);
		say_printed(p);
	}
	if (events & ~EPOLLOUT)
		hear(p);
}

/* --- Beginning and end ----------------------------------------------------- */

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* It tells people, and ends when the socket has gone. */
static void say_goodbye(struct program *p)
{
	const struct screen_link_message over = { .kind = SCREEN_LINK_OVER };
	struct pollfd gone = { .fd = p->link.fd };

	say_printed(p);
	if (say(p, &over))
		poll(&gone, 1, GRACE_MS); /* until it has hung up */
}

void program_close(void *program)
{
	struct program *p = program;

	if (p->link.fd >= 0 && p->pid > 0)
		say_goodbye(p);
	if (p->link.fd >= 0) {
		event_forget(p->loop, &p->link);
		close(p->link.fd);
	}
	if (p->tick.fd >= 0) {
		event_forget(p->loop, &p->tick);
		close(p->tick.fd);
	}
	if (p->pid > 0) {
		backend_kill(p->pid);
		backend_wait(p->pid);
	}
	if (p->picture.pixels)
		munmap(p->picture.pixels, PICTURE_BYTES);
	free(p);
}

/* Memory that it can read, of a size that nobody can change; its descriptor. */
static int make_picture(struct program *p)
{
	int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *pixels = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, PICTURE_BYTES))
		pixels = mmap(NULL, PICTURE_BYTES, PROT_READ | PROT_WRITE,
			      MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED ||
	    fcntl(fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE |
			  F_SEAL_SEAL)) {
		close_fd(fd);
		return -1;
	}
	p->picture.pixels = pixels;
	return fd;
}

static int start_program(struct program *p, int peer, int memory)
{
	int fds[GIVEN + PROGRAM_LISTENERS] = {
		[SOCKET] = peer,
		[MEMORY] = memory,
		[ERRORS] = STDERR_FILENO,
	};
	char *argv[] = { (char *)p->config.name, "0", NULL };

	for (unsigned int i = 0; i < p->config.nr_listeners; i++)
		fds[GIVEN + i] = p->config.listeners[i];
	p->pid = backend_start(argv, NULL, fds, GIVEN + p->config.nr_listeners);
	return p->pid < 0 ? p->pid : 0;
}

static void say_word(struct program *p)
{
	struct screen_link_message message = { .kind = SCREEN_LINK_WORD };

	if (!p->config.word)
		return;
	message.len = strlen(p->config.word);
	memcpy(message.text, p->config.word, message.len);
	say(p, &message);
}

static int start(struct program *p)
{
	int pair[2], memory, err = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	p->link.fd = pair[0];
	p->tick.fd = event_timer_fd();
	memory = make_picture(p);
	if (memory < 0 || p->tick.fd < 0 ||
	    event_add(p->loop, &p->link, EPOLLIN) ||
	    event_add(p->loop, &p->tick, EPOLLIN))
		err = errno ? -errno : -ENOMEM;
	if (!err)
		err = start_program(p, pair[1], memory);
	close_fd(memory);
	close(pair[1]);
	if (!err)
		say_word(p);
	return err;
}

struct program *program_open(const struct program_config *config,
			     struct view_port *port, struct event_loop *loop)
{
	struct program *p = calloc(1, sizeof(*p));
	int err = -ENOMEM;

	if (p) {
		p->config = *config;
		p->port = port;
		p->loop = loop;
		p->link = (struct event_source){ -1, on_link, p };
		p->tick = (struct event_source){ -1, on_tick, p };
		err = start(p);
	}
	for (unsigned int i = 0; i < config->nr_listeners; i++)
		close(config->listeners[i]);
	if (!err)
		return p;
	if (err == -ENOENT)
		log_error("%s: %s: %s; it belongs beside kvm-vmm, and `%s` "
			  "builds it",
			  config->option, config->name, strerror(-err),
			  config->goal);
	else
		log_error("%s: %s: %s%s", config->option, config->name,
			  strerror(-err), log_advice(-err));
	if (p)
		program_close(p);
	return NULL;
}
