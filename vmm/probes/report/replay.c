/*
 * Finding the crash again on AMD-V, where KVM resets the vCPU at a triple
 * fault: the guest is set back to its last VM exit and executed one instruction
 * at a time until it crashes again; what it was before the last one is the
 * state that was lost. RAM is as the crash left it, so the path may be another
 * one; it counts only if it ends in a triple fault without any other VM exit.
 */
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "core/errand.h"
#include "core/sandbox.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "probes/report/report.h"
#include "x86/bits.h"

#define STEPS_MAX 100000
#define TIME_MAX  3 /* s; steps end it first, but on a machine that is busy */

#define TSS_BUSY 2 /* of the type; SDM 3A, "TSS Descriptor" */

/* A thread that gets the vCPU out of a guest which does not leave by itself. */
struct watchdog {
	struct vcpu *vcpu;
	pthread_t thread;
	pthread_mutex_t lock; /* guards done */
	pthread_cond_t wake;
	bool done;
	bool runs;
};

static void *watch(void *arg)
{
	struct watchdog *dog = arg;
	struct timespec end;
	int err = 0;

	if (sandbox_thread(SANDBOX_WORKER, 0))
		return NULL;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += TIME_MAX;
	pthread_mutex_lock(&dog->lock);
	while (!dog->done && !err)
		err = pthread_cond_timedwait(&dog->wake, &dog->lock, &end);
	if (!dog->done)
		vcpu_kick(dog->vcpu);
	pthread_mutex_unlock(&dog->lock);
	return NULL;
}

static void run_watchdog(void *arg)
{
	struct watchdog *dog = arg;

	dog->runs = !pthread_create(&dog->thread, NULL, watch, dog);
}

static bool start_watchdog(struct watchdog *dog, struct vcpu *vcpu)
{
	*dog = (struct watchdog){ .vcpu = vcpu };
	pthread_mutex_init(&dog->lock, NULL);
	pthread_cond_init(&dog->wake, NULL);
	errand_do(vcpu->vm, run_watchdog, dog);
	return dog->runs;
}

static void stop_watchdog(struct watchdog *dog)
{
	pthread_mutex_lock(&dog->lock);
	dog->done = true;
	pthread_cond_signal(&dog->wake);
	pthread_mutex_unlock(&dog->lock);
	pthread_join(dog->thread, NULL);
}

/* An `in` or a read of the exit we start from is answered as it was. */
struct answer {
	uint8_t port[8], memory[8];
	bool used;
};

static void keep_answer(struct answer *answer, const struct vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	const size_t size = vcpu->vm->kvm->run_size;

	memset(answer, 0, sizeof(*answer));
	if (run->io.data_offset <= size - sizeof(answer->port))
		memcpy(answer->port, (const uint8_t *)run + run->io.data_offset,
		       sizeof(answer->port));
	memcpy(answer->memory, run->mmio.data, sizeof(answer->memory));
}

/* The exit we start from comes again, once. False: it is another one. */
static bool answer_again(struct answer *answer, struct kvm_run *run)
{
	if (answer->used)
		return false;
	answer->used = true;
	if (run->exit_reason == KVM_EXIT_IO && run->io.count == 1)
		memcpy((uint8_t *)run + run->io.data_offset, answer->port,
		       run->io.size);
	else if (run->exit_reason == KVM_EXIT_MMIO)
		memcpy(run->mmio.data, answer->memory, run->mmio.len);
	else
		return false;
	return true;
}

/* What a vCPU still has after the reset, and KVM_SET_SREGS does not cover. */
static void copy_rest(const struct vcpu *from, const struct vcpu *to)
{
	static const uint32_t indices[] = {
		0x174,	    0x175,	0x176,	    /* IA32_SYSENTER_... */
		0xc0000081, 0xc0000082, 0xc0000083, /* STAR, LSTAR, CSTAR */
		0xc0000084, 0xc0000102,		    /* FMASK, KERNEL_GS_BASE */
	};
	const size_t count = sizeof(indices) / sizeof(indices[0]);
	union {
		struct kvm_msrs list;
		uint8_t room[sizeof(struct kvm_msrs) +
			     sizeof(indices) / sizeof(indices[0]) *
				     sizeof(struct kvm_msr_entry)];
	} msrs = { 0 };
	struct kvm_fpu fpu;

	msrs.list.nmsrs = count;
	for (size_t i = 0; i < count; i++)
		msrs.list.entries[i].index = indices[i];
	/* Without them the guest may go another way, which is noticed. */
	if (ioctl(from->fd, KVM_GET_MSRS, &msrs) > 0)
		ioctl(to->fd, KVM_SET_MSRS, &msrs);
	if (!ioctl(from->fd, KVM_GET_FPU, &fpu))
		ioctl(to->fd, KVM_SET_FPU, &fpu);
}

struct creation {
	struct vcpu *vcpu;
	const struct vcpu *crashed;
	int err;
};

static void create(void *arg)
{
	struct creation *c = arg;

	c->err = vcpu_create(c->vcpu, c->crashed->vm, c->crashed->id + 1);
}

/*
 * Makes @vcpu a new one that is where @crashed was at its last exit. A second
 * vCPU, because one that was reset does not always run again.
 */
