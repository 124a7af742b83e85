/*
 * VM exits: a table from exit reason to name and handler. A reason without a
 * handler ends the guest by name; it is never ignored. Follows the KVM API,
 * "The kvm_run structure".
 */
#include "core/exit.h"

#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>

#include "abi/exit_status.h"
#include "core/lastword.h"
#include "core/plan.h"
#include "core/probes.h"
#include "core/services.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "memory_seen.h"
#include "probe.h"
#include "util/slow.h"

#define RESET_RIP	0xfff0	   /* SDM 3A, "First Instruction Executed" */
#define ENTRY_BAD_STATE 0x80000021 /* SDM 3C, "VM-Entry Failures" */

/* Where the guest was, for the last message about it. */
#define REGS_FMT "rip 0x%llx, rsp 0x%llx, rflags 0x%llx"
#define REGS_ARG(run)                                   \
	(run)->s.regs.regs.rip, (run)->s.regs.regs.rsp, \
		(run)->s.regs.regs.rflags

static uint64_t data_get(const void *data, unsigned int size)
{
	uint64_t val = 0;

	memcpy(&val, data, size);
	return val;
}

static void data_put(void *data, unsigned int size, uint64_t val)
{
	memcpy(data, &val, size);
}

SLOW static void answer_item(struct bus *bus, const struct kvm_run *run,
			     uint8_t *data)
{
	const unsigned int port = run->io.port, size = run->io.size;

	if (run->io.direction == KVM_EXIT_IO_OUT)
		bus_write(bus, port, size, data_get(data, size));
	else
		data_put(data, size, bus_read(bus, port, size));
}

/* String I/O: the data advances by item, the port stays. An item may have
 * ended the guest. */
SLOW static void answer_items(struct vcpu *vcpu, uint8_t *data)
{
	const struct kvm_run *run = vcpu->run;

	if (run->io.direction == KVM_EXIT_IO_IN &&
	    bus_read_items(&vcpu->vm->pio, run->io.port, run->io.size,
			   run->io.count, data))
		return;
	for (unsigned int i = 0;
	     i < run->io.count && !atomic_load(&vcpu->vm->stopping);
	     i++, data += run->io.size)
		answer_item(&vcpu->vm->pio, run, data);
}

static inline enum exit_action on_pio(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	struct bus *bus = &vcpu->vm->pio;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	if (run->io.count != 1)
		answer_items(vcpu, data);
	else if (run->io.size != 1)
		answer_item(bus, run, data);
	else if (run->io.direction == KVM_EXIT_IO_OUT)
		bus_write_byte(bus, run->io.port, *data);
	else
		*data = bus_read_byte(bus, run->io.port);
	return EXIT_RESUME;
}

/* KVM found a page of RAM missing, and takes it for a device: it emulates. Where a
 * device has a window in RAM, and ROM is, that is as it should be. */
SLOW static enum exit_action on_lost_ram(struct vcpu *vcpu)
{
	vm_stop(vcpu->vm, STATUS_FAILED, MEM_FILE_SHORTER, vcpu->vm->mem.file);
	return EXIT_STOP;
}

static enum exit_action on_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	const uint64_t addr = run->mmio.phys_addr;
	const unsigned int size = run->mmio.len;

	if (vcpu->vm->mem.file && mem_hva(&vcpu->vm->mem, addr, 1) &&
	    !bus_owner(&vcpu->vm->mmio, addr))
		return on_lost_ram(vcpu);
	if (run->mmio.is_write)
		bus_write(&vcpu->vm->mmio, addr, size,
			  data_get(run->mmio.data, size));
	else
		data_put(run->mmio.data, size,
			 bus_read(&vcpu->vm->mmio, addr, size));
	return EXIT_RESUME;
}

static enum exit_action on_debug(struct vcpu *vcpu)
{
	return services_debug(vcpu);
}

static enum exit_action on_hlt(struct vcpu *vcpu)
{
	(void)vcpu;
	return EXIT_HALT;
}

static enum exit_action on_intr(struct vcpu *vcpu)
{
	(void)vcpu; /* a signal came; the run loop looks at its flags */
	return EXIT_RESUME;
}

static enum exit_action on_shutdown(struct vcpu *vcpu)
{
	const struct kvm_regs *regs = &vcpu->run->s.regs.regs;

