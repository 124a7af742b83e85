/*
 * A virtual CPU and its run loop. The loop alone acts on what an exit handler
 * returns; the way to interrupt it is immediate_exit plus a signal, in that
 * order, so that a kick between two KVM_RUNs is not lost (KVM API, "The
 * kvm_run structure", immediate_exit).
 */
#define _GNU_SOURCE /* gettid() */
#include "core/vcpu.h"

#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "core/cpuid.h"
#include "core/cpuregs.h"
#include "core/exit.h"
#include "core/probes.h"
#include "core/regs.h"
#include "core/sandbox.h"
#include "core/services.h"
#include "core/vm.h"
#include "irqchip.h"
#include "util/clock.h"
#include "util/log.h"

#define KICK_SIGNAL	 SIGUSR1
#define APIC_BASE_ENABLE (1ULL << 11) /* SDM 3A, "IA32_APIC_BASE MSR" */

static __thread struct vcpu *current;
static pid_t own_pid; /* constant once there are threads */

static int vcpu_failed(const struct vcpu *vcpu, const char *what)
{
	int err = errno;

	log_error("%s: vCPU %u: %s: %s%s", vcpu->vm->config.name, vcpu->id,
		  what, strerror(err), log_advice(err));
	return -err;
}

static bool has_apic(const struct vm *vm)
{
	return vm->config.irqchip && vm->config.irqchip->has_apic;
}

struct cpuid_topology vcpu_topology(const struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;

	return (struct cpuid_topology){
		.id = vcpu->id,
		.nr_cpus = vm->config.nr_vcpus,
		.has_apic = has_apic(vm),
		.without = vm->config.without,
	};
}

int vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned int id)
{
	struct cpuid_topology topology;
	void *run;
	int err;

	*vcpu = (struct vcpu){ .vm = vm, .id = id, .injected = -1 };
	if (vm->config.irqchip)
		vcpu->enter = vm->config.irqchip->enter;
	vcpu->fd = ioctl(vm->fd, KVM_CREATE_VCPU, id);
	if (vcpu->fd < 0)
		return vcpu_failed(vcpu, "KVM_CREATE_VCPU");
	run = mmap(NULL, vm->kvm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   vcpu->fd, 0);
	if (run == MAP_FAILED) {
		err = vcpu_failed(vcpu, "kvm_run");
		close(vcpu->fd);
		return err;
	}
	vcpu->run = run;
	vcpu->wanted_regs = KVM_SYNC_X86_REGS;
	vcpu->watched = probes_are_on();
	if (vcpu->watched)
		vcpu->wanted_regs |= KVM_SYNC_X86_SREGS;
	services_attend(vcpu);
	regs_share(vcpu->run, vcpu->wanted_regs, vm->kvm, vm->config.without);
	topology = vcpu_topology(vcpu);
	err = cpuid_set(vm->kvm, vcpu->fd, &topology);
	if (err)
		vcpu_free(vcpu);
	return err;
}

void vcpu_free(struct vcpu *vcpu)
{
	munmap(vcpu->run, vcpu->vm->kvm->run_size);
	close(vcpu->fd);
}

int vcpu_set_state(struct vcpu *vcpu, const struct cpu_state *cpu)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		return vcpu_failed(vcpu, "KVM_GET_SREGS");
	cpuregs_lay(cpu, &sregs, &regs);
	/* KVM keeps the APIC's CPUID bit in step with this one. */
	if (!has_apic(vcpu->vm))
		sregs.apic_base &= ~APIC_BASE_ENABLE;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &sregs))
		return vcpu_failed(vcpu, "KVM_SET_SREGS");
	if (ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		return vcpu_failed(vcpu, "KVM_SET_REGS");
	vcpu->seen_sregs = sregs;
	vcpu->seen = regs;
	return 0;
}

/* The guest said HLT, and KVM left it to us. */
static void on_halt(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	const struct irqchip *chip = vm->config.irqchip;

	vcpu->halted = true; /* a pause may come, and a guest be saved in it */
	services_halted(vcpu);
	if (vm->config.hlt_ends)
		vm_stop(vm, STATUS_OK, NULL);
	else if (!chip || !chip->halt || !chip->halt(vcpu))
		vm_stop(vm, STATUS_HALTED,
			"halted, and nothing can wake it again");
	vcpu->halted = false;
}

/* Counts an exit; false when that was one too many. */
static bool count_exit(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	vcpu->exit_number = atomic_fetch_add_explicit(&vm->nr_exits, 1,
						      memory_order_relaxed) +
			    1;
	return vcpu->exit_number <= vm->config.max_exits;
}

/* The one field of the shared page that other threads write. In one order with
 * the flags that a kick is about: it comes once, and must not be missed. */
static void set_immediate_exit(struct vcpu *vcpu, uint8_t val)
{
	__atomic_store_n(&vcpu->run->immediate_exit, val, __ATOMIC_SEQ_CST);
}