static int create_again(struct vcpu *vcpu, const struct vcpu *crashed)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct creation creation = { .vcpu = vcpu, .crashed = crashed };

	errand_do(crashed->vm, create, &creation);
	if (creation.err)
		return creation.err;
	copy_rest(crashed, vcpu);
	vcpu->thread = crashed->thread;
	atomic_store(&vcpu->tid, atomic_load(&crashed->tid));
	vcpu->started = true;
	vcpu->run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
	if (!ioctl(vcpu->fd, KVM_SET_MP_STATE, &runnable) &&
	    !ioctl(vcpu->fd, KVM_SET_SREGS, &crashed->seen_sregs) &&
	    !ioctl(vcpu->fd, KVM_SET_REGS, &crashed->seen))
		return 0;
	vcpu_free(vcpu);
	return -1;
}

/*
 * Executes one instruction. An instruction that KVM emulates, such as a MOV to
 * CR0, takes the trap flag away behind itself, and KVM would run on from there
 * without stopping: stepping is asked for each time.
 */
static bool step(const struct vcpu *vcpu)
{
	struct kvm_guest_debug debug = { .control = KVM_GUESTDBG_ENABLE |
						    KVM_GUESTDBG_SINGLESTEP };

	return !ioctl(vcpu->fd, KVM_SET_GUEST_DEBUG, &debug) &&
	       !ioctl(vcpu->fd, KVM_RUN, 0);
}

/* Whether the next instruction enters a handler by itself, as INT does. */
static bool is_call_of_handler(const struct report_state *state)
{
	uint8_t code[CODE_MAX];

	return report_code_vector(state, code, report_code(state, code)) >= 0;
}

/* An LTR that took a TSS which was busy already. */
struct busy {
	struct report_state state; /* before it */
	unsigned int count;	   /* of steps up to there */
	uint8_t *type;		   /* in the GDT; NULL: there was no such LTR */
};

/* The byte of the GDT with the type of the TSS that LTR is about to take, if that
 * is a busy one; or NULL. */
static uint8_t *find_busy_type(const struct report_state *state)
{
	uint8_t code[CODE_MAX], *type = NULL;
	size_t len = report_code(state, code);
	struct walk walk;

	/* LTR of a register, as everybody writes it. */
	if (len < 3 || code[0] != 0x0f || code[1] != 0 ||
	    (code[2] & 0xf8) != 0xd8)
		return NULL;
	report_walk(&walk, state->mem, &state->sregs,
		    state->sregs.gdt.base + 5 +
			    (report_register(&state->regs, code[2] & 7) &
			     0xfff8));
	if (walk.end == WALK_MAPPED)
		type = mem_hva(state->mem, walk.gpa, 1);
	return type && (*type & 0x17) == (1 | TSS_BUSY) ? type : NULL;
}

/*
 * The guest's own LTR has left the TSS busy, and would not take it again. But if
 * it was busy even before, that LTR was the crash: then none comes behind it, and
 * the state is kept.
 */
static void make_available(struct busy *busy, const struct report_state *state,
			   const struct report_steps *steps)
{
	uint8_t *type = find_busy_type(state);

	if (!type)
		return;
	*busy = (struct busy){ *state, steps->count, type };
	*type &= ~TSS_BUSY;
}

/* Nothing crashed behind the last LTR: it was that. False: there was none. */
static bool take_busy(struct report_state *state, struct report_steps *steps,
		      const struct busy *busy)
{
	if (!busy->type)
		return false;
	*busy->type |= TSS_BUSY;
	*state = busy->state;
	*steps = (struct report_steps){ .count = busy->count };
	return true;
}

/* Steps up to the crash; false if it does not come. */
static bool step_to_crash(struct report_state *state, struct vcpu *vcpu,
			  struct answer *answer, struct report_steps *steps,
			  struct busy *busy)
{
	struct kvm_run *run = vcpu->run;

	*steps = (struct report_steps){ 0 };
	while (steps->count < STEPS_MAX) {
		make_available(busy, state, steps);
		if (!step(vcpu))
			return false;
		if (run->exit_reason == KVM_EXIT_SHUTDOWN)
			return true;
		if (run->exit_reason == KVM_EXIT_DEBUG) {
			steps->count++;
			steps->more |= is_call_of_handler(state);
		} else if (!answer_again(answer, run)) {
			return false;
		}
		state->regs = run->s.regs.regs;
		state->regs.rflags &= ~(uint64_t)RFLAGS_TF;
		state->sregs = run->s.regs.sregs;
	}
	return false;
}

bool report_replay(struct report_state *state, const struct vcpu *crashed,
		   struct report_steps *steps)
{
	struct watchdog dog;
	struct busy busy = { .type = NULL };
	struct answer answer;
	struct vcpu vcpu;
	bool found = false;

	if (crashed->vm->nr_vcpus > 1)
		return false; /* the others would have to be set back, too */
	if (create_again(&vcpu, crashed))
		return false;
	keep_answer(&answer, crashed);
	if (start_watchdog(&dog, &vcpu)) {
		found = step_to_crash(state, &vcpu, &answer, steps, &busy) ||
			take_busy(state, steps, &busy);
		stop_watchdog(&dog);
	}
	vcpu_free(&vcpu);
	return found;
}
