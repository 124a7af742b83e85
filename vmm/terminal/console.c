/* The console: see console.h for the way of a key and of a character. */
#include "terminal/console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "terminal/ask.h"
#include "terminal/style.h"
#include "terminal/term.h"
#include "util/clock.h"
#include "util/log.h"

#define CTRL_A	0x01
#define LOOK_NS (200 * NS_PER_MS)

static const char help_text[] =
	"\n"
	"Ctrl-A h       this help\n"
	"Ctrl-A n       move the keyboard to the next guest\n"
	"Ctrl-A p       press the guest's power button\n"
	"Ctrl-A s       switch between the guest's screen and serial output\n"
	"Ctrl-A x       end all guests and quit\n"
	"Ctrl-A Ctrl-A  send Ctrl-A itself\n";

/* Reads on once there is room again. */
static void resume_input(struct console *console)
{
	if (!console->in_paused || console->in_eof || console->away ||
	    !keys_room(&console->front->keys))
		return;
	console->in_paused = false;
	if (console->in_is_file)
		event_notify(console->wake.fd);
	else
		event_add(console->loop, &console->in, EPOLLIN);
}

/* Gives waiting keys to the device that reads them, as many as it takes. */
static void feed(struct console_guest *guest)
{
	struct board *board = console_reader(guest);
	struct ring *typed = guest->keys.typed;
	const uint8_t *buf;
	size_t len = 1;
	ssize_t taken = 0;

	if (!typed || guest->ended)
		return;
	if (board)
		keys_settle(&guest->keys, board);
	else
		taken = keys_lend(&guest->keys, guest->console->config.input);
	while (board && taken >= 0) {
		buf = ring_peek(typed, &len);
		if (!len)
			break;
		/* First, so that a device that asks meanwhile is heard. */
		atomic_store(&guest->keys.asked, false);
		taken = guest->console->config.input(board, buf, len);
		if (taken > 0)
			ring_drop(typed, taken);
		if (taken != (ssize_t)len)
			break;
	}
	/* Busy: again at once, or when stdout takes what the vCPU waits for. */
	if (len && taken < 0 && !guest->console->output.waits)
		event_notify(guest->console->wake.fd);
}

static void set_front(struct console *console, struct console_guest *guest,
		      bool say)
{
	console->front = guest;
	output_set_front(&console->output, guest->id, say);
	resume_input(console);
}

/* Until the user chooses, the first guest that listens is in front, and has
 * what was typed before anybody did. Its vCPU may say so at any moment here: the
 * one in front may be found in spite of what was asked first. */
static void find_front(struct console *console)
{
	struct console_guest *old = console->front;

	if (console->chosen || console_reader(old))
		return;
	for (unsigned int i = 0; i < console->config.nr_guests; i++) {
		struct console_guest *guest = &console->guests[i];

		if (!console_reader(guest) || guest->ended)
			continue;
		keys_move(&guest->keys, &old->keys);
		set_front(console, guest, console->terminal);
		return;
	}
}

static void pause_input(struct console *console)
{
	if (console->in_paused)
		return;
	console->in_paused = true;
	if (!console->in_is_file)
		event_del(console->loop, &console->in);
}

/* Looks now and then whether the shell has put us into the foreground: for one
 * that was not stopped there is no signal. */
static void look_again(struct console *console, bool on)
{
	int fd = console->look.fd;

	if (on == console->looking)
		return;
	if (fd < 0) {
		fd = event_timer_fd();
		if (fd < 0)
			return;
		console->look.fd = fd;
		event_add(console->loop, &console->look, EPOLLIN);
	}
	console->looking = on;
	event_arm(fd, on ? LOOK_NS : 0, on ? LOOK_NS : 0);
}

/*
 * The terminal is wanted by a guest that listens, and, for Ctrl-A, where the
 * guest's output goes there as well: `kvm-vmm IMAGE | less` leaves it to less
 * until then. It is taken in the foreground only.
 */
static void take_terminal(struct console *console)
{
	bool wanted = console->heard || isatty(STDOUT_FILENO);

	if (!console->terminal)
		return;
	console->away = !wanted || !term_is_ours();
	if (console->away)
		pause_input(console);
	else
		term_raw();
	look_again(console, wanted && console->away);
	resume_input(console);
}

