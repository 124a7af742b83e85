/* `reset`: the machine is as when it was switched on, with its image loaded. */
#include <errno.h>
#include <stdatomic.h>

#include "core/pause.h"
#include "core/services.h"
#include "core/vm.h"
#include "ctl.h"
#include "service/snapshot/again.h"
#include "util/clock.h"

/* A vCPU may be in a device that waits for whoever reads our output. */
#define PATIENCE_NS (2 * NS_PER_SEC)

static bool is_kept(struct vm *vm)
{
	bool kept;

	pthread_mutex_lock(&vm->stop_lock);
	kept = vm->kept;
	pthread_mutex_unlock(&vm->stop_lock);
	return kept;
}

/* What keeps it from that; NULL: nothing. */
static const char *obstacle(struct vm *vm)
{
	if (atomic_load(&vm->stopping) || is_kept(vm))
		return "has ended; start it again";
	if (!atomic_load(&vm->begun))
		return "has not begun";
	return NULL;
}

static const char *why(int err)
{
	switch (err) {
	case 0:
		return NULL;
	case -ENOENT:
		return "was not kept as it was at its start";
	case -ESRCH:
		return "has ended; start it again";
	default:
		return "cannot go on; the run's own messages say why";
	}
}

/* Paused or not, it stays so. */
static const char *reset_guest(struct vm *vm)
{
	const uint64_t limit_ns = clock_now_ns() + PATIENCE_NS;
	const char *cause = obstacle(vm);

	if (cause)
		return cause;
	vm_pause_soon(vm);
	if (vm_pause_wait_until(vm, limit_ns))
		cause = why(again_make(vm));
	else
		cause = "does not come to stand still";
	vm_resume(vm);
	return cause;
}

static void reset(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	const uint64_t start_ns = clock_now_ns();
	struct json *json;

	if (!ctl_no_more(call, call->rest))
		return;
	if (services_debugging()) {
		ctl_refuse(call, "reset it without that, or start it again",
			   "reset: who watches its instructions, as a debugger "
			   "does, has breakpoints in its memory");
		return;
	}
	for (unsigned int i = 0; i < nr_vms; i++) {
		const char *cause = reset_guest(&vms[i]);

		if (!cause)
			continue;
		ctl_refuse(call, NULL, "reset: %s %s", vms[i].config.name,
			   cause);
		return;
	}
	json = ctl_reply(call);
	json_number(json, "guests", nr_vms);
	json_number(json, "took_us", (clock_now_ns() - start_ns) / NS_PER_US);
}

static const struct ctl_command reset_row = {
	.name = "reset",
	.args = "",
	.what = "the machine begins again, with its image loaded",
	.reach = CTL_ALL,
	.get_ready = again_keep,
	.run = reset,
};
CTL(reset_row);
