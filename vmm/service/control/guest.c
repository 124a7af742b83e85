/* What answers say of a guest, whatever was asked. */
#include <stdatomic.h>

#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "service/control/control.h"

static bool is_kept(struct vm *vm)
{
	bool kept;

	pthread_mutex_lock(&vm->stop_lock);
	kept = vm->kept;
	pthread_mutex_unlock(&vm->stop_lock);
	return kept;
}

bool guest_has_begun(const struct vm *vm)
{
	return atomic_load(&vm->vcpus[0].started);
}

/*
 *   waits    it has not begun: another guest has to end first
 *   running  its vCPUs enter it, or wait for an interrupt
 *   pausing  it is to stand still, and some vCPU is in a device yet
 *   paused   all of them stand still
 *   kept     it has come to its end, and a debugger looks at what is left
 *   ended
 */
const char *guest_state(struct vm *vm)
{
	if (atomic_load(&vm->stopping))
		return "ended";
	if (is_kept(vm))
		return "kept";
	if (vm_is_paused(vm))
		return vm_pause_wait_until(vm, 0) ? "paused" : "pausing";
	return guest_has_begun(vm) ? "running" : "waits";
}

void guest_members(struct json *json, struct vm *vm)
{
	json_number(json, "guest", vm->config.id + 1);
	json_string(json, "name", vm->config.name);
	json_string(json, "state", guest_state(vm));
}

void guest_rows(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	struct json *json = ctl_reply(call);

	json_array(json, "guests");
	for (unsigned int i = 0; i < nr_vms; i++) {
		json_row(json, NULL);
		guest_members(json, &vms[i]);
		json_close(json);
	}
	json_close(json);
}
