/*
 * Why a vCPU has stopped, found on its own thread, so that a step that is none of
 * the client's business costs no other one.
 */
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "abi/exit_status.h"
#include "core/services.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "service/gdb/inner.h"

#define QUIRK_PORT 0x7e /* KVM API, KVM_X86_QUIRK_OUT_7E_INC_RIP */
#define DR6_TRAPS  0xf	/* B0 to B3; SDM 3B, "Debug Status Register (DR6)" */

static bool wants_steps(const struct gdb_cpu *cpu)
{
	return cpu->action == GDB_STEP || cpu->gdb->breaks.need_steps;
}

static uint64_t pc_of(const struct gdb_cpu *cpu)
{
	const struct kvm_sync_regs *regs = &cpu->vcpu->run->s.regs;

	return target_pc(&regs->regs, &regs->sregs);
}

/* Tells KVM what has changed while it stood still. */
static void arm(struct gdb_cpu *cpu)
{
	struct gdb *gdb = cpu->gdb;
	bool steps = wants_steps(cpu) && !cpu->strings;
	bool holds = cpu->action == GDB_STEP && !gdb->step_irqs;

	if (steps != cpu->stepping)
		services_step(cpu->vcpu, &gdb_service, steps);
	if (holds != cpu->holds_irqs)
		services_hold_irqs(cpu->vcpu, holds);
	if (cpu->armed != gdb->breaks.version) {
		struct kvm_guest_debug debug = { 0 };

		breaks_arm(gdb, &debug);
		services_break(cpu->vcpu, &debug);
	}
	cpu->stepping = steps;
	cpu->holds_irqs = holds;
	cpu->armed = gdb->breaks.version;
}

static void stop_at(struct gdb_cpu *cpu, enum stop_reason reason, uint64_t addr)
{
	run_stop(cpu, (struct stop){ .reason = reason, .addr = addr });
}

/* Where the step of one vCPU is to end, which another one may come to before. */
static void stop_at_gate(struct gdb_cpu *cpu)
{
	cpu->at_gate = cpu->action == GDB_STEP;
	stop_at(cpu, cpu->at_gate ? STOP_STEP : STOP_MAPPED, 0);
}

/* True: it has stopped at a breakpoint. */
static bool stop_at_break(struct gdb_cpu *cpu, uint64_t pc)
{
	const struct breakpoint *found = breaks_at(cpu->gdb, pc);

	if (found && found->kind == BREAK_GATE)
		stop_at_gate(cpu);
	else if (found)
		stop_at(cpu, stop_of(found), pc);
	return found;
}

/* Turns of a string instruction are steps of their own; it is arrived at once. */
static bool is_repeating(const struct gdb_cpu *cpu, uint64_t pc)
{
	unsigned int len;

	return pc == cpu->last_pc &&
	       cpu->vcpu->run->s.regs.regs.rcx < cpu->last_rcx &&
	       strings_rep(cpu, pc, &len);
}

static void stop_after_step(struct gdb_cpu *cpu, uint64_t pc)
{
	const struct breakpoint *found = breaks_at(cpu->gdb, pc);

	cpu->at_gate = found && found->kind == BREAK_GATE;
	stop_at(cpu, STOP_STEP, 0);
}

/* Whether there may be memory now where a trap is to be. */
static bool has_other_tables(const struct gdb_cpu *cpu)
{
	const struct kvm_sregs *now = &cpu->vcpu->run->s.regs.sregs;

	return cpu->gdb->breaks.unmapped &&
	       (now->cr0 != cpu->last_cr0 || now->cr3 != cpu->last_cr3 ||
		now->cr4 != cpu->last_cr4);
}

