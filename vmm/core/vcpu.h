/*
 * A virtual CPU: its KVM file descriptor, the page it shares with the kernel,
 * and the thread that runs it.
 */
#ifndef MKVM_VCPU_H
#define MKVM_VCPU_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/pause.h"

struct cpu_state;
struct cpuid_topology;
struct vcpu;
struct vm;

enum vcpu_life {
	VCPU_UNKNOWN,
	VCPU_NEVER_STARTED,
	VCPU_STARTED,
};

/* From where a guest last asked for what may not have changed: core/rest.c. */
struct repeats {
	uint64_t exit_number, rip, rsp, rsi, rdi;
	unsigned int count; /* exits in a row */
};

struct vcpu {
	struct vm *vm;
	unsigned int id;
	int fd;
	void (*rest)(struct vcpu *vcpu); /* NULL: it need not; of core/rest.c: */
	uint64_t rest_until_ns;		 /* by the guest's clock */
	struct repeats repeats;
	uint64_t exit_number; /* of the guest's, the one being answered */
	struct kvm_run *run;  /* shared with the kernel */
	uint64_t wanted_regs; /* KVM_SYNC_X86_..., there after each exit */
	void (*enter)(struct vcpu *vcpu); /* of its irqchip, or NULL */
	bool watched;	     /* probes_are_on(), or there are services */
	uint64_t entered_ns; /* if so: guest's clock before KVM_RUN */
	int injected;	     /* vector that it entered with, of ours; or -1 */
	bool halted; /* and it is up to us: on its thread, or while that stands
		      * still */

	/*
	 * Registers at the last exit before a crash, since AMD-V loses them in
	 * a triple fault: the general ones of each exit, the others of exit
	 * @seen_sregs_exit, the last one that was watched; 0: the start.
	 */
	struct kvm_regs seen;
	struct kvm_sregs seen_sregs;
	uint64_t seen_exit, seen_sregs_exit;

	pthread_t thread;
	atomic_int tid;	     /* what it is signalled by; 0: has not begun */
	atomic_bool started; /* thread is valid and may be signalled */
	atomic_int life;     /* enum vcpu_life; see core/unstarted.c */

	/* Of core/pause.c, guarded by the guest's pause.lock. */
	struct question *questions; /* unanswered */
	unsigned int nr_let_run;    /* pausers that let it run */
	bool stands_still, answers_no_more;
	struct question watch; /* of core/watch.c */

	/* Of core/services.c; this vCPU's thread, before it has one anybody. */
	unsigned int steppers; /* bit N: the Nth service that is on */
	bool debug_changed, holds_irqs;
	bool flag_left;	    /* the guest may have a trap flag of a step's */
	uint64_t step_from; /* linear address, at the last entry */
	struct kvm_guest_debug debug; /* of breakpoints; control 0: none */
	void (*chip_enter)(struct vcpu *vcpu); /* enter() of its irqchip */
};

/* 0, or -errno after one message, with nothing left to undo. */
int vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned int id);
void vcpu_free(struct vcpu *vcpu);

/* What its CPUID table is made for. */
struct cpuid_topology vcpu_topology(const struct vcpu *vcpu);

/* Lays @cpu over the state after reset. 0, or -errno after one message. */
int vcpu_set_state(struct vcpu *vcpu, const struct cpu_state *cpu);

/* Starts the thread that runs the vCPU. 0, or -errno after one message. */
int vcpu_start(struct vcpu *vcpu);

/* Makes the vCPU leave the guest soon and look at vm->stopping; any
 * thread. */
void vcpu_kick(struct vcpu *vcpu);

/* It has come; what kicks are about is looked at after this. On its thread. */
void vcpu_unkick(struct vcpu *vcpu);

void vcpu_join(struct vcpu *vcpu);

/* The vCPU that the calling thread runs, or NULL. */
struct vcpu *vcpu_current(void);

/* CPU time in ns that the vCPU's thread has used, guest code included. */
uint64_t vcpu_cpu_ns(const struct vcpu *vcpu);

/* Must be called once, before any thread starts: the kick signal. */
void vcpu_init_signals(void);

#endif
