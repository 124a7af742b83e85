/* Serial output or the guest's screen: see view.h. */
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/vm.h"
#include "device.h"
#include "display.h"
#include "feature.h"
#include "terminal/console.h"
#include "terminal/style.h"
#include "terminal/term.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/log_loop.h"
#include "util/picture.h"
#include "util/surface.h"
#include "util/text.h"

#define OPTION	"--display"
#define DRAW_NS (30 * NS_PER_MS)  /* 33 pictures a second */
#define WAIT_NS (100 * NS_PER_MS) /* until the first */

TABLE_DECLARE(device, device_type);
TABLE_DECLARE(display, display);

/* By its name, behind which may be a style. */
static const struct display *find(const char *name)
{
	const size_t len = name ? strcspn(name, ",") : 0;
	const struct display *const *row;

	TABLE_FOREACH(display, row) {
		if (!name || (strlen((*row)->name) == len &&
			      !memcmp((*row)->name, name, len)))
			return *row;
	}
	return NULL;
}

int view_check(const char *name)
{
	int style = view_style_in(name);

	if (!strcmp(name, "none"))
		return 0;
	if (!find(name))
		log_error(OPTION " %s: no such display was built in; try "
				 "`kvm-vmm --list`",
			  name);
	else if (style < 0)
		log_error(OPTION " %s: graphics are drawn as blocks, or as "
				 "sixel",
			  name);
	else if (style == VIEW_SIXEL && !ask_is_here)
		log_error(OPTION " %s: sixels were not built in: "
				 "CONFIG_DISPLAY_SIXEL",
			  name);
	else
		return 0;
	return -EINVAL;
}

bool view_is_wanted(const char *name)
{
	return name && find(name);
}

static bool has_screen(const char *const *without)
{
	const struct device_type *const *row;

	TABLE_FOREACH(device, row) {
		if ((*row)->look && !feature_is_out(without, (*row)->name))
			return true;
	}
	return false;
}

/* Why there is nothing to be seen, or NULL. */
static const char *obstacle(const char *const *without)
{
	if (!has_screen(without))
		return "the guest has no screen; leave --no-vga away";
	if (!isatty(STDOUT_FILENO))
		return "stdout is no terminal; --screen-at-end FILE does "
		       "without";
	if (!style_moves())
		return "TERM says that this terminal cannot move its cursor";
	return NULL;
}

int view_open(struct view *view, const char *name, const char *const *without,
	      bool annotated)
{
	const char *why = obstacle(without);

	view->tick.fd = -1;
	if (view_is_wanted(name) && why) {
		log_error(OPTION " %s: %s", name, why);
		return STATUS_USAGE;
	}
	view->display = why ? NULL : find(name);
	if (!view->display)
		return 0;
	view_terminal_open(&view->terminal, name);
	view->shown = name;
	view->waits = !name && !annotated;
	return 0;
}

void view_close(struct view *view)
{
	if (view->tick.fd >= 0)
		close(view->tick.fd);
	if (view->picture)
		free(view->picture->pixels);
	free(view->picture);
	if (view->display)
		view_terminal_close(&view->terminal);
	free(view->surface);
	free(view->state);
}

/* The screen of the guest in front, in view->surface. */
static bool look(struct view *view)
{
	const struct vm *vm = &view->vms[view->console->front->id];

	return boards_look(vm, view->surface);
}

/* Writes what is left; true if nothing is any more. */
static bool flush(struct view *view)
{
	if (view->at < view->len)
		view->at += output_direct(&view->console->output,
					  view->terminal.buf + view->at,
					  view->len - view->at);
	return view->at == view->len;
}

static void begin(struct view *view)
{
	struct output *output = &view->console->output;

	output_hold(output);
	if (isatty(STDERR_FILENO))
		log_hold(true);
	term_screen(output->sink.fd, view->display->end[view->terminal.shapes]);
	memset(view->state, 0, view->display->size - view->display->scratch);
	view->at = 0;
	view->len = strlen(view->display->begin);
	memcpy(view->terminal.buf, view->display->begin, view->len);
	view->begun = true;
}

/* Back to what the guests print. What was not written of the last picture stays
 * so: the escape character of the next sequence ends it. */
static void leave(struct view *view)
{
	const char *sequence =
		term_is_screen() ? view->display->end[view->terminal.shapes] :
				   "";
	size_t lost;

	if (!view->begun)
		return;
	view->begun = false;
	lost = output_go_on(&view->console->output, sequence);
	term_screen(-1, NULL);
	if (lost)
		log_warn("%zu bytes that were printed meanwhile are lost: the "
			 "last 64 KiB are kept",
			 lost);
}

/* Not before the terminal shows again where they belong. */
static void let_messages_come(struct view *view)
{
	console_flush(view->console);
	log_hold(false);
}