static void on_look(void *arg, uint32_t events)
{
	struct console *console = arg;

	(void)events;
	event_ack(console->look.fd);
	take_terminal(console);
}

/* The first guest listens. */
static void note_listeners(struct console *console)
{
	for (unsigned int i = 0; i < console->config.nr_guests; i++)
		console->heard |= !!console_reader(&console->guests[i]);
	if (console->heard)
		take_terminal(console);
}

/* Who is busy is told when keys would be: see feed(). */
void console_resize(struct console *console)
{
	console->resized = !console->config.resize(console->config.arg);
	if (console->resized && !console->output.waits)
		event_notify(console->wake.fd);
}

static void feed_all(struct console *console)
{
	if (console->resized)
		console_resize(console);
	if (!console->heard)
		note_listeners(console);
	find_front(console);
	for (unsigned int i = 0; i < console->config.nr_guests; i++)
		feed(&console->guests[i]);
	resume_input(console);
}

/* Moves the keyboard to the next guest that still runs, if there is one. */
static void front_next(struct console *console)
{
	unsigned int nr = console->config.nr_guests;

	for (unsigned int step = 1; step < nr; step++) {
		unsigned int id = (console->front->id + step) % nr;

		if (console->guests[id].ended)
			continue;
		set_front(console, &console->guests[id], true);
		return;
	}
}

static void escape_key(struct console *console, uint8_t key)
{
	const uint8_t ctrl_a = CTRL_A;

	switch (key) {
	case 'x':
	case 'X':
		console->config.quit(console->config.arg, STATUS_OK);
		break;
	case 'n':
	case 'N':
		console->chosen = true;
		front_next(console);
		break;
	case 's':
	case 'S':
		console->config.screen(console->config.arg);
		break;
	case 'p':
	case 'P':
		console->config.power(console->config.arg, console->front->id);
		break;
	case 'a':
	case CTRL_A:
		keys_put(&console->front->keys, &ctrl_a, 1);
		break;
	default: /* h and anything else: say what there is */
		if (atomic_load(&console->place) == KEYS_AT_SCREEN)
			console->config.screen(console->config.arg);
		output_break(&console->output);
		log_text(help_text, sizeof(help_text) - 1);
	}
}

/* Passes what was typed on, less the escape sequences. */
static void take_keys(struct console *console, const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (console->escaped)
			escape_key(console, buf[i]);
		else if (buf[i] != CTRL_A)
			keys_put(&console->front->keys, &buf[i], 1);
		console->escaped = !console->escaped && buf[i] == CTRL_A;
	}
}

void console_typed(struct console *console, const uint8_t *keys, size_t len)
{
	take_keys(console, keys, len);
	feed_all(console);
}

static void end_of_input(struct console *console)
{
	pause_input(console);
	console->in_eof = true;
	console->config.grab(NULL, 0);
	if (console->terminal)
		console->config.quit(console->config.arg, STATUS_OK);
	else
		console->config.eof(console->config.arg);
}

/* Reads once; there is room for a chunk, or input would be paused. */
static void read_input(struct console *console)
{
	uint8_t buf[KEYS_CHUNK], keys[KEYS_CHUNK];
	ssize_t len = read(STDIN_FILENO, buf, sizeof(buf) - ASK_MAX);
	size_t taken;

	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	/* A terminal that hangs up says EIO. */
	if (len < 0 && !console->terminal)
		log_warn("stdin: %s: taken for its end", strerror(errno));
	if (len <= 0) {
		end_of_input(console);
		return;
	}
	taken = console->config.grab(buf, len);
	if (console->terminal)
		take_keys(console, keys,
			  console->config.sift(console->config.arg, buf + taken,
					       len - taken, keys));
	else
		keys_put(&console->front->keys, buf + taken, len - taken);
	if (!keys_room(&console->front->keys))
		pause_input(console);
}

static void on_stdin(void *arg, uint32_t events)
{
	struct console *console = arg;

	(void)events;
	/* What is typed in front of us is not for us. */
	if (console->terminal && !term_is_ours())
		take_terminal(console);
	else
		read_input(console);
	feed_all(console);
}

