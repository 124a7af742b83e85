/*
 * `kvm-vmm ctl NAME console`: this terminal is the guest's, until Ctrl-A x. What
 * comes from a pipe is typed as it is; then what the guest prints is shown until
 * its run ends.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "service/control/client.h"
#include "terminal/term.h"
#include "util/json_read.h"
#include "util/log.h"

#define ESCAPE	0x01 /* Ctrl-A */
#define LEAVE	'x'
#define AT_ONCE 512

enum { KEYS, GUEST, NR_FDS };

struct attached {
	int fd;
	bool raw;
	bool escaped; /* ESCAPE was typed, and nothing behind it */
	bool leaves;
};

/* Byte by byte: what follows its end is the guest's already. */
int attach_begin(int fd, struct client_answer *answer)
{
	static char text[CTL_LINE_MAX];
	size_t len = 0;

	while (!len || text[len - 1] != '\n') {
		ssize_t got = len < sizeof(text) ? recv(fd, text + len, 1, 0) :
						   -1;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -ECONNRESET;
		len++;
	}
	*answer = (struct client_answer){ .text = text, .len = len };
	return json_is_line(text, len) ? 1 : -EPROTO;
}

/* Takes the escapes out of what was typed; the length of the rest. */
static size_t filter(struct attached *at, char *keys, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < len && !at->leaves; i++) {
		bool was_escaped = at->escaped;

		at->escaped = !was_escaped && keys[i] == ESCAPE;
		at->leaves = was_escaped && keys[i] == LEAVE;
		if (!at->escaped && !at->leaves)
			keys[kept++] = keys[i];
	}
	return kept;
}

/* False: no more will be typed. */
static bool type(struct attached *at)
{
	char keys[AT_ONCE];
	ssize_t len = read(STDIN_FILENO, keys, sizeof(keys));

	if (len < 0)
		return errno == EINTR || errno == EAGAIN;
	if (len == 0)
		return false;
	if (at->raw)
		len = (ssize_t)filter(at, keys, (size_t)len);
	return !client_send(at->fd, keys, (size_t)len);
}

static bool write_all(const char *text, size_t len)
{
	while (len) {
		ssize_t done = write(STDOUT_FILENO, text, len);

		if (done < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (done > 0) {
			text += done;
			len -= (size_t)done;
		}
	}
	return true;
}

/* False: the run has ended, or nobody looks. */
static bool show(struct attached *at)
{
	char text[AT_ONCE * 8];
	ssize_t len = recv(at->fd, text, sizeof(text), 0);

	if (len < 0)
		return errno == EINTR || errno == EAGAIN;
	return len && write_all(text, (size_t)len);
}

static void talk(struct attached *at)
{
	struct pollfd fds[NR_FDS] = {
		[KEYS] = { STDIN_FILENO, POLLIN, 0 },
		[GUEST] = { at->fd, POLLIN, 0 },
	};

	while (!at->leaves) {
		if (poll(fds, NR_FDS, -1) < 0 && errno != EINTR)
			return;
		if (fds[GUEST].revents && !show(at))
			return;
		if (fds[KEYS].revents && !type(at))
			fds[KEYS].fd = -1;
		fds[KEYS].revents = fds[GUEST].revents = 0;
	}
}

int attach(int fd)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct attached at = { .fd = fd };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		term_catch(ends[i]);
	at.raw = term_raw();
	if (at.raw)
		log_warn("ctl: its console; Ctrl-A x leaves it");
	talk(&at);
	term_restore();
	if (at.raw) {
		fputs("\n", stderr);
		log_warn("ctl: %s",
			 at.leaves ? "left; it goes on" : "the run has ended");
	}
	return STATUS_OK;
}