/* Room for a picture, once there is something to be painted. */
static bool make_picture(struct view *view)
{
	if (view->picture)
		return true;
	view->picture = calloc(1, sizeof(*view->picture));
	if (view->picture)
		view->picture->pixels = malloc(PICTURE_BYTES);
	if (view->picture && view->picture->pixels)
		return true;
	free(view->picture);
	view->picture = NULL;
	return false;
}

/* The guest's graphics, in view->picture. */
static bool look_closer(struct view *view)
{
	const struct vm *vm = &view->vms[view->console->front->id];

	return view->surface->mode == SURFACE_GRAPHICS &&
	       view->display->paint && make_picture(view) &&
	       boards_picture(vm, view->picture);
}

static void draw(struct view *view)
{
	struct display_terminal terminal;
	struct text text;

	if (!flush(view) || !look(view))
		return;
	terminal = view_terminal_now(&view->terminal);
	text_init(&text, view->terminal.buf,
		  view_terminal_room(&view->terminal));
	if (!look_closer(view))
		view->display->draw(view->state, view->surface, &terminal,
				    &text);
	else if (view_terminal_is_known(&view->terminal, view->console, &text))
		view->display->paint(view->state, view->picture, &terminal,
				     &text);
	view->at = 0;
	view->len = text.len;
	flush(view);
}

/* What has not printed anything, and has written on its screen. */
static bool is_by_screen(struct view *view)
{
	return !console_count(view->console) && look(view) &&
	       surface_is_written(view->surface);
}

static void set_period(struct view *view, uint64_t ns)
{
	event_arm(view->tick.fd, ns, ns);
}

/* The screen is to be in front from now on, or no more. What is typed goes
 * there at once, whenever the terminal is ours to draw on. */
static void show(struct view *view, bool on)
{
	view->waits = false;
	view->shown = on;
	/* Of several guests the screen of another one may be what stays. */
	if (view->nr_vms == 1)
		atomic_store(&view->vms->on_terminal, on);
	set_period(view, on || ask_is_open(&view->terminal.ask) ? DRAW_NS : 0);
	console_set_at_screen(view->console, on);
}

/* A guest that prints has shown where it talks. */
static void wait_for_screen(struct view *view)
{
	if (is_by_screen(view))
		show(view, true);
	else if (console_count(view->console)) {
		view->waits = false;
		set_period(view, 0);
	}
}

static void on_tick(void *arg, uint32_t events)
{
	struct view *view = arg;

	(void)events;
	event_ack(view->tick.fd);
	view_terminal_tick(&view->terminal, view->console);
	if (view->waits)
		wait_for_screen(view);
	else if (!view->shown && !ask_is_open(&view->terminal.ask))
		set_period(view, 0);
	if (!view->shown || view->console->away)
		return;
	if (!view->begun)
		begin(view);
	draw(view);
}

/* Made when it is first needed; false after one message. */
static bool prepare(struct view *view)
{
	int fd;

	if (view->tick.fd >= 0)
		return true;
	fd = event_timer_fd();
	view->tick = (struct event_source){ fd, on_tick, view };
	view->surface = calloc(1, sizeof(*view->surface));
	view->state = calloc(1, view->display->size);
	if (fd >= 0 && view->surface && view->state &&
	    !event_add(view->loop, &view->tick, EPOLLIN))
		return true;
	log_error(OPTION " %s: %s", view->display->name, strerror(ENOMEM));
	view->display = NULL;
	view->shown = view->waits = false;
	return false;
}

void view_start(struct view *view, struct event_loop *loop,
		struct console *console, struct vm *vms, unsigned int nr)
{
	view->loop = loop;
	view->console = console;
	view->vms = vms;
	view->nr_vms = nr;
	/* Of several, one will print, if only its name. */
	view->waits &= nr == 1 && !vms->config.by_serial;
	if ((!view->shown && !view->waits) || !prepare(view))
		return;
	if (view->shown)
		show(view, true);
	else
		set_period(view, WAIT_NS);
}

void view_switch(struct view *view)
{
	if (!view->display || view->ended) {
		log_warn("there is no screen to be shown");
		return;
	}
	if (!prepare(view))
		return;
	show(view, !view->shown);
	if (view->shown) {
		on_tick(view, 0);
		return;
	}
	leave(view);
	let_messages_come(view);
}

void view_resume(struct view *view)
{
	leave(view);
	let_messages_come(view);
}

void view_end(struct view *view)
{
	bool shown = view->begun || (view->waits && is_by_screen(view));
	size_t len;
	char *lines;

	if (view->ended)
		return;
	view->ended = true;
	view_terminal_await(&view->terminal);
	if (!shown)
		return;
	leave(view);
	view->shown = view->waits = false;
	lines = look(view) ? surface_lines(view->surface, view->terminal.utf8,
					   "", &len) :
			     NULL;
	if (lines)
		output_add(&view->console->output, lines, len);
	free(lines);
	let_messages_come(view);
}
