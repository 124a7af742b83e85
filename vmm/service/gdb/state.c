/* Registers of vCPUs that stand still: see gdb.h. Asked for once a stop. */
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "service/gdb/inner.h"

#define RESET_RIP 0xfff0 /* SDM 3A, "First Instruction Executed" */

struct vcpu *gdb_vcpu(struct gdb_cpu *cpu)
{
	return cpu->vcpu;
}

struct vm *gdb_vm(struct gdb *gdb)
{
	return gdb->vm;
}

struct gdb *gdb_of(struct gdb_cpu *cpu)
{
	return cpu->gdb;
}

struct gdb_cpu *gdb_cpu(struct gdb *gdb, unsigned int id)
{
	return &gdb->cpus[id];
}

void gdb_set_step_irqs(struct gdb *gdb, bool on)
{
	gdb->step_irqs = on;
}

bool gdb_step_irqs(const struct gdb *gdb)
{
	return gdb->step_irqs;
}

bool gdb_is_physical(const struct gdb *gdb)
{
	return gdb->physical;
}

/* A triple fault: AMD-V has nothing left of what the vCPU had, and KVM resets
 * it. */
static bool is_lost(const struct vcpu *vcpu, const struct gdb_state *state)
{
	return vcpu->run->exit_reason == KVM_EXIT_SHUTDOWN &&
	       state->regs.rip == RESET_RIP;
}

/* On the vCPU's thread. */
static void fetch(struct vcpu *vcpu, void *arg)
{
	struct gdb_state *state = arg;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &state->regs) ||
	    ioctl(vcpu->fd, KVM_GET_SREGS, &state->sregs))
		return;
	state->lost = is_lost(vcpu, state);
	if (state->lost) {
		state->regs = vcpu->seen;
		state->sregs = vcpu->seen_sregs;
	} else {
		vcpu->seen = vcpu->run->s.regs.regs = state->regs;
		vcpu->seen_sregs = vcpu->run->s.regs.sregs = state->sregs;
	}
}

/* A vCPU that has stopped by itself has left its registers behind, and needs not
 * be asked. */
static void fill(struct gdb_cpu *cpu)
{
	const struct kvm_sync_regs *left = &cpu->vcpu->run->s.regs;

	cpu->state = (struct gdb_state){ 0 };
	if (cpu->fresh) {
		cpu->state.regs = left->regs;
		cpu->state.sregs = left->sregs;
	} else {
		vcpu_ask(cpu->vcpu, fetch, &cpu->state);
	}
	cpu->known = true;
}

const struct gdb_state *gdb_state(struct gdb_cpu *cpu)
{
	if (!cpu->known)
		fill(cpu);
	return &cpu->state;
}

void gdb_stale(struct gdb_cpu *cpu)
{
	cpu->known = cpu->fresh = false;
}

struct change {
	const struct gdb_state *state;
	unsigned int parts;
	bool failed;
};

/* On the vCPU's thread. Segments first: KVM checks the flags against them. */
static void put(struct vcpu *vcpu, void *arg)
{
	struct change *change = arg;
	const struct gdb_state *state = change->state;

	change->failed = (change->parts & GDB_SREGS &&
			  ioctl(vcpu->fd, KVM_SET_SREGS, &state->sregs)) ||
			 (change->parts & GDB_REGS &&
			  ioctl(vcpu->fd, KVM_SET_REGS, &state->regs));
	/* As if it had been so at the last exit. */
	if (change->parts & GDB_REGS)
		vcpu->seen = vcpu->run->s.regs.regs = state->regs;
	if (change->parts & GDB_SREGS)
		vcpu->seen_sregs = vcpu->run->s.regs.sregs = state->sregs;
}

bool gdb_put(struct gdb_cpu *cpu, const struct gdb_state *state,
	     unsigned int parts)
{
	struct change change = { state, parts, false };

	if (gdb_state(cpu)->lost)
		return false;
	gdb_stale(cpu);
	return vcpu_ask(cpu->vcpu, put, &change) && !change.failed;
}
