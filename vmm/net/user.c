/*
 * --net user[=WORD,...]: the user's network, for which nobody has to be root. A
 * program beside this one, kvm-net, makes connections of this user's out of what
 * the guest sends (backends/net/). It is in a jail, because it reads what the guest
 * made; so what it says is not believed here either. Frames go through memory that
 * both share (util/net_ring.h).
 */
#define _GNU_SOURCE /* memfd_create() */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/net_ring.h"
#include "net.h"
#include "net/user_words.h"
#include "util/backend.h"
#include "util/event.h"
#include "util/log.h"

#define PROGRAM "kvm-net"
#define MTU	(NET_RING_FRAME - 16) /* and a header of Ethernet's */
#define NONE	-1

/* glibc copies what is long by REP MOVSB, of which the lab counts each byte. Plain
 * moves take as long on an EPYC of Zen 3 (0.5 to 1.2 us for 32 KiB, either way,
 * within the noise), so this is for figures that can be compared. */
#define PLAIN_COPIES "GLIBC_TUNABLES=glibc.cpu.hwcaps=-ERMS"

/* What kvm-net gets, by these numbers; behind them the forwards. */
enum given { SOCKET, MEMORY, ERRORS, ITS_BELL, OUR_BELL, GIVEN };

struct user {
	struct net_end end; /* first; its lifeline is a socket to kvm-net */
	int bell;	    /* its fd while there is a network; kvm-net rings */
	int its_bell;
	pid_t pid;
	struct net_ring *ring;
	struct net_lane in, out;
	bool slept;  /* the other side was asked to ring when frames come */
	bool untold; /* frames are there that it may not know of */
};

static const struct net user_end;

/* --- Frames ---------------------------------------------------------------- */

static void lose_link(struct user *u, const char *why)
{
	if (u->end.link)
		log_warn("--net user: %s: the network has gone", why);
	u->end.link = u->end.full = false;
	u->end.fd = NONE;
}

/* Whether the largest frame might find no room now; then the bell rings when half
 * of all is free. */
static bool is_full(struct user *u)
{
	return net_lane_used(&u->out) > NET_RING_LANE / 2 &&
	       net_lane_wait_room(&u->out);
}

static void user_ready(struct net_end *end, uint32_t events)
{
	struct user *u = (struct user *)end;

	if (events & (EPOLLHUP | EPOLLERR))
		lose_link(u, PROGRAM " has ended");
	else if (end->full)
		end->full = is_full(u);
}

/* A reader that sleeps is told so, and then looks again. */
static bool is_empty(struct user *u)
{
	net_lane_make_room(&u->in);
	u->slept = true;
	return net_lane_sleep(&u->in);
}

static bool user_next(struct net_end *end, struct net_frame *frame)
{
	struct user *u = (struct user *)end;
	enum net_lane_found found = NET_LANE_EMPTY;
	uint8_t *data;
	uint32_t len;

	while (end->link) {
		found = net_lane_next(&u->in, &data, &len);
		if (found == NET_LANE_FRAME && len >= NET_FRAME_MIN)
			break;
		if (found == NET_LANE_LIE)
			lose_link(u, PROGRAM " sends what is no frame");
		else if (found == NET_LANE_FRAME)
			net_lane_done(&u->in);
		else if (is_empty(u))
			return false;
	}
	if (!end->link)
		return false;
	if (u->slept)
		net_lane_awake(&u->in);
	u->slept = false;
	*frame = (struct net_frame){ .data = data, .len = len };
	return true;
}

static void user_done(struct net_end *end)
{
	struct user *u = (struct user *)end;

	net_lane_done(&u->in);
	if (u->in.there - u->in.here <= NET_RING_LANE / 2)
		net_lane_make_room(&u->in);
}

static void user_send(struct net_end *end, const struct net_header *header,
		      const struct iovec *iov, unsigned int nr, size_t len)
{
	struct user *u = (struct user *)end;
	uint8_t *to = end->link ? net_lane_reserve(&u->out, len) : NULL;

	(void)header; /* says nothing: takes_headers */
	if (!to)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(to, iov[i].iov_base, iov[i].iov_len);
		to += iov[i].iov_len;
	}
	net_lane_commit(&u->out, len);
	u->untold = true;
	end->full = is_full(u);
}

static void user_flush(struct net_end *end)
{
	struct user *u = (struct user *)end;

	if (u->untold)
		net_lane_tell(&u->out);
	u->untold = false;
}

