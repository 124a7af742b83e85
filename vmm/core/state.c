/* What is remembered of a guest, put together: see state.h. */
#include "core/state.h"

#include <errno.h>
#include <string.h>

#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
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

int state_load_chips(struct vm *vm, struct parts *parts, const char *subject)
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

int state_load_vcpus(struct vm *vm, struct parts *parts, const char *subject,
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
		err = state_load_chips(vm, parts, subject);
	if (!err)
		err = state_load_vcpus(vm, parts, subject, &gap);
	if (!err)
		err = state_load_boards(vm, parts, subject);
	if (!err)
		err = state_load_wires(vm, parts, subject);
	return err ? err : parts_check(parts, subject);
}
