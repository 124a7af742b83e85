/* The console: see console.h for who owns which end of which ring. */
#include "core/console.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/term.h"
#include "core/vcpu.h"
#include "util/log.h"

#define CTRL_A	   0x01
#define READ_CHUNK 4096
/* POSIX: a pipe that polls writable takes this much without blocking. */
#define WRITE_CHUNK 4096

static const char help_text[] = "\n"
				"Ctrl-A h       this help\n"
				"Ctrl-A x       end the guest and quit\n"
				"Ctrl-A Ctrl-A  send Ctrl-A itself\n";

/* Reads on once the ring has room again. */
static void resume_input(struct console *console)
{
	if (!console->in_paused || console->in_eof ||
	    ring_room(&console->input) < READ_CHUNK)
		return;
	console->in_paused = false;
	if (console->in_is_file)
		event_notify(console->wake.fd);
	else
		event_add(console->loop, &console->in, EPOLLIN);
}

/* Gives waiting input to the device with the focus, as much as fits. */
static void feed_focus(struct console *console)
{
	struct board *board = atomic_load(&console->focus);
	const uint8_t *buf;
	size_t len;
	ssize_t taken = 0;

	if (!board)
		return;
	do {
		buf = ring_peek(&console->input, &len);
		if (!len)
			break;
		taken = board_input(board, buf, len);
		if (taken > 0)
			ring_drop(&console->input, taken);
	} while (taken == (ssize_t)len);
	/* Busy: again at once, or when stdout takes what the vCPU waits for. */
	if (len && taken < 0 && !console->out_waits)
		event_notify(console->wake.fd);
	resume_input(console);
}

static void escape_key(struct console *console, uint8_t key)
{
	const uint8_t ctrl_a = CTRL_A;

	switch (key) {
	case 'x':
	case 'X':
		console->quit(console->quit_arg, STATUS_OK);
		break;
	case 'a':
	case CTRL_A:
		ring_put(&console->input, &ctrl_a, 1);
		break;
	default: /* h and anything else: say what there is */
		if (write(STDERR_FILENO, help_text, sizeof(help_text) - 1) < 0)
			return; /* nobody is left to tell */
	}
}

/* Passes what was typed on, less the escape sequences. */
static void take_keys(struct console *console, const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (console->escaped)
			escape_key(console, buf[i]);
		else if (buf[i] != CTRL_A)
			ring_put(&console->input, &buf[i], 1);
		console->escaped = !console->escaped && buf[i] == CTRL_A;
	}
}

static void pause_input(struct console *console)
{
	console->in_paused = true;
	if (!console->in_is_file)
		event_del(console->loop, &console->in);
}

static void end_of_input(struct console *console)
{
	pause_input(console);
	console->in_eof = true;
	if (console->terminal)
		console->quit(console->quit_arg, STATUS_OK);
}

/* Reads once; the ring has room for a chunk or input would be paused. */
static void read_input(struct console *console)
{
	uint8_t buf[READ_CHUNK];
	ssize_t len = read(STDIN_FILENO, buf, sizeof(buf));

	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (len <= 0) {
		end_of_input(console);
		return;
	}
	if (console->terminal)
		take_keys(console, buf, len);
	else
		ring_put(&console->input, buf, len);
	if (ring_room(&console->input) < READ_CHUNK)
		pause_input(console);
}

static void on_stdin(void *arg, uint32_t events)
{
	struct console *console = arg;

	(void)events;
	read_input(console);
	feed_focus(console);
}

static bool stdout_ready(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) != 0;
}

static void stdout_broken(struct console *console, int err)
{
	console->abandoned = true;
	ring_drop(&console->output, ring_used(&console->output));
	pthread_cond_broadcast(&console->room);
	log_error("stdout: %s", strerror(err));
	console->quit(console->quit_arg, STATUS_FAILED);
}

/* Writes one piece of output with the lock let go meanwhile. */
static void write_piece(struct console *console, const uint8_t *buf, size_t len)
{
	ssize_t done;
	int err;

	pthread_mutex_unlock(&console->lock);
	done = write(STDOUT_FILENO, buf, len);
	err = errno;
	pthread_mutex_lock(&console->lock);
	if (done >= 0) {
		ring_drop(&console->output, done);
		pthread_cond_broadcast(&console->room);
	} else if (err != EINTR && err != EAGAIN) {
		stdout_broken(console, err);
	}
}