	if (atomic_load(&vcpu->vm->said) != LASTWORD_NONE)
		vm_reset(vcpu->vm);	 /* one way to do it: reboot=t */
	else if (regs->rip == RESET_RIP) /* AMD-V: KVM has reset the vCPU */
		vm_stop(vcpu->vm, STATUS_CRASHED,
			"crashed: triple fault on vCPU %u (last seen at exit "
			"%llu, rip 0x%llx)",
			vcpu->id, (unsigned long long)vcpu->seen_exit,
			vcpu->seen.rip);
	else
		vm_stop(vcpu->vm, STATUS_CRASHED,
			"crashed: triple fault on vCPU %u (" REGS_FMT ")",
			vcpu->id, REGS_ARG(vcpu->run));
	return EXIT_STOP;
}

static enum exit_action on_fail_entry(struct vcpu *vcpu)
{
	unsigned long long reason =
		vcpu->run->fail_entry.hardware_entry_failure_reason;

	vm_stop(vcpu->vm, STATUS_CRASHED,
		"crashed: the CPU refused to enter the guest: reason 0x%llx%s",
		reason,
		reason == ENTRY_BAD_STATE ? " (invalid guest state)" : "");
	return EXIT_STOP;
}

/* If an instruction could not be read because its page was lost with the file that
 * RAM is mapped from, reading it here ends the run and says so (SIGBUS). */
static void look_for_code(const struct vcpu *vcpu)
{
	const struct kvm_sync_regs *regs = &vcpu->run->s.regs;
	uint8_t byte;

	if (vcpu->vm->mem.file)
		mem_read(&vcpu->vm->mem, regs->sregs.cs.base + regs->regs.rip,
			 &byte, sizeof(byte));
}

static enum exit_action on_internal_error(struct vcpu *vcpu)
{
	static const char *const suberrors[] = {
		[KVM_INTERNAL_ERROR_EMULATION] = "an instruction KVM's "
						 "emulator does not know",
		[KVM_INTERNAL_ERROR_SIMUL_EX] = "simultaneous exceptions",
		[KVM_INTERNAL_ERROR_DELIVERY_EV] = "event delivery",
		[KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON] =
			"an exit reason KVM did not expect",
	};
	unsigned int sub = vcpu->run->internal.suberror;
	const char *name = NULL;

	look_for_code(vcpu);
	if (sub < sizeof(suberrors) / sizeof(suberrors[0]))
		name = suberrors[sub];
	vm_stop(vcpu->vm, STATUS_CRASHED,
		"crashed: KVM internal error %u: %s (" REGS_FMT ")", sub,
		name ? name : "unknown", REGS_ARG(vcpu->run));
	return EXIT_STOP;
}

/* Only interrupt controllers that have asked for it get this exit. */
static enum exit_action on_ioapic_eoi(struct vcpu *vcpu)
{
	vcpu->vm->config.irqchip->eoi(vcpu->vm, vcpu->run->eoi.vector);
	return EXIT_RESUME;
}

static enum exit_action on_system_event(struct vcpu *vcpu)
{
	unsigned int type = vcpu->run->system_event.type;

	if (type == KVM_SYSTEM_EVENT_CRASH)
		vm_stop(vcpu->vm, STATUS_CRASHED, "crashed: it said so itself");
	else
		vm_stop(vcpu->vm, STATUS_OK, NULL);
	return EXIT_STOP;
}

static const struct exit_row {
	const char *name;
	enum exit_action (*handle)(struct vcpu *vcpu);
} exits[] = {
	[KVM_EXIT_UNKNOWN] = { "UNKNOWN", NULL },
	[KVM_EXIT_EXCEPTION] = { "EXCEPTION", NULL },
	[KVM_EXIT_IO] = { "IO", on_pio },
	[KVM_EXIT_HYPERCALL] = { "HYPERCALL", NULL },
	[KVM_EXIT_DEBUG] = { "DEBUG", on_debug },
	[KVM_EXIT_HLT] = { "HLT", on_hlt },
	[KVM_EXIT_MMIO] = { "MMIO", on_mmio },
	[KVM_EXIT_IRQ_WINDOW_OPEN] = { "IRQ_WINDOW_OPEN", on_intr },
	[KVM_EXIT_SHUTDOWN] = { "SHUTDOWN", on_shutdown },
	[KVM_EXIT_FAIL_ENTRY] = { "FAIL_ENTRY", on_fail_entry },
	[KVM_EXIT_INTR] = { "INTR", on_intr },
	[KVM_EXIT_SET_TPR] = { "SET_TPR", NULL },
	[KVM_EXIT_TPR_ACCESS] = { "TPR_ACCESS", NULL },
	[KVM_EXIT_NMI] = { "NMI", NULL },
	[KVM_EXIT_INTERNAL_ERROR] = { "INTERNAL_ERROR", on_internal_error },
	[KVM_EXIT_IOAPIC_EOI] = { "IOAPIC_EOI", on_ioapic_eoi },
	[KVM_EXIT_SYSTEM_EVENT] = { "SYSTEM_EVENT", on_system_event },
};

