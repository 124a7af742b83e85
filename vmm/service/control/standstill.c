/*
 * `pause` and `resume`. A pause is the guest's state, not its client's: it stays
 * when that goes, and anybody's `resume` ends it. It does not add up.
 */
#include "core/pause.h"
#include "core/vm.h"
#include "service/control/control.h"
#include "util/clock.h"

/* A vCPU may be in a device that waits for whoever reads our output. */
#define PATIENCE_NS (2 * NS_PER_SEC)

static void set_pauses(struct vm *vm, bool pauses)
{
	struct control_guest *guest = &control.guests[vm->config.id];

	if (pauses && !guest->pauses)
		vm_pause_soon(vm);
	if (!pauses && guest->pauses)
		vm_resume(vm);
	guest->pauses = pauses;
}

static void pause_guests(struct ctl_call *call, struct vm *vms,
			 unsigned int nr_vms)
{
	const uint64_t start_ns = clock_now_ns();
	uint64_t took_ns;

	if (!ctl_no_more(call, call->rest))
		return;
	for (unsigned int i = 0; i < nr_vms; i++)
		set_pauses(&vms[i], true);
	for (unsigned int i = 0; i < nr_vms; i++)
		vm_pause_wait_until(&vms[i], start_ns + PATIENCE_NS);
	took_ns = clock_now_ns() - start_ns;
	guest_rows(call, vms, nr_vms);
	json_number(&call->answer->json, "took_us", took_ns / NS_PER_US);
}

static void resume_guests(struct ctl_call *call, struct vm *vms,
			  unsigned int nr_vms)
{
	if (!ctl_no_more(call, call->rest))
		return;
	for (unsigned int i = 0; i < nr_vms; i++)
		set_pauses(&vms[i], false);
	guest_rows(call, vms, nr_vms);
}

static const struct ctl_command pause_row = {
	.name = "pause",
	.args = "",
	.what = "vCPUs stand still, all guests' or one's, until `resume`",
	.reach = CTL_ALL,
	.run = pause_guests,
};
CTL(pause_row);

static const struct ctl_command resume_row = {
	.name = "resume",
	.args = "",
	.what = "guests that `pause` has stopped go on",
	.reach = CTL_ALL,
	.run = resume_guests,
};
CTL(resume_row);
