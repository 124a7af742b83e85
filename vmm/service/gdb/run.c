/*
 * vCPUs that go on and stop. All of them stop when one does ("all-stop"); those
 * that had something to tell as well are told of when they are to go on, before
 * they do.
 */
#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "service/gdb/inner.h"
#include "util/event.h"

/* Has all stand still soon; the lock is taken. */
static void halt_soon(struct gdb *gdb)
{
	if (gdb->halting)
		return;
	gdb->halting = true;
	if (!gdb->partly)
		vm_pause_soon(gdb->vm);
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++)
		if (gdb->cpus[id].let_run) {
			gdb->cpus[id].let_run = false;
			vcpu_hold(gdb->cpus[id].vcpu);
		}
	gdb->partly = false;
}

bool run_is_halting(struct gdb *gdb)
{
	bool halting;

	pthread_mutex_lock(&gdb->lock);
	halting = gdb->halting || gdb->kept || gdb->over;
	pthread_mutex_unlock(&gdb->lock);
	return halting;
}

void run_halt(struct gdb *gdb)
{
	pthread_mutex_lock(&gdb->lock);
	halt_soon(gdb);
	pthread_mutex_unlock(&gdb->lock);
	vm_pause_wait(gdb->vm);
	gates_end(gdb);
	gdb->running = false;
}

bool run_attach(struct gdb *gdb)
{
	bool over;

	guests_hold_saves();
	pthread_mutex_lock(&gdb->lock);
	over = gdb->over;
	gdb->attached = !over;
	pthread_mutex_unlock(&gdb->lock);
	guests_allow_saves();
	if (!over)
		run_halt(gdb);
	return !over;
}

/* What a vCPU was about to tell is no longer of interest. */
static void forget_stops(struct gdb *gdb)
{
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++)
		gdb->cpus[id].stop.reason = STOP_NONE;
}

void run_detach(struct gdb *gdb)
{
	bool kept;

	run_halt(gdb);
	gdb->crossing = false;
	breaks_clear(gdb);
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++) {
		gdb->cpus[id].action = GDB_CONTINUE;
		gdb_stale(&gdb->cpus[id]);
	}
	pthread_mutex_lock(&gdb->lock);
	gdb->attached = false;
	gdb->halting = false;
	kept = gdb->kept;
	forget_stops(gdb);
	pthread_mutex_unlock(&gdb->lock);
	vm_resume(gdb->vm);
	if (kept)
		vm_let_go(gdb->vm);
}

/* A breakpoint that is gone by now, or whose vCPU has been moved, was not hit. */
static bool is_still_due(struct gdb_cpu *cpu, bool again)
{
	const struct gdb_state *state = gdb_state(cpu);

	switch (cpu->stop.reason) {
	case STOP_NONE:
	case STOP_ASKED:
	case STOP_MAPPED:
		return false;
	case STOP_STEP:
		return again;
	case STOP_SOFTWARE:
	case STOP_HARDWARE:
		return target_pc(&state->regs, &state->sregs) == cpu->stop.pc &&
		       breaks_at(cpu->gdb, cpu->stop.pc);
	default:
		return true;
	}
}

static bool has_due_stop(struct gdb *gdb, bool again)
{
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++) {
		struct gdb_cpu *cpu = &gdb->cpus[id];

		if (cpu->action == GDB_STAND || !cpu->stop.reason)
			continue;
		if (is_still_due(cpu, again))
			return true;
		cpu->stop.reason = STOP_NONE;
	}
	return false;
}

/* One that stands at a trap, is to go on, and would be stopped by it at once: the
 * trap is taken away, and it alone makes a step. */
static void begin_crossing(struct gdb *gdb)
{
	struct gdb_cpu *crosser = NULL;

	for (unsigned int id = 0; id < gdb->vm->nr_vcpus && !crosser; id++)
		if (gdb->cpus[id].action != GDB_STAND &&
		    breaks_lift(&gdb->cpus[id]))
			crosser = &gdb->cpus[id];
	if (!crosser)
		return;
	gdb->crossing = true;
	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++) {
		gdb->cpus[id].wanted = gdb->cpus[id].action;
		gdb->cpus[id].action = GDB_STAND;
	}
	crosser->action = GDB_STEP;
}

/* A step off a trap that was only in the way of one that is to go on: unless it has
 * led to another one. */
static bool was_in_our_way(struct gdb_cpu *cpu)
{
	const struct breakpoint *point;

	if (cpu->stop.reason != STOP_STEP || cpu->wanted != GDB_CONTINUE)
		return false;
	point = cpu->repeats ? NULL : breaks_at(cpu->gdb, cpu->stop.pc);
	cpu->stop.reason = point ? stop_of(point) : STOP_NONE;
	return !point;
}

