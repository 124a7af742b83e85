/* vCPUs that the guest never starts: see unstarted.h. */
#include "core/unstarted.h"

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "terminal/console.h"
#include "util/log.h"

void unstarted_look(struct vcpu *vcpu)
{
	struct kvm_mp_state state;

	if (ioctl(vcpu->fd, KVM_GET_MP_STATE, &state))
		return;
	atomic_store(&vcpu->life, state.mp_state == KVM_MP_STATE_UNINITIALIZED ?
					  VCPU_NEVER_STARTED :
					  VCPU_STARTED);
}

/* How many were started; all of them while one has not been looked at. */
static unsigned int count_started(const struct vm *vm)
{
	unsigned int started = 0;

	for (unsigned int id = 0; id < vm->nr_vcpus; id++) {
		int life = atomic_load(&vm->vcpus[id].life);

		if (life == VCPU_UNKNOWN)
			return vm->nr_vcpus;
		started += life == VCPU_STARTED;
	}
	return started;
}

static void tell(struct vm *vm)
{
	unsigned int started = count_started(vm);

	if (started == vm->nr_vcpus || vm->told_unstarted)
		return;
	vm->told_unstarted = true;
	console_before_message(vm->config.console);
	log_error(
		"%s: has started %u of its %u vCPUs%s", vm->config.name,
		started, vm->nr_vcpus,
		started > 1 ?
			"" :
			"; ACPI or an MP table tells of them, if neither "
			"was left out, and Linux reads what it was built for "
			"(ACPI, X86_MPPARSE), but not with nosmp or maxcpus=");
}

void unstarted_tell(struct vm *vm)
{
	if (atomic_load(&vm->listens))
		tell(vm);
}

void unstarted_tell_end(struct vm *vm)
{
	bool by_itself = vm->status < STATUS_USAGE;

	if (vm->nr_vcpus < 2 || !(by_itself || atomic_load(&vm->listens)))
		return;
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		unstarted_look(&vm->vcpus[id]);
	tell(vm);
}