static const struct exit_row *find_row(unsigned int reason)
{
	static const struct exit_row unknown = { "unknown", NULL };

	if (reason >= sizeof(exits) / sizeof(exits[0]) || !exits[reason].name)
		return &unknown;
	return &exits[reason];
}

static enum exit_action answer(struct vcpu *vcpu, const struct exit_row *row)
{
	if (row->handle)
		return row->handle(vcpu);
	vm_stop(vcpu->vm, STATUS_FAILED,
		"VM exit %u (%s), which kvm-vmm does not handle (" REGS_FMT ")",
		vcpu->run->exit_reason, row->name, REGS_ARG(vcpu->run));
	return EXIT_STOP;
}

/* Who answers the exit, for I/O and MMIO. */
static void find_device(const struct vcpu *vcpu, struct exit_view *view)
{
	const struct kvm_run *run = vcpu->run;

	if (run->exit_reason == KVM_EXIT_IO)
		view->device = bus_locate(&vcpu->vm->pio, run->io.port,
					  &view->range, &view->off);
	if (run->exit_reason != KVM_EXIT_MMIO)
		return;
	view->device = bus_locate(&vcpu->vm->mmio, run->mmio.phys_addr,
				  &view->range, &view->off);
	view->is_window =
		plan_has_window_at(vcpu->vm->config.plan, run->mmio.phys_addr);
}

/* Answers while the probes look on. */
SLOW static enum exit_action answer_watched(struct vcpu *vcpu,
					    const struct exit_row *row)
{
	const uint64_t left_ns = vm_now_ns(vcpu->vm);
	enum exit_action action;
	struct exit_view view = {
		.guest = vcpu->vm->config.name,
		.guest_id = vcpu->vm->config.id,
		.nr_guests = vcpu->vm->config.nr_guests,
		.cpu = vcpu->id,
		.nr_cpus = vcpu->vm->nr_vcpus,
		.number = vcpu->exit_number,
		.reason = row->name,
		.run = vcpu->run,
		.vm = vcpu->vm,
		.guest_ns = left_ns - vcpu->entered_ns,
	};

	find_device(vcpu, &view);
	probes_before(&view);
	view.answer_ns = vm_now_ns(vcpu->vm);
	action = answer(vcpu, row);
	view.answer_ns = vm_now_ns(vcpu->vm) - view.answer_ns;
	probes_after(&view);
	return action;
}

/* Keeps what a crash at the next exit could take away. */
static inline void remember(struct vcpu *vcpu)
{
	vcpu->seen = vcpu->run->s.regs.regs;
	vcpu->seen_exit = vcpu->exit_number;
}

static void remember_sregs(struct vcpu *vcpu)
{
	vcpu->seen_sregs = vcpu->run->s.regs.sregs;
	vcpu->seen_sregs_exit = vcpu->exit_number;
}

SLOW static enum exit_action handle_any(struct vcpu *vcpu)
{
	const struct exit_row *row = find_row(vcpu->run->exit_reason);

	if (vcpu->run->exit_reason != KVM_EXIT_SHUTDOWN) {
		remember(vcpu);
		if (vcpu->watched)
			remember_sregs(vcpu);
	}
	if (vcpu->watched && services_exit(vcpu))
		return EXIT_RESUME;
	return probes_are_on() ? answer_watched(vcpu, row) : answer(vcpu, row);
}

/* Most exits are I/O, and nobody looks on. */
enum exit_action exit_handle(struct vcpu *vcpu)
{
	if (vcpu->run->exit_reason != KVM_EXIT_IO || vcpu->watched)
		return handle_any(vcpu);
	remember(vcpu);
	return on_pio(vcpu);
}

void exit_stop_at_limit(struct vcpu *vcpu)
{
	vm_stop(vcpu->vm, STATUS_LIMIT,
		"stopped: --max-exits %llu used up (" REGS_FMT ")",
		(unsigned long long)vcpu->vm->config.max_exits,
		REGS_ARG(vcpu->run));
}
