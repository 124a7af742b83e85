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
#include "core/probes.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "probe.h"

#define RESET_RIP	0xfff0	   /* SDM 3A, "First Instruction Executed" */
#define ENTRY_BAD_STATE 0x80000021 /* SDM 3C, "VM-Entry Failures" */

/* Where the guest was, for the last message about it. */
#define REGS_FMT "rip 0x%llx, rsp 0x%llx, rflags 0x%llx"
#define REGS_ARG(run)                                   \
	(run)->s.regs.regs.rip, (run)->s.regs.regs.rsp, \
		(run)->s.regs.regs.rflags

static enum exit_action on_pio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	unsigned int size = run->io.size;

	/* String I/O: the data advances by item, the port stays. An item may
	 * have ended the guest. */
	for (unsigned int i = 0;
	     i < run->io.count && !atomic_load(&vcpu->vm->stopping);
	     i++, data += size) {
		uint64_t val = 0;

		if (run->io.direction == KVM_EXIT_IO_OUT) {
			memcpy(&val, data, size);
			bus_write(&vcpu->vm->pio, run->io.port, size, val);
		} else {
			val = bus_read(&vcpu->vm->pio, run->io.port, size);
			memcpy(data, &val, size);
		}
	}
	return EXIT_RESUME;
}

static enum exit_action on_mmio(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	uint64_t val = 0;

	if (run->mmio.is_write) {
		memcpy(&val, run->mmio.data, run->mmio.len);
		bus_write(&vcpu->vm->mmio, run->mmio.phys_addr, run->mmio.len,
			  val);
	} else {
		val = bus_read(&vcpu->vm->mmio, run->mmio.phys_addr,
			       run->mmio.len);
		memcpy(run->mmio.data, &val, run->mmio.len);
	}
	return EXIT_RESUME;
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
	[KVM_EXIT_DEBUG] = { "DEBUG", NULL },
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
static const char *answering_device(const struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	if (run->exit_reason == KVM_EXIT_IO)
		return bus_owner(&vcpu->vm->pio, run->io.port);
	if (run->exit_reason == KVM_EXIT_MMIO)
		return bus_owner(&vcpu->vm->mmio, run->mmio.phys_addr);
	return NULL;
}

/* Answers while the probes look on. */
static enum exit_action answer_watched(struct vcpu *vcpu,
				       const struct exit_row *row,
				       uint64_t entered_ns)
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
		.device = answering_device(vcpu),
		.run = vcpu->run,
		.guest_ns = left_ns - entered_ns,
	};

	probes_before(&view);
	view.answer_ns = vm_now_ns(vcpu->vm);
	action = answer(vcpu, row);
	view.answer_ns = vm_now_ns(vcpu->vm) - view.answer_ns;
	probes_after(&view);
	return action;
}

/* Keeps what a crash at the next exit could take away. */
static void remember(struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	if (run->exit_reason == KVM_EXIT_SHUTDOWN)
		return;
	vcpu->seen = run->s.regs.regs;
	vcpu->seen_exit = vcpu->exit_number;
	if (vcpu->wanted_regs & KVM_SYNC_X86_SREGS) {
		vcpu->seen_sregs = run->s.regs.sregs;
		vcpu->seen_sregs_exit = vcpu->exit_number;
	}
}

enum exit_action exit_handle(struct vcpu *vcpu, uint64_t entered_ns)
{
	const struct exit_row *row = find_row(vcpu->run->exit_reason);

	remember(vcpu);
	return probes_are_on() ? answer_watched(vcpu, row, entered_ns) :
				 answer(vcpu, row);
}

void exit_stop_at_limit(struct vcpu *vcpu)
{
	vm_stop(vcpu->vm, STATUS_LIMIT,
		"stopped: --max-exits %llu used up (" REGS_FMT ")",
		(unsigned long long)vcpu->vm->config.max_exits,
		REGS_ARG(vcpu->run));
}
