/* Viewers and the guest that they see: see viewers.h and include/viewer.h. */
#include "viewers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "abi/exit_status.h"
#include "core/board.h"
#include "core/ledger.h"
#include "core/power.h"
#include "core/sandbox.h"
#include "core/vm.h"
#include "reset_button.h"
#include "terminal/console.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/picture.h"
#include "util/thread.h"
#include "viewer.h"

#define OPTION	    "--display"
#define VIEWERS_MAX 8

TABLE_DECLARE(viewer, viewer);

/* One viewer, and what it sees through. */
struct view_port {
	const struct viewer *row;
	const char *arg;
	void *state; /* NULL: it is not open */
	uint64_t every_ns;

	/* Of one that has files. */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool over; /* guarded by lock */
};

static struct {
	struct view_port ports[VIEWERS_MAX];
	unsigned int nr;
	struct console *console;
	struct vm *vms;
} viewers;

/* --- The command line ------------------------------------------------------ */

static const struct viewer *find(const char *name, size_t len)
{
	const struct viewer *const *row;

	TABLE_FOREACH(viewer, row) {
		if (strlen((*row)->name) == len &&
		    !memcmp((*row)->name, name, len))
			return *row;
	}
	return NULL;
}

int viewers_take(const char *arg)
{
	const size_t len = strcspn(arg, "=");
	const struct viewer *row = find(arg, len);
	const char *rest = arg[len] ? arg + len + 1 : NULL;

	if (!row)
		return 0;
	if (row->check(rest))
		return -EINVAL;
	if (viewers.nr == VIEWERS_MAX) {
		log_error(OPTION ": at most %d at once", VIEWERS_MAX);
		return -EINVAL;
	}
	viewers.ports[viewers.nr++] =
		(struct view_port){ .row = row, .arg = rest };
	return 1;
}

bool viewers_are_wanted(void)
{
	return viewers.nr > 0;
}

/* --- What a viewer asks for ------------------------------------------------ */

static struct vm *in_front(void)
{
	return &viewers.vms[output_front(&viewers.console->output)];
}

void viewer_every(struct view_port *port, uint64_t ns)
{
	port->every_ns = ns;
}

bool viewer_look(struct view_port *port, struct picture *picture)
{
	(void)port;
	return viewers.vms && boards_picture(in_front(), picture);
}

void viewer_key(struct view_port *port, unsigned int code, bool down)
{
	(void)port;
	if (viewers.vms)
		boards_key(in_front(), code, down);
}

/* Wheels turn towards whoever looks there, and away from him at the device. */
void viewer_pointer(struct view_port *port, int dx, int dy, int wheel,
		    unsigned int buttons)
{
	(void)port;
	if (viewers.vms)
		boards_pointer(in_front(), dx, dy, -wheel, buttons);
}

size_t viewer_type(struct view_port *port, const void *text, size_t len)
{
	(void)port;
	return viewers.vms ?
		       console_type(in_front()->config.console, text, len) :
		       0;
}

void viewer_power(struct view_port *port)
{
	(void)port;
	if (viewers.vms)
		power_press(in_front());
}

void viewer_reset(struct view_port *port)
{
	(void)port;
	if (viewers.vms)
		reset_button_press(in_front());
}

unsigned int viewer_counts(struct view_port *port,
			   struct viewer_count counts[VIEWER_COUNTS])
{
	(void)port;
	return viewers.vms ? ledger_read(in_front(), counts) : 0;
}

/* --- Files ----------------------------------------------------------------- */

/* Whether it is time for a picture, and not for the last. */
static bool wait_for_time(struct view_port *port)
{
	struct timespec until;
	bool over;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += port->every_ns / NS_PER_SEC;
	until.tv_nsec += port->every_ns % NS_PER_SEC;
	if (until.tv_nsec >= (long)NS_PER_SEC) {
		until.tv_nsec -= NS_PER_SEC;
		until.tv_sec++;
	}
	pthread_mutex_lock(&port->lock);
	while (!port->over &&
	       pthread_cond_timedwait(&port->changed, &port->lock, &until) == 0)
		;
	over = port->over;
	pthread_mutex_unlock(&port->lock);
	return !over;
}