/* KVM_RUN did. Where RAM is a file that has become shorter, KVM finds nothing. */
static void stop_failed(const struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	int err = errno;

	if (err == EFAULT && vm->mem.file)
		vm_stop(vm, STATUS_FAILED, MEM_FILE_SHORTER, vm->mem.file);
	else
		vm_stop(vm, STATUS_FAILED, "vCPU %u: KVM_RUN: %s", vcpu->id,
			strerror(err));
}

/* Enters the guest once and answers the exit. */
static void run_once(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;

	if (vcpu->watched)
		vcpu->entered_ns = vm_now_ns(vm);
	if (vcpu->enter)
		vcpu->enter(vcpu);
	if (ioctl(vcpu->fd, KVM_RUN, 0)) {
		if (errno == EINTR || errno == EAGAIN) {
			pause_here(vcpu);
		} else {
			stop_failed(vcpu);
		}
		return;
	}
	if (regs_fetch(vcpu->fd, vcpu->run, vcpu->wanted_regs)) {
		vm_stop(vm, STATUS_FAILED, "vCPU %u: registers: %s", vcpu->id,
			strerror(errno));
		return;
	}
	if (!count_exit(vcpu)) {
		exit_stop_at_limit(vcpu);
		return;
	}
	switch (exit_handle(vcpu)) {
	case EXIT_RESUME:
		if (vcpu->rest)
			vcpu->rest(vcpu);
		break;
	case EXIT_HALT:
		on_halt(vcpu);
		break;
	case EXIT_STOP:
		pause_here(vcpu); /* unless vm->stopping is set */
		break;
	}
}

/* The vCPU that ended its guest says more, or every one: at a limit, and when
 * the halt watch has ended it. One whose user gave up on it was looked at. */
static bool has_to_report(const struct vcpu *vcpu)
{
	switch (vcpu->vm->status) {
	case STATUS_CRASHED:
	case STATUS_HALTED:
		return !vcpu->vm->stopped_by || vcpu->vm->stopped_by == vcpu;
	case STATUS_LIMIT:
		return true;
	default:
		return !vcpu->id && !vcpu->vm->stopped_by &&
		       atomic_load(&vcpu->vm->sample);
	}
}

static void *vcpu_main(void *arg)
{
	struct vcpu *vcpu = arg;

	current = vcpu;
	atomic_store(&vcpu->tid, gettid());
	if (sandbox_thread(SANDBOX_VCPU, vcpu->id))
		vm_stop(vcpu->vm, STATUS_FAILED, NULL);
	pause_here(vcpu);
	if (vcpu->halted && !atomic_load(&vcpu->vm->stopping))
		on_halt(vcpu);
	while (!atomic_load(&vcpu->vm->stopping))
		run_once(vcpu);
	if (atomic_load(&vcpu->vm->begun) && has_to_report(vcpu))
		probes_ended(vcpu, vcpu->vm->config.without, vcpu->vm->status);
	pause_leave(vcpu);
	vm_leave(vcpu->vm);
	return NULL;
}

int vcpu_start(struct vcpu *vcpu)
{
	pthread_mutex_t *lock = &vcpu->vm->pause.lock;
	int err;

	/* It needs the lock to go on: whoever finds it not started need not kick
	 * it yet. */
	pthread_mutex_lock(lock);
	err = pthread_create(&vcpu->thread, NULL, vcpu_main, vcpu);
	vcpu->started = !err;
	pthread_mutex_unlock(lock);
	errno = err;
	return err ? vcpu_failed(vcpu, "thread") : 0;
}

void vcpu_kick(struct vcpu *vcpu)
{
	int tid;

	set_immediate_exit(vcpu, 1);
	/* Not pthread_kill(): a filter can tell that this is for a thread of ours. One
	 * that has not begun looks at the flag before it enters the guest. */
	tid = atomic_load(&vcpu->tid);
	if (tid && vcpu != current)
		syscall(SYS_tgkill, own_pid, tid, KICK_SIGNAL);
}

void vcpu_unkick(struct vcpu *vcpu)
{
	set_immediate_exit(vcpu, 0);
}

void vcpu_join(struct vcpu *vcpu)
{
	if (!vcpu->started)
		return;
	pthread_join(vcpu->thread, NULL);
	atomic_store(&vcpu->tid, 0);
	vcpu->started = false;
}

struct vcpu *vcpu_current(void)
{
	return current;
}

uint64_t vcpu_cpu_ns(const struct vcpu *vcpu)
{
	clockid_t clock;

	if (pthread_getcpuclockid(vcpu->thread, &clock))
		return 0;
	return clock_read_ns(clock);
}

static void on_kick(int signal)
{
	(void)signal; /* its arrival is what makes KVM_RUN return */
}

void vcpu_init_signals(void)
{
	struct sigaction action = { .sa_handler = on_kick };

	own_pid = getpid();
	sigaction(KICK_SIGNAL, &action, NULL);
}
