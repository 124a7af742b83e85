/* The talk with kvm-vmm: see link.h. */
#define _GNU_SOURCE /* accept4() */
#include "backends/screen/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

const uint32_t *link_pixels;
unsigned int link_listeners;

bool link_open(void)
{
	struct stat st;
	int type;
	socklen_t len = sizeof(type);
	void *pixels;

	if (getsockopt(LINK_SOCKET, SOL_SOCKET, SO_TYPE, &type, &len) ||
	    type != SOCK_SEQPACKET || fstat(LINK_MEMORY, &st) ||
	    st.st_size != (off_t)PICTURE_BYTES)
		return false;
	pixels = mmap(NULL, PICTURE_BYTES, PROT_READ, MAP_SHARED, LINK_MEMORY,
		      0);
	link_pixels = pixels == MAP_FAILED ? NULL : pixels;
	while (link_listeners < LINK_LISTENERS &&
	       !fcntl(LINK_LISTENER + link_listeners, F_SETFL, O_NONBLOCK))
		link_listeners++;
	return link_pixels;
}

int link_accept(int listener, int limit)
{
	const int fd =
		accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < limit)
		return fd;
	close(fd);
	return -1;
}

static bool is_sane(const struct screen_link_message *m)
{
	switch (m->kind) {
	case SCREEN_LINK_PICTURE:
		return m->picture.width <= PICTURE_MAX_WIDTH &&
		       m->picture.height <= PICTURE_MAX_HEIGHT &&
		       !m->picture.width == !m->picture.height;
	case SCREEN_LINK_PRINTED:
	case SCREEN_LINK_WORD:
		return m->len <= SCREEN_LINK_TEXT;
	case SCREEN_LINK_EXITS:
		for (unsigned int i = 0; i < SCREEN_LINK_COUNTS; i++)
			if (m->counts[i].name[SCREEN_LINK_NAME - 1])
				return false;
		return m->len <= SCREEN_LINK_COUNTS;
	default:
		return m->kind == SCREEN_LINK_OVER;
	}
}

enum link_state link_receive(void (*take)(const struct screen_link_message *),
			     bool wait)
{
	struct screen_link_message message;
	int flags = MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT);
	ssize_t len;

	while ((len = recv(LINK_SOCKET, &message, sizeof(message), flags)) >
	       0) {
		if (len != sizeof(message) || !is_sane(&message))
			return LINK_LIES;
		take(&message);
		if (wait)
			return LINK_THERE;
	}
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return LINK_THERE;
	return LINK_GONE;
}

void link_say(const struct screen_link_message *message)
{
	send(LINK_SOCKET, message, sizeof(*message),
	     MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* These are few, and what they say must not be lost: it waits, as kvm-vmm reads. */
void link_want(bool on)
{
	const struct screen_link_message message = {
		.kind = on ? SCREEN_LINK_WANTS : SCREEN_LINK_RESTS
	};

	send(LINK_SOCKET, &message, sizeof(message), MSG_NOSIGNAL);
}

void link_key(unsigned int code, bool down)
{
	const struct screen_link_message message = {
		.kind = SCREEN_LINK_KEY, .key = { .code = code, .down = down }
	};

	send(LINK_SOCKET, &message, sizeof(message), MSG_NOSIGNAL);
}

void link_pointer(int dx, int dy, int wheel, unsigned int buttons)
{
	const struct screen_link_message message = {
		.kind = SCREEN_LINK_POINTER,
		.pointer = { dx, dy, wheel, buttons },
	};

	link_say(&message);
}