static int put(struct view_port *port, struct picture *picture, bool always)
{
	if (!boards_picture(in_front(), picture) ||
	    (!picture->changed && !always))
		return 0;
	return port->row->put(port->state, picture);
}

static void *put_all(void *arg)
{
	struct view_port *port = arg;
	struct picture picture = { .pixels = malloc(PICTURE_BYTES) };
	int err = picture.pixels ? 0 : -ENOMEM;

	if (err)
		log_error(OPTION " %s: %s", port->row->name, strerror(-err));
	if (sandbox_thread(SANDBOX_SAVER, 2))
		vm_stop(viewers.vms, STATUS_FAILED, NULL);
	else
		while (!err && wait_for_time(port))
			err = put(port, &picture, false);
	if (!err)
		put(port, &picture, true);
	free(picture.pixels);
	return NULL;
}

static int start_thread(struct view_port *port)
{
	pthread_condattr_t attr;
	int err;

	pthread_mutex_init(&port->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&port->changed, &attr);
	err = thread_start(&port->thread, put_all, port);
	port->has_thread = !err;
	if (err)
		log_error(OPTION " %s: thread: %s", port->row->name,
			  strerror(-err));
	return err;
}

static void end_thread(struct view_port *port)
{
	pthread_mutex_lock(&port->lock);
	port->over = true;
	pthread_cond_signal(&port->changed);
	pthread_mutex_unlock(&port->lock);
	pthread_join(port->thread, NULL);
	port->has_thread = false;
}

/* --- From beginning to end ------------------------------------------------- */

int viewers_open(struct event_loop *loop)
{
	for (unsigned int i = 0; i < viewers.nr; i++) {
		struct view_port *port = &viewers.ports[i];

		port->state = port->row->open(port->arg, port, loop);
		if (!port->state) {
			viewers_close();
			return STATUS_USAGE;
		}
		if (port->row->counts)
			ledger_turn_on();
	}
	return 0;
}

void viewers_close(void)
{
	for (unsigned int i = 0; i < viewers.nr; i++)
		if (viewers.ports[i].state)
			viewers.ports[i].row->close(viewers.ports[i].state);
	viewers.nr = 0;
}

/* What the guest in front has printed, to all who want to know. */
static void on_printed(void *arg)
{
	uint8_t buf[4096];
	size_t len;

	(void)arg;
	while ((len = output_tapped(&viewers.console->output, buf,
				    sizeof(buf))))
		for (unsigned int i = 0; i < viewers.nr; i++)
			if (viewers.ports[i].row->printed)
				viewers.ports[i].row->printed(
					viewers.ports[i].state, buf, len);
}

static bool want_print(void)
{
	for (unsigned int i = 0; i < viewers.nr; i++)
		if (viewers.ports[i].row->printed)
			return true;
	return false;
}

int viewers_start(struct console *console, struct vm *vms, unsigned int nr)
{
	int err = 0;

	viewers.console = console;
	viewers.vms = vms;
	if (want_print() && output_tap(&console->output, on_printed, NULL)) {
		log_error(OPTION ": %s", strerror(ENOMEM));
		return STATUS_FAILED;
	}
	for (unsigned int i = 0; i < viewers.nr && !err; i++) {
		if (viewers.ports[i].row->put)
			err = start_thread(&viewers.ports[i]);
		if (!err && viewers.ports[i].row->counts)
			err = reset_button_keep(vms, nr);
	}
	return err ? STATUS_FAILED : 0;
}

void viewers_end(void)
{
	for (unsigned int i = 0; i < viewers.nr; i++)
		if (viewers.ports[i].has_thread)
			end_thread(&viewers.ports[i]);
	reset_button_end();
	if (viewers.console && viewers.console->output.tap)
		on_printed(NULL);
	viewers.vms = NULL;
}