static void on_wake(void *arg, uint32_t events)
{
	struct console *console = arg;

	(void)events;
	event_ack(console->wake.fd);
	while (console->in_is_file && !console->in_paused)
		read_input(console);
	feed_all(console);
}

static void on_drained(void *arg)
{
	feed_all(arg);
}

static void on_broken(void *arg, int err)
{
	struct console *console = arg;

	log_error("stdout: %s", strerror(err));
	console->config.quit(console->config.arg, STATUS_FAILED);
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

static int create_guests(struct console *console)
{
	unsigned int nr = console->config.nr_guests;

	console->guests = calloc(nr, sizeof(*console->guests));
	if (!console->guests) {
		log_error("console: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < nr; i++) {
		console->guests[i].console = console;
		console->guests[i].id = i;
	}
	console->front = &console->guests[0];
	return 0;
}

static int create_output(struct console *console)
{
	const struct console_config *config = &console->config;
	struct screen_config screen = style_of(config->names, config->nr_guests,
					       config->interleave,
					       config->annotated);
	struct output *output = &console->output;

	output->drained = on_drained;
	output->broken = on_broken;
	output->arg = console;
	return output_init(output, console->loop, &screen,
			   console->config.without);
}

int console_init(struct console *console, struct event_loop *loop,
		 const struct console_config *config)
{
	int fd = event_fd();
	int err;

	if (fd < 0)
		return fd;
	console->config = *config;
	console->loop = loop;
	console->wake = (struct event_source){ fd, on_wake, console };
	console->in = (struct event_source){ STDIN_FILENO, on_stdin, console };
	console->look = (struct event_source){ -1, on_look, console };
	err = create_guests(console);
	if (err)
		goto close_fd;
	err = create_output(console);
	if (err)
		goto free_guests;
	return 0;
free_guests:
	free(console->guests);
close_fd:
	close(fd);
	return err;
}

int console_start(struct console *console)
{
	const struct screen *screen = &console->output.screen;
	int err = event_add(console->loop, &console->wake, EPOLLIN);

	if (!err)
		err = watch_stdin(console);
	if (err) {
		log_error("console: %s", strerror(-err));
		return err;
	}
	console->terminal = isatty(STDIN_FILENO);
	take_terminal(console);
	if (screen->config.terminal && console->config.nr_guests > 1)
		output_legend(&console->output);
	return 0;
}

void console_free(struct console *console)
{
	term_restore();
	close(console->wake.fd);
	if (console->look.fd >= 0)
		close(console->look.fd);
	output_free(&console->output);
	for (unsigned int i = 0; i < console->config.nr_guests; i++)
		free(console->guests[i].keys.typed);
	free(console->guests);
}

void console_resume(struct console *console)
{
	take_terminal(console);
}

bool console_awaits(const struct console_guest *guest)
{
	const struct ring *typed = guest->keys.typed;

	return guest->console->in_eof && atomic_load(&guest->keys.last) &&
	       (!typed || !ring_used(typed)) && !guest->ended;
}

void console_end(struct console_guest *guest)
{
	struct console *console = guest->console;

	if (guest->ended)
		return;
	guest->ended = true;
	output_end(&console->output, guest->id);
	if (guest == console->front && console->terminal)
		front_next(console);
}

void console_rx_ready(struct console_guest *guest, struct board *board)
{
	if (keys_ask(&guest->keys, board))
		event_notify(guest->console->wake.fd);
}

void console_rx_more(struct console_guest *guest, struct board *board)
{
	if (keys_ask_more(&guest->keys, board))
		event_notify(guest->console->wake.fd);
}

void console_keyboard(struct console_guest *guest, struct board *board)
{
	atomic_store(&guest->keys.keyboard, board);
	event_notify(guest->console->wake.fd);
}

bool console_is_at_screen(const struct console_guest *guest)
{
	return atomic_load(&guest->console->place) == KEYS_AT_SCREEN;
}

void console_set_at_screen(struct console *console, bool at_screen)
{
	atomic_store(&console->place,
		     at_screen ? KEYS_AT_SCREEN : KEYS_AT_LINE);
	feed_all(console);
}

void console_before_message(struct console_guest *guest)
{
	output_break(&guest->console->output);
}