/* It is off, or something has come in between. True: none has to be told. */
static bool end_crossing(struct gdb *gdb)
{
	bool done = false;

	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++) {
		struct gdb_cpu *cpu = &gdb->cpus[id];

		if (cpu->action == GDB_STEP) {
			breaks_plant(cpu);
			done = was_in_our_way(cpu);
		}
		cpu->action = cpu->wanted;
	}
	gdb->crossing = false;
	return done;
}

/* Traps find their places. */
static bool has_mapped(struct gdb *gdb)
{
	bool mapped = false;

	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++) {
		struct gdb_cpu *cpu = &gdb->cpus[id];

		if (cpu->stop.reason != STOP_MAPPED)
			continue;
		cpu->stop.reason = STOP_NONE;
		breaks_plant(cpu);
		mapped = true;
	}
	return mapped;
}

static bool is_kept(struct gdb *gdb)
{
	bool kept;

	pthread_mutex_lock(&gdb->lock);
	kept = gdb->kept || gdb->over;
	pthread_mutex_unlock(&gdb->lock);
	return kept;
}

bool run_was_for_us(struct gdb *gdb, bool asked)
{
	bool for_us = gdb->crossing && end_crossing(gdb);

	for_us |= has_mapped(gdb);
	return for_us && !asked && !is_kept(gdb) && run_go(gdb, true);
}

/* Each has its last look at itself before it goes. */
static bool prepare(struct gdb *gdb)
{
	bool all = true;

	for (unsigned int id = 0; id < gdb->vm->nr_vcpus; id++) {
		struct gdb_cpu *cpu = &gdb->cpus[id];
		const struct gdb_state *state;

		if (cpu->action == GDB_STAND) {
			all = false;
			continue;
		}
		if (gdb->breaks.need_steps || cpu->action == GDB_STEP) {
			state = gdb_state(cpu);
			cpu->last_pc = target_pc(&state->regs, &state->sregs);
			cpu->last_rcx = state->regs.rcx;
			cpu->last_cr0 = state->sregs.cr0;
			cpu->last_cr3 = state->sregs.cr3;
			cpu->last_cr4 = state->sregs.cr4;
			breaks_look(cpu);
		}
		if (cpu->action == GDB_STEP)
			gates_prepare(cpu);
		gdb_stale(cpu);
	}
	return all;
}

/* The lock is taken, so that one which stops at once waits for the others. */
static void let_go(struct gdb *gdb, bool all)
{
	gdb->halting = false;
	gdb->partly = !all;
	if (all)
		vm_resume(gdb->vm);
	for (unsigned int id = 0; !all && id < gdb->vm->nr_vcpus; id++) {
		struct gdb_cpu *cpu = &gdb->cpus[id];

		cpu->let_run = cpu->action != GDB_STAND;
		if (cpu->let_run)
			vcpu_let_run(cpu->vcpu);
	}
}

bool run_go(struct gdb *gdb, bool again)
{
	bool kept, all;

	if (has_due_stop(gdb, again))
		return false;
	if (gdb->breaks.nr)
		begin_crossing(gdb);
	all = prepare(gdb);
	pthread_mutex_lock(&gdb->lock);
	kept = gdb->kept;
	gdb->running = true;
	if (!kept && !gdb->over)
		let_go(gdb, all);
	pthread_mutex_unlock(&gdb->lock);
	if (kept)
		vm_let_go(gdb->vm);
	return true;
}

struct stop run_take_stop(struct gdb *gdb)
{
	struct stop stop = { .reason = STOP_NONE };
	unsigned int count = gdb->vm->nr_vcpus;

	/* In turns, from the one behind that which stopped last. */
	for (unsigned int i = 1; i <= count && !stop.reason; i++) {
		unsigned int id = (gdb->stopped + i) % count;
		struct gdb_cpu *cpu = &gdb->cpus[id];

		if (!cpu->stop.reason)
			continue;
		stop = cpu->stop;
		cpu->stop.reason = STOP_NONE;
		gdb->stopped = id;
	}
	return stop;
}

void run_stop(struct gdb_cpu *cpu, struct stop stop)
{
	struct gdb *gdb = cpu->gdb;
	const struct kvm_sync_regs *regs = &cpu->vcpu->run->s.regs;

	pthread_mutex_lock(&gdb->lock);
	if (gdb->attached) {
		stop.pc = target_pc(&regs->regs, &regs->sregs);
		cpu->stop = stop;
		cpu->fresh = true;
		halt_soon(gdb);
	}
	pthread_mutex_unlock(&gdb->lock);
	event_notify(gdb->wake);
}
