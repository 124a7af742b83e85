/*
 * vCPUs that stand still between two KVM_RUNs, and what they are asked there.
 *
 * A vCPU comes to such a place when it is kicked. What it did in the guest is
 * complete then: an `in` has its value, an `out` is behind it, a read-modify-
 * write of a device register is done (KVM API, "The kvm_run structure",
 * immediate_exit). There it answers questions, and stays as long as anybody
 * wants the guest paused.
 *
 *   any thread                     the vCPU's
 *   vcpu_post(), vcpu_ask() --->   the question is called, in or out of a pause
 *   vm_pause()              --->   stands still until the last vm_resume()
 */
#ifndef MKVM_PAUSE_H
#define MKVM_PAUSE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vm;

/* Runs on the thread of @vcpu, which stands between two KVM_RUNs; it may ask KVM
 * for anything and change the vCPU, but waits for no other vCPU. */
typedef void vcpu_question(struct vcpu *vcpu, void *arg);

/* What a vCPU is asked. The asker's, until answered; zeroes but for the first
 * two. */
struct question {
	vcpu_question *ask;
	void *arg;
	struct question *next; /* guarded by the guest's pause.lock, as is: */
	enum {
		QUESTION_IDLE,
		QUESTION_POSTED,
		QUESTION_ASKED,
		QUESTION_ANSWERED,
	} state;
};

/* Of one guest. */
struct pause {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int pausers; /* who want it paused; guarded by lock */
};

void pause_init(struct vm *vm);

/*
 * Has @question answered soon, without waiting. Any thread, which must be a
 * vCPU's only if it is another's. One that is posted already stays so.
 * A guest that ends may leave it unanswered.
 */
void vcpu_post(struct vcpu *vcpu, struct question *question);

/* Calls @ask(@vcpu, @arg) on that vCPU's thread and waits until it has returned.
 * Never on a vCPU's thread, or the main one. False: the guest has ended. */
bool vcpu_ask(struct vcpu *vcpu, vcpu_question *ask, void *arg);

/*
 * Likewise for those who must not wait for ever, as when a vCPU stands in a device
 * that waits for the user: no longer than until @limit_ns of clock_now_ns(). False,
 * too: it has not begun to answer by then, and never will.
 */
bool vcpu_ask_until(struct vcpu *vcpu, vcpu_question *ask, void *arg,
		    uint64_t limit_ns);

/*
 * Makes every vCPU of @vm stand still and waits until all do; what they do until
 * then may take as long as a device's answer does. Never on a vCPU's thread,
 * or the main one. Counts: as many vm_resume() as vm_pause(). False: the guest
 * has ended; vm_resume() is due all the same.
 */
bool vm_pause(struct vm *vm);
void vm_resume(struct vm *vm);

/* vm_pause() in two: the first from any thread, also a vCPU's own. */
void vm_pause_soon(struct vm *vm);
bool vm_pause_wait(struct vm *vm);

/* The second for as long as vcpu_ask_until() waits. Whether all stand still, or
 * have ended. */
bool vm_pause_wait_until(struct vm *vm, uint64_t limit_ns);

/* Whether the thread of @vcpu is over, or will be without doing anything more. */
bool vcpu_is_through(struct vcpu *vcpu);

/* Whether somebody wants it paused. */
bool vm_is_paused(struct vm *vm);

/*
 * For one who has paused the guest: @vcpu alone goes on, until it is to stand still
 * with the others again. Each takes back what the other did, and waits for nobody.
 * Before vm_resume() all of its vCPUs have to be still again.
 */
void vcpu_let_run(struct vcpu *vcpu);
void vcpu_hold(struct vcpu *vcpu);

/*
 * For the run loop and for those who wait in its place, as a halted vCPU does:
 * the place between two KVM_RUNs. Answers what was asked and stands still while
 * the guest is paused. pause_leave(): the thread of @vcpu answers no more.
 */
void pause_here(struct vcpu *vcpu);
void pause_leave(struct vcpu *vcpu);

/* The guest is over: whoever stands still goes on. */
void pause_end(struct vm *vm);

/* Whether pause_here() has something to do for @vcpu. */
bool pause_is_due(struct vcpu *vcpu);

#endif
