/* A guest that begins again where it was remembered: see state.h. */
#include <linux/kvm.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

#include "core/state.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "terminal/console.h"
#include "util/parts.h"

int state_remember(struct vm *vm, struct parts *parts)
{
	int err;

	vm->resets = true;
	err = state_save(vm, parts);
	vm->resets = false;
	return err;
}

/* What it has to be before its registers can be laid; and a start-up interrupt that
 * waits is taken by being asked for. */
static int stop_vcpu(struct vcpu *vcpu)
{
	struct kvm_mp_state mp;

	ioctl(vcpu->fd, KVM_GET_MP_STATE, &mp);
	vcpu->injected = -1;
	vcpu->run->request_interrupt_window = 0;
	vcpu->run->kvm_dirty_regs = 0;
	atomic_store(&vcpu->life, VCPU_UNKNOWN);
	return state_leave_nested(vcpu);
}

static int reset_vcpus(struct vm *vm, struct parts *parts, const char *subject)
{
	struct state_gap gap;
	int err = state_gap_since(vm, parts, subject, &gap);

	for (unsigned int id = 0; id < vm->nr_vcpus && !err; id++)
		err = stop_vcpu(&vm->vcpus[id]);
	if (!err)
		err = state_load_vcpus(vm, parts, subject, &gap);
	if (!err && vm->first)
		err = vcpu_set_state(&vm->vcpus[0], vm->first);
	return err;
}

/* Who has asked for keys will ask again. */
static void forget_keys(struct vm *vm)
{
	struct keys *keys = &vm->config.console->keys;

	atomic_store(&keys->last, NULL);
	atomic_store(&keys->line, NULL);
	atomic_store(&keys->asked, false);
}

/*
 * Devices are quiet before anything else is laid, and the lines that they hold are
 * low, of which KVM remembers more than it tells. KVM writes to the guest's clock
 * and to its steal time for as long as a vCPU has these: RAM comes after vCPUs.
 */
int state_reset(struct vm *vm, struct parts *parts, const char *subject,
		int (*make_ram)(struct vm *vm))
{
	int err;

	vm->resets = true;
	parts_again(parts);
	forget_keys(vm);
	state_reset_boards(vm);
	atomic_store(&vm->intr, false);
	atomic_store(&vm->saved, false);
	err = state_load_chips(vm, parts, subject);
	if (!err)
		err = reset_vcpus(vm, parts, subject);
	if (!err)
		err = make_ram(vm);
	if (!err)
		err = state_load_boards(vm, parts, subject);
	if (!err)
		err = state_load_wires(vm, parts, subject);
	vm->resets = false;
	return err;
}