/* --- Beginning and end ----------------------------------------------------- */

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void user_close(struct net_end *end)
{
	struct user *u = (struct user *)end;

	if (end->lifeline)
		close(end->lifeline);
	if (u->pid > 0) {
		backend_kill(u->pid);
		backend_wait(u->pid);
	}
	close_fd(u->bell);
	close_fd(u->its_bell);
	if (u->ring)
		munmap(u->ring, sizeof(*u->ring));
	free(u);
}

/* Memory that neither side can take away from under the other; its descriptor. */
static int make_ring(struct user *u)
{
	int fd = memfd_create(PROGRAM, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *ring = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, sizeof(*u->ring)) &&
	    !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		ring = mmap(NULL, sizeof(*u->ring), PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED) {
		close_fd(fd);
		return NONE;
	}
	u->ring = ring;
	net_lane_init(&u->in, ring, NET_LANE_TO_GUEST, u->its_bell);
	net_lane_init(&u->out, ring, NET_LANE_FROM_GUEST, u->its_bell);
	return fd;
}

/* Starts kvm-net with the other end of the socket, @peer, and @memory. */
static int start_program(struct user *u, const struct user_words *words,
			 int peer, int memory)
{
	int fds[GIVEN + USER_FORWARDS_MAX] = {
		[SOCKET] = peer,	  [MEMORY] = memory,
		[ERRORS] = STDERR_FILENO, [ITS_BELL] = u->its_bell,
		[OUR_BELL] = u->bell,
	};
	char setting[] = PLAIN_COPIES;
	char text[3 + USER_FORWARDS_MAX][32];
	char *argv[USER_FORWARDS_MAX + 6] = { PROGRAM, "0", text[0], text[1],
					      text[2] };

	snprintf(text[0], sizeof(text[0]), "ring=%d:%d:%d", MEMORY, ITS_BELL,
		 OUR_BELL);
	snprintf(text[1], sizeof(text[1]), "mtu=%d", MTU);
	snprintf(text[2], sizeof(text[2]), "dns=%s", words->resolver);
	for (unsigned int i = 0; i < words->nr_forwards; i++) {
		const struct user_forward *f = &words->forwards[i];

		fds[GIVEN + i] = f->fd;
		snprintf(text[3 + i], sizeof(text[0]), "%s=%d:%u",
			 f->udp ? "udp" : "tcp", GIVEN + i, f->guest_port);
		argv[5 + i] = text[3 + i];
	}
	u->pid = backend_start(argv, setting, fds, GIVEN + words->nr_forwards);
	return u->pid < 0 ? u->pid : 0;
}

static int start(struct user *u, const struct user_words *words)
{
	int pair[2], memory, err;

	u->end.fd = u->bell = event_fd();
	u->its_bell = event_fd();
	if (u->bell < 0 || u->its_bell < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	u->end.lifeline = pair[0];
	memory = make_ring(u);
	err = memory < 0 ? -errno : 0;
	if (!err)
		err = start_program(u, words, pair[1], memory);
	close_fd(memory);
	close(pair[1]);
	return err;
}

static struct net_end *user_open(const char *arg)
{
	struct user *u = calloc(1, sizeof(*u));
	struct user_words words;
	int err = -ENOMEM;

	if (!u || !user_words_take(&words, arg)) {
		free(u);
		return NULL;
	}
	*u = (struct user){ .end = { .net = &user_end,
				     .events = EPOLLIN,
				     .link = true,
				     .mtu = MTU,
				     .is_checked = true },
			    .bell = NONE,
			    .its_bell = NONE };
	err = start(u, &words);
	user_words_drop(&words);
	if (!err)
		return &u->end;
	log_error("--net user: " PROGRAM ": %s%s", strerror(-err),
		  err == -ENOENT ? "; it belongs beside kvm-vmm, and `make` "
				   "builds it" :
				   log_advice(-err));
	user_close(&u->end);
	return NULL;
}

/* The host's ports that lead into the guest stay with it. */
static struct net_end *user_open_copy(const char *arg)
{
	char *copy = arg ? strdup(arg) : NULL, *rest = copy, *to = copy, *word;
	struct net_end *end;

	while (copy && (word = strsep(&rest, ","))) {
		const size_t len = strlen(word);

		if (user_word_is_forward(word))
			continue;
		if (to != copy)
			*to++ = ',';
		memmove(to, word, len);
		to += len;
	}
	if (copy)
		*to = '\0';
	end = user_open(copy && *copy ? copy : NULL);
	free(copy);
	return end;
}

static const struct net user_end = {
	.name = "user",
	.arg = "[=WORD,...]",
	.what = "the user's own connections, by " PROGRAM,
	.open = user_open,
	.open_copy = user_open_copy,
	.ready = user_ready,
	.next = user_next,
	.done = user_done,
	.send = user_send,
	.flush = user_flush,
	.close = user_close,
};

NET(user_end);