static void after_step(struct gdb_cpu *cpu)
{
	uint64_t pc = pc_of(cpu), addr;

	cpu->repeats = is_repeating(cpu, pc);
	cpu->last_pc = pc;
	cpu->last_rcx = cpu->vcpu->run->s.regs.regs.rcx;
	if (cpu->gdb->breaks.nr_watches && breaks_changed(cpu, &addr))
		stop_at(cpu, STOP_WRITE, addr);
	else if (cpu->action == GDB_STEP)
		stop_after_step(cpu, pc);
	else if ((cpu->repeats || !stop_at_break(cpu, pc)) &&
		 has_other_tables(cpu))
		stop_at(cpu, STOP_MAPPED, 0);
}

/* An access to a device that is complete when it is told of, as it is where KVM has
 * emulated the instruction: no step follows it but that of the next one. */
static bool has_stepped(const struct gdb_cpu *cpu)
{
	const unsigned int reason = cpu->vcpu->run->exit_reason;

	return cpu->stepping &&
	       (reason == KVM_EXIT_IO || reason == KVM_EXIT_MMIO) &&
	       pc_of(cpu) != cpu->last_pc;
}

void stops_enter(struct gdb_cpu *cpu)
{
	if (has_stepped(cpu))
		after_step(cpu);
	if (cpu->action == GDB_CONTINUE && cpu->gdb->breaks.need_steps &&
	    !cpu->strings)
		strings_begin(cpu, cpu->last_pc);
	arm(cpu);
}

/* An exception that is the guest's own goes to its handler (KVM API,
 * "KVM_SET_GUEST_DEBUG"); what else is asked of KVM stays. */
static void give_back(struct gdb_cpu *cpu, uint32_t which)
{
	struct kvm_guest_debug debug = cpu->vcpu->debug;

	debug.control |= KVM_GUESTDBG_ENABLE | which;
	ioctl(cpu->vcpu->fd, KVM_SET_GUEST_DEBUG, &debug);
}

void stops_debug(struct gdb_cpu *cpu)
{
	const struct kvm_debug_exit_arch *arch = &cpu->vcpu->run->debug.arch;
	struct stop stop = { .reason = STOP_NONE };

	if (arch->exception == BP_VECTOR) {
		if (!stop_at_break(cpu, pc_of(cpu)))
			give_back(cpu, KVM_GUESTDBG_INJECT_BP);
	} else if (arch->dr6 & DR6_TRAPS && break_means.debug_regs &&
		   breaks_hit(cpu->gdb, arch->dr6, &stop)) {
		run_stop(cpu, stop);
	} else if (cpu->stepping) {
		after_step(cpu);
	}
}

static bool is_out(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO &&
	       run->io.direction == KVM_EXIT_IO_OUT && run->io.size == 1 &&
	       run->io.count == 1 &&
	       run->io.port == (uint16_t)run->s.regs.regs.rdx;
}

/* Whether RIP is behind an OUT when it is told of. */
static bool is_behind(const struct kvm_run *run)
{
	return break_means.out_behind || run->io.port == QUIRK_PORT;
}

static bool is_trap(const struct gdb_cpu *cpu, uint64_t addr)
{
	const struct breakpoint *point = breaks_at(cpu->gdb, addr);

	return point && point->planted && point->trap == TRAP_OUT;
}

bool stops_exit(struct gdb_cpu *cpu)
{
	struct kvm_run *run = cpu->vcpu->run;
	struct kvm_regs *regs = &run->s.regs.regs;
	uint64_t addr;
	bool strings;
	int err;

	if (!cpu->gdb->breaks.nr || !is_out(run))
		return false;
	addr = pc_of(cpu) - is_behind(run);
	strings = strings_end(cpu, addr);
	if (!strings && !is_trap(cpu, addr))
		return false;
	err = check_undo_out(cpu->vcpu->fd, run, regs,
			     regs->rip - (pc_of(cpu) - addr));
	if (err)
		vm_stop(cpu->gdb->vm, STATUS_FAILED, "vCPU %u: --gdb: %s",
			cpu->vcpu->id, strerror(-err));
	cpu->vcpu->seen = *regs;
	if (strings)
		after_step(cpu);
	else
		stop_at_break(cpu, addr);
	return true;
}