/*
 * Writes output while stdout takes it without blocking, then waits for it to
 * take more. Only the main thread takes bytes out of the ring, so the piece
 * being written stays where it is.
 */
static void drain_output(struct console *console)
{
	const uint8_t *buf;
	size_t len;
	bool wait = false;

	pthread_mutex_lock(&console->lock);
	for (;;) {
		buf = ring_peek(&console->output, &len);
		if (!len)
			break;
		wait = !stdout_ready();
		if (wait)
			break;
		write_piece(console, buf,
			    len < WRITE_CHUNK ? len : WRITE_CHUNK);
	}
	pthread_mutex_unlock(&console->lock);
	if (wait == console->out_waits)
		return;
	console->out_waits = wait;
	if (wait)
		event_add(console->loop, &console->out, EPOLLOUT);
	else
		event_del(console->loop, &console->out);
}

static void on_stdout(void *arg, uint32_t events)
{
	struct console *console = arg;

	(void)events;
	drain_output(console);
	feed_focus(console);
}

static void on_wake(void *arg, uint32_t events)
{
	struct console *console = arg;

	(void)events;
	event_ack(console->wake.fd);
	drain_output(console);
	while (console->in_is_file && !console->in_paused)
		read_input(console);
	feed_focus(console);
}

/* epoll refuses regular files, which are always ready, and /dev/null. */
static int watch_stdin(struct console *console)
{
	int err = event_add(console->loop, &console->in, EPOLLIN);

	if (err != -EPERM)
		return err;
	console->in_is_file = true;
	event_notify(console->wake.fd);
	return 0;
}

int console_init(struct console *console, struct event_loop *loop,
		 void (*quit)(void *arg, int status), void *arg)
{
	int err = event_fd();

	if (err < 0)
		return err;
	console->loop = loop;
	console->quit = quit;
	console->quit_arg = arg;
	pthread_mutex_init(&console->lock, NULL);
	pthread_cond_init(&console->room, NULL);
	console->wake = (struct event_source){ err, on_wake, console };
	console->in = (struct event_source){ STDIN_FILENO, on_stdin, console };
	console->out =
		(struct event_source){ STDOUT_FILENO, on_stdout, console };
	err = event_add(loop, &console->wake, EPOLLIN);
	if (!err)
		err = watch_stdin(console);
	if (err) {
		log_error("console: %s", strerror(-err));
		return err;
	}
	console->terminal = term_raw();
	return 0;
}

void console_free(struct console *console)
{
	term_restore();
	close(console->wake.fd);
	pthread_cond_destroy(&console->room);
	pthread_mutex_destroy(&console->lock);
}

void console_abandon(struct console *console)
{
	pthread_mutex_lock(&console->lock);
	console->abandoned = true;
	pthread_cond_broadcast(&console->room);
	pthread_mutex_unlock(&console->lock);
}

bool console_is_drained(struct console *console)
{
	bool drained;

	pthread_mutex_lock(&console->lock);
	drained = console->abandoned || !ring_used(&console->output);
	pthread_mutex_unlock(&console->lock);
	return drained;
}

/* The main thread may not wait for itself to drain the ring: what does not
 * fit is lost then. No device prints from there. */
void console_tx(struct console *console, const void *buf, size_t len)
{
	const uint8_t *bytes = buf;

	pthread_mutex_lock(&console->lock);
	while (len && !console->abandoned) {
		bool was_empty = !ring_used(&console->output);
		size_t done = ring_put(&console->output, bytes, len);

		bytes += done;
		len -= done;
		if (was_empty)
			event_notify(console->wake.fd);
		if (len && !vcpu_current())
			break;
		if (len)
			pthread_cond_wait(&console->room, &console->lock);
	}
	pthread_mutex_unlock(&console->lock);
}

void console_rx_ready(struct console *console, struct board *board)
{
	atomic_store(&console->focus, board);
	event_notify(console->wake.fd);
}

void console_resume(struct console *console)
{
	if (console->terminal)
		term_raw();
}
