/*
 * A guest whose vCPUs are threads without KVM: each is "in the guest" until it is
 * kicked, or has halted in the model of the 8259s. What they need of the rest of
 * kvm-vmm is here.
 */
#ifndef MKVM_PAUSE_WORLD_H
#define MKVM_PAUSE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <string.h>

#include "core/board.h"
#include "core/pause.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "irqchip.h"
#include "irqchip/bios.h"
#include "irqchip/intr.h"

#define NR_VCPUS 3

TABLE_DECLARE(irqchip, irqchip);

/* What KVM, signals and devices are here. */
static struct machine {
	struct vm vm;
	struct vcpu vcpus[NR_VCPUS];
	struct kvm_run runs[NR_VCPUS];

	pthread_mutex_t lock; /* guards: */
	pthread_cond_t changed;
	bool kicked[NR_VCPUS], in_device[NR_VCPUS], leaves_device;
	unsigned int entries[NR_VCPUS];
} m = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER };

static __thread struct vcpu *current;

/* --- In place of core/vcpu.c, core/vm.c and the 8259s ---------------------- */

void vcpu_kick(struct vcpu *vcpu)
{
	assert_false(vcpu->answers_no_more); /* its thread may be gone */
	pthread_mutex_lock(&m.lock);
	m.kicked[vcpu->id] = true;
	pthread_cond_broadcast(&m.changed);
	pthread_mutex_unlock(&m.lock);
}

void vcpu_unkick(struct vcpu *vcpu)
{
	assert_ptr_equal(vcpu, current);
	pthread_mutex_lock(&m.lock);
	m.kicked[vcpu->id] = false;
	pthread_mutex_unlock(&m.lock);
}

void vm_wake_halted(struct vm *vm)
{
	pthread_mutex_lock(&vm->intr_lock);
	pthread_cond_broadcast(&vm->intr_raised);
	pthread_mutex_unlock(&vm->intr_lock);
}

void board_chip_line(struct board *board, unsigned int line, bool level)
{
	(void)board;
	(void)line;
	(void)level;
}

void intr_set_levels(struct vm *vm, uint16_t lines)
{
	(void)vm;
	(void)lines;
}

void intr_enter(struct vcpu *vcpu)
{
	(void)vcpu;
}

void bios_leaves(struct vm *vm)
{
	(void)vm;
}

/* --- The vCPUs' threads ---------------------------------------------------- */

/* Executes until it is kicked; then it may have to wait for a device. */
static void run_guest(struct vcpu *vcpu)
{
	pthread_mutex_lock(&m.lock);
	m.entries[vcpu->id]++;
	pthread_cond_broadcast(&m.changed);
	while (!m.kicked[vcpu->id] ||
	       (m.in_device[vcpu->id] && !m.leaves_device))
		pthread_cond_wait(&m.changed, &m.lock);
	pthread_mutex_unlock(&m.lock);
}

static void *run_vcpu(void *arg)
{
	struct vcpu *vcpu = current = arg;

	pause_here(vcpu);
	while (!atomic_load(&vcpu->vm->stopping)) {
		run_guest(vcpu);
		if (!m.in_device[vcpu->id])
			pause_here(vcpu);
	}
	pause_leave(vcpu);
	return NULL;
}

/* One that has halted with interrupts on, and no interrupt comes. */
static void *halt_vcpu(void *arg)
{
	const struct irqchip *const *row;
	struct vcpu *vcpu = current = arg;

	pause_here(vcpu);
	vcpu->halted = true; /* as the run loop says before */
	vcpu->run->if_flag = 1;
	TABLE_FOREACH(irqchip, row)
		assert_true((*row)->halt(vcpu));
	pause_leave(vcpu);
	return NULL;
}

static void start_as(unsigned int id, void *(*run)(void *arg))
{
	struct vcpu *vcpu = &m.vcpus[id];

	pthread_mutex_lock(&m.vm.pause.lock);
	assert_int_equal(pthread_create(&vcpu->thread, NULL, run, vcpu), 0);
	atomic_store(&vcpu->started, true);
	pthread_mutex_unlock(&m.vm.pause.lock);
}

static void start(unsigned int id)
{
	start_as(id, run_vcpu);
}

static int create(void **state)
{
	(void)state;
	memset(&m.vm, 0, sizeof(m.vm));
	memset(m.vcpus, 0, sizeof(m.vcpus));
	memset(m.kicked, 0, sizeof(m.kicked));
	memset(m.in_device, 0, sizeof(m.in_device));
	memset(m.entries, 0, sizeof(m.entries));
	m.leaves_device = false;
	m.vm.vcpus = m.vcpus;
	m.vm.nr_vcpus = NR_VCPUS;
	pthread_mutex_init(&m.vm.intr_lock, NULL);
	pthread_cond_init(&m.vm.intr_raised, NULL);
	pause_init(&m.vm);
	for (unsigned int id = 0; id < NR_VCPUS; id++) {
		m.vcpus[id].vm = &m.vm;
		m.vcpus[id].id = id;
		m.vcpus[id].fd = -1;
		m.vcpus[id].run = &m.runs[id];
	}
	return 0;
}

/* As vm_stop() does it. */
static void end_guest(void)
{
	atomic_store(&m.vm.stopping, true);
	for (unsigned int id = 0; id < NR_VCPUS; id++) {
		pthread_mutex_lock(&m.lock);
		m.kicked[id] = true;
		pthread_cond_broadcast(&m.changed);
		pthread_mutex_unlock(&m.lock);
	}
	vm_wake_halted(&m.vm);
	pause_end(&m.vm);
}

static void leave_devices(void)
{
	pthread_mutex_lock(&m.lock);
	m.leaves_device = true;
	pthread_cond_broadcast(&m.changed);
	pthread_mutex_unlock(&m.lock);
}

static inline void join(void)
{
	for (unsigned int id = 0; id < NR_VCPUS; id++)
		if (atomic_load(&m.vcpus[id].started))
			pthread_join(m.vcpus[id].thread, NULL);
}

static void start_all(void)
{
	for (unsigned int id = 0; id < NR_VCPUS; id++)
		start(id);
}

static void finish(void)
{
	end_guest();
	leave_devices();
	join();
}

/* How often it has entered the guest. */
static unsigned int entries(unsigned int id)
{
	unsigned int count;

	pthread_mutex_lock(&m.lock);
	count = m.entries[id];
	pthread_mutex_unlock(&m.lock);
	return count;
}

static void await_entry(unsigned int id, unsigned int count)
{
	pthread_mutex_lock(&m.lock);
	while (m.entries[id] < count)
		pthread_cond_wait(&m.changed, &m.lock);
	pthread_mutex_unlock(&m.lock);
}

static bool stands(unsigned int id)
{
	bool yes;

	pthread_mutex_lock(&m.vm.pause.lock);
	yes = m.vcpus[id].stands_still;
	pthread_mutex_unlock(&m.vm.pause.lock);
	return yes;
}

#endif
