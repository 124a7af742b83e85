/* `power`, a press of the button, and `stop`, one with an end behind it. */
#include <limits.h>
#include <stdatomic.h>

#include "abi/exit_status.h"
#include "core/power.h"
#include "core/services.h"
#include "core/vm.h"
#include "service/control/control.h"
#include "terminal/console.h"
#include "util/clock.h"
#include "util/event.h"
#include "util/sink.h"

#define GRACE_S	    10
#define GRACE_S_MAX 1000000
#define HURRY_NS    NS_PER_SEC /* for the reader of guests' last output */

static uint64_t hurry_at_ns; /* all have been ended; 0: not yet */

struct button {
	struct vm *vm;
	bool listens;
};

static void press(void *arg)
{
	struct button *button = arg;

	button->listens = power_ask(button->vm);
}

/* With the button pressed, unless they have no time to answer that. */
static void answer(struct ctl_call *call, struct vm *vms, unsigned int nr_vms,
		   bool pressing)
{
	struct json *json = ctl_reply(call);

	json_array(json, "guests");
	for (unsigned int i = 0; i < nr_vms; i++) {
		struct button button = { .vm = &vms[i] };

		if (pressing)
			services_on_main(press, &button);
		json_row(json, NULL);
		guest_members(json, &vms[i]);
		if (pressing)
			json_bool(json, "listens", button.listens);
		json_close(json);
	}
	json_close(json);
}

static void power(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	if (ctl_no_more(call, call->rest))
		answer(call, vms, nr_vms, true);
}

static void stop(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	const char *rest = call->rest;
	uint64_t seconds = GRACE_S;

	if (*rest && !ctl_number(&rest, GRACE_S_MAX, &seconds)) {
		ctl_refuse(call, "such as `stop 5`, or `stop 0`: at once",
			   "stop: give whole seconds, or nothing");
		return;
	}
	if (!ctl_no_more(call, rest))
		return;
	for (unsigned int i = 0; i < nr_vms; i++)
		control.guests[vms[i].config.id].end_at_ns =
			clock_now_ns() + seconds * NS_PER_SEC;
	if (!seconds)
		stop_those_due();
	answer(call, vms, nr_vms, seconds);
	json_number(&call->answer->json, "seconds", seconds);
}

static void let_reader_go(void *arg)
{
	console_abandon(arg);
}

/* Guests that are over still wait for whoever reads what they printed. */
static void hurry(void)
{
	hurry_at_ns = 0;
	sink_hurry();
	services_on_main(let_reader_go, control.vms[0].config.console->console);
}

static bool have_all_ended(void)
{
	for (unsigned int i = 0; i < control.nr_vms; i++)
		if (!atomic_load(&control.vms[i].stopping))
			return false;
	return true;
}

int stop_due_ms(void)
{
	uint64_t now_ns = clock_now_ns(), due_ns = hurry_at_ns;

	for (unsigned int i = 0; i < control.nr_vms; i++) {
		uint64_t at_ns = control.guests[i].end_at_ns;

		if (at_ns && (!due_ns || at_ns < due_ns))
			due_ns = at_ns;
	}
	if (!due_ns)
		return -1;
	if (due_ns <= now_ns)
		return 0;
	due_ns = (due_ns - now_ns) / NS_PER_MS + 1;
	return due_ns < INT_MAX ? (int)due_ns : INT_MAX;
}

/* Also one that has not begun, of which nobody else tells the main thread. */
static void end(struct vm *vm)
{
	vm_quit(vm, STATUS_OK, "ended by `stop`");
	event_notify(vm->config.stop_fd);
}

void stop_those_due(void)
{
	uint64_t now_ns = clock_now_ns();
	bool ended = false;

	for (unsigned int i = 0; i < control.nr_vms; i++) {
		uint64_t *at_ns = &control.guests[i].end_at_ns;

		if (!*at_ns || *at_ns > now_ns)
			continue;
		*at_ns = 0;
		if (!atomic_load(&control.vms[i].stopping))
			end(&control.vms[i]);
		ended = true;
	}
	if (ended && have_all_ended())
		hurry_at_ns = now_ns + HURRY_NS;
	else if (hurry_at_ns && hurry_at_ns <= now_ns)
		hurry();
}

static const struct ctl_command power_row = {
	.name = "power",
	.args = "",
	.what = "presses the power button, which a guest may listen to",
	.reach = CTL_ALL,
	.run = power,
};
CTL(power_row);

static const struct ctl_command stop_row = {
	.name = "stop",
	.args = "[SECONDS]",
	.what = "the power button, and the end if that is not enough in 10 s",
	.reach = CTL_ALL,
	.run = stop,
};
CTL(stop_row);
