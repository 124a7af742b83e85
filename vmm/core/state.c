/* What is remembered of a guest, put together: see state.h. */
#include "core/state.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "terminal/console.h"
#include "util/log.h"
#include "util/parts.h"

#define IRQCHIP_PART "irqchip"

static int save_chips(struct vm *vm, struct parts *parts)
{
	const struct irqchip *chip = vm->config.irqchip;
	int err;

	if (!chip || !chip->save)
		return 0;
	err = chip->save(vm, parts_add(parts, IRQCHIP_PART, 0, chip->version));
	if (err)
		log_error("%s: interrupt controllers: %s", vm->config.name,
			  strerror(-err));
	return err;
}

static int load_chips(struct vm *vm, struct parts *parts, const char *subject)
{
	const struct irqchip *chip = vm->config.irqchip;
	struct stash *in;

	if (!chip || !chip->load)
		return 0;
	in = parts_take(parts, subject, IRQCHIP_PART, 0, chip->version);
	if (!in)
		return -EINVAL;
	if (!chip->load(vm, in))
		return 0;
	log_error(
		"%s: its interrupt controllers are in a state that they never "
		"were in",
		subject);
	return -EINVAL;
}

static int save_vcpus(struct vm *vm, struct parts *parts)
{
	int err = 0;

	for (unsigned int id = 0; id < vm->nr_vcpus && !err; id++)
		err = state_save_vcpu(&vm->vcpus[id], parts);
	return err;
}

static int load_vcpus(struct vm *vm, struct parts *parts, const char *subject,
		      const struct state_gap *gap)
{
	int err = 0;

	for (unsigned int id = 0; id < vm->nr_vcpus && !err; id++)
		err = state_load_vcpu(&vm->vcpus[id], parts, subject, gap);
	return err;
}

/*
 * The vCPUs first: what they still do when they are asked, as take the interrupt that
 * starts them, is to be in the rest.
 */
int state_save(struct vm *vm, struct parts *parts)
{
	int err = save_vcpus(vm, parts);

	if (!err)
		err = save_chips(vm, parts);
	if (!err)
		err = state_save_cpuid(vm, parts);
	if (!err)
		err = state_save_boards(vm, parts);
	if (!err)
		err = state_save_wires(vm, parts);
	if (!err) /* no earlier than what a device has seen of it */
		err = state_save_time(vm, parts);
	if (!err && !parts_are_whole(parts)) {
		log_error("%s: its state: %s", vm->config.name,
			  strerror(ENOMEM));
		err = -ENOMEM;
	}
	return err;
}

/*
 * What refuses most files first; then time, because deadlines and the CPUs' clocks
 * are counted from there; and the I/O APIC before local APICs, which it may send
 * something to that they have already.
 */
int state_load(struct vm *vm, struct parts *parts, const char *subject)
{
	struct state_gap gap;
	int err = state_load_cpuid(vm, parts, subject);

	if (!err)
		err = state_load_time(vm, parts, subject, &gap);
	if (!err)
		err = load_chips(vm, parts, subject);
	if (!err)
		err = load_vcpus(vm, parts, subject, &gap);
	if (!err)
		err = state_load_boards(vm, parts, subject);
	if (!err)
		err = state_load_wires(vm, parts, subject);
	return err ? err : parts_check(parts, subject);
}

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
		err = load_vcpus(vm, parts, subject, &gap);
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
	err = load_chips(vm, parts, subject);
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
