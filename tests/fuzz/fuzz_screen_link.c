/* objects: display/program.o util/ring.o util/event.o util/log.o util/text.o util/sink.o util/lock.o */
/*
 * kvm-vmm's end of the talk with a program that shows a screen, whose messages are the
 * input: after each byte that says what happens, it sends the bytes that follow, of
 * whatever length, the guest prints, or time passes. Nothing that is not within the
 * bounds of include/viewer.h reaches the guest, and an enemy is let go.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "display/program.h"
#include "util/backend.h"
#include "util/clock.h"
#include "util/event.h"
#include "util/screen_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEND, SEND_WHOLE, PRINT, DRAW, HANG_UP, STEPS };

static struct event_loop loop;
static int peer = -1;
static bool is_seen;

/* --- What the program is linked with ---------------------------------------- */

pid_t backend_start(char *const *argv, char *setting, const int *fds,
		    unsigned int nr)
{
	(void)argv;
	(void)setting;
	assert(nr >= 3);
	peer = dup(fds[0]);
	return 1;
}

void backend_kill(pid_t pid)
{
	(void)pid;
	if (peer >= 0)
		close(peer);
	peer = -1;
}

int backend_wait(pid_t pid)
{
	(void)pid;
	return 0;
}

bool viewer_look(struct view_port *port, struct picture *picture)
{
	(void)port;
	picture->changed = picture->width ? 1 : ~0ull;
	picture->width = 8;
	picture->height = 8;
	memset(picture->pixels, 0x5a, 8 * 8 * sizeof(*picture->pixels));
	return is_seen;
}

void viewer_key(struct view_port *port, unsigned int code, bool down)
{
	(void)port;
	(void)down;
	assert(code < SCREEN_LINK_KEYS);
}

void viewer_pointer(struct view_port *port, int dx, int dy, int wheel,
		    unsigned int buttons)
{
	(void)port;
	assert(abs(dx) <= SCREEN_LINK_STEP && abs(dy) <= SCREEN_LINK_STEP);
	assert(abs(wheel) <= SCREEN_LINK_STEP && buttons <= 7);
}

size_t viewer_type(struct view_port *port, const void *text, size_t len)
{
	static uint8_t typed[SCREEN_LINK_TEXT];

	(void)port;
	assert(len <= sizeof(typed));
	memcpy(typed, text, len);
	return len;
}

void viewer_power(struct view_port *port)
{
	(void)port;
}

void viewer_reset(struct view_port *port)
{
	(void)port;
}

unsigned int viewer_counts(struct view_port *port,
			   struct viewer_count counts[VIEWER_COUNTS])
{
	(void)port;
	for (unsigned int i = 0; i < VIEWER_COUNTS; i++)
		counts[i] =
			(struct viewer_count){ "a device of a very long name",
					       i };
	return VIEWER_COUNTS;
}

/* --- What happens ------------------------------------------------------------ */

/* All that is ready now; a timer is in 33 ms. */
static bool is_idle(void *arg)
{
	struct epoll_event event;
	int *rounds = arg;

	return --*rounds < 0 || epoll_wait(loop.epoll_fd, &event, 1, 0) <= 0;
}

static void run(void)
{
	int rounds = 8;

	event_run(&loop, is_idle, &rounds);
}

static void send_bytes(const uint8_t *data, size_t len, bool whole)
{
	struct screen_link_message message = { 0 };

	memcpy(&message, data, len < sizeof(message) ? len : sizeof(message));
	if (whole && len)
		message.kind = SCREEN_LINK_WANTS + data[0] % 8;
	send(peer, &message, whole ? sizeof(message) : len,
	     MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void drain(void)
{
	struct screen_link_message message;
	ssize_t len;

	while ((len = recv(peer, &message, sizeof(message), MSG_DONTWAIT)) >
	       0) {
		assert(len == sizeof(message));
		if (message.kind == SCREEN_LINK_EXITS)
			for (unsigned int i = 0; i < message.len; i++)
				assert(memchr(message.counts[i].name, 0,
					      SCREEN_LINK_NAME));
	}
}

static void step(struct program *program, unsigned int what,
		 const uint8_t *data, size_t len)
{
	switch (what % STEPS) {
	case SEND:
	case SEND_WHOLE:
		send_bytes(data, len, what % STEPS == SEND_WHOLE);
		break;
	case PRINT:
		program_printed(program, data, len);
		break;
	case DRAW:
		is_seen = len & 1;
		drain();
		break;
	case HANG_UP:
		shutdown(peer, SHUT_RDWR);
		break;
	}
	run();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct program_config config = { .name = "kvm-web",
					       .option = "--display web",
					       .word = "word",
					       .counts = true };
	struct program *program;
	static int null = -1;

	if (null < 0) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO); /* warnings, not one's own words */
	}
	event_init(&loop);
	program = program_open(&config, NULL, &loop);
	assert(program);
	while (size >= 2) {
		size_t len = data[1] < size - 2 ? data[1] : size - 2;

		step(program, data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	shutdown(peer, SHUT_RDWR); /* it has hung up: nobody waits */
	program_close(program);
	event_free(&loop);
	return 0;
}
