/* The console and the view of a machine, and what the user asks for there. */
#include <stdatomic.h>

#include "abi/exit_status.h"
#include "cli.h"
#include "core/board.h"
#include "core/power.h"
#include "core/probes.h"
#include "core/services.h"
#include "core/vm.h"
#include "machine_inner.h"

/* For the console: tells the guests. */
static bool on_resize(void *arg)
{
	struct machine *m = arg;
	bool told = true;

	for (unsigned int i = 0; i < m->nr_vms; i++)
		told &= boards_resize(&m->vms[i]);
	return told;
}

/* Ctrl-A p */
static void on_power_of(void *arg, unsigned int id)
{
	struct machine *m = arg;

	if (id < m->nr_started)
		power_press(&m->vms[id]);
}

static void on_eof(void *arg)
{
	struct machine *m = arg;

	if (eof_begin(&m->eof))
		machine_quit(m, STATUS_FAILED);
}

static void on_screen(void *arg)
{
	struct machine *m = arg;

	view_switch(&m->view);
}

static size_t on_typed(void *arg, const uint8_t *in, size_t len, uint8_t *out)
{
	struct machine *m = arg;

	return ask_sift(&m->view.terminal.ask, in, len, out);
}

int machine_open_console(struct machine *m)
{
	const struct console_config config = {
		.names = (const char *const *)m->names,
		.nr_guests = m->opt->nr_images,
		.interleave = m->opt->interleave,
		.annotated = probes_talk() || services_talk(),
		.without = m->opt->without,
		.grab = services_keys,
		.sift = on_typed,
		.input = board_input,
		.quit = machine_quit,
		.power = on_power_of,
		.resize = on_resize,
		.screen = on_screen,
		.eof = on_eof,
		.arg = m,
	};

	return console_init(&m->console, &m->loop, &config) ? STATUS_FAILED : 0;
}

int machine_open_view(struct machine *m)
{
	return view_open(&m->view, m->opt->display, m->opt->without,
			 probes_talk() || services_talk());
}

void machine_close_view(struct machine *m)
{
	view_close(&m->view);
}

void machine_close_console(struct machine *m)
{
	console_free(&m->console);
}
