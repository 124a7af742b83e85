/* Standing still, and answering: see pause.h. */
#include "core/pause.h"

#include <linux/kvm.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

#include "core/vcpu.h"
#include "core/vm.h"
#include "util/clock.h"

#define FOR_EVER UINT64_MAX

void pause_init(struct vm *vm)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&vm->pause.lock, NULL);
	pthread_cond_init(&vm->pause.changed, &attr);
	pthread_condattr_destroy(&attr);
}

/* Waits for a change; the lock is taken. False: it is @limit_ns. */
static bool wait_until(struct pause *pause, uint64_t limit_ns)
{
	struct timespec limit = clock_timespec(limit_ns);

	if (limit_ns != FOR_EVER)
		return !pthread_cond_timedwait(&pause->changed, &pause->lock,
					       &limit);
	pthread_cond_wait(&pause->changed, &pause->lock);
	return true;
}

/* Answers all questions; the lock is taken, and let go while one is asked. */
static void answer_all(struct vcpu *vcpu, struct pause *pause)
{
	struct question *question;

	while ((question = vcpu->questions)) {
		vcpu->questions = question->next;
		question->state = QUESTION_ASKED;
		pthread_mutex_unlock(&pause->lock);
		question->ask(vcpu, question->arg);
		pthread_mutex_lock(&pause->lock);
		question->state = QUESTION_ANSWERED;
		pthread_cond_broadcast(&pause->changed);
	}
}

/* The lock is taken. */
static bool has_to_stand(const struct vcpu *vcpu)
{
	return vcpu->vm->pause.pausers > vcpu->nr_let_run &&
	       !atomic_load(&vcpu->vm->stopping);
}

/* The guest's watchdogs are told that the time which has passed was none of its
 * (KVM API, "KVM_KVMCLOCK_CTRL"; an error says that it has no such clock). */
static void excuse(const struct vcpu *vcpu)
{
	ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0);
}

/* The lock is taken. A question that comes while it is about to go on is answered
 * first: whoever sees it standing does not kick it. */
static void stand_still(struct vcpu *vcpu, struct pause *pause)
{
	vcpu->stands_still = true;
	pthread_cond_broadcast(&pause->changed);
	while (vcpu->questions || has_to_stand(vcpu)) {
		if (vcpu->questions)
			answer_all(vcpu, pause);
		else
			pthread_cond_wait(&pause->changed, &pause->lock);
	}
	vcpu->stands_still = false;
	excuse(vcpu);
}

void pause_here(struct vcpu *vcpu)
{
	struct pause *pause = &vcpu->vm->pause;

	pthread_mutex_lock(&pause->lock);
	answer_all(vcpu, pause);
	if (has_to_stand(vcpu))
		stand_still(vcpu, pause);
	vcpu_unkick(vcpu);
	pthread_mutex_unlock(&pause->lock);
}

bool pause_is_due(struct vcpu *vcpu)
{
	struct pause *pause = &vcpu->vm->pause;
	bool due;

	pthread_mutex_lock(&pause->lock);
	due = vcpu->questions || has_to_stand(vcpu);
	pthread_mutex_unlock(&pause->lock);
	return due;
}

void pause_leave(struct vcpu *vcpu)
{
	struct pause *pause = &vcpu->vm->pause;

	pthread_mutex_lock(&pause->lock);
	vcpu->answers_no_more = true;
	for (; vcpu->questions; vcpu->questions = vcpu->questions->next)
		vcpu->questions->state = QUESTION_IDLE;
	pthread_cond_broadcast(&pause->changed);
	pthread_mutex_unlock(&pause->lock);
}

void pause_end(struct vm *vm)
{
	pthread_mutex_lock(&vm->pause.lock);
	pthread_cond_broadcast(&vm->pause.changed);
	pthread_mutex_unlock(&vm->pause.lock);
}

/* Whether @vcpu will come to pause_here(), now or when it is started; the lock is
 * taken. */
static bool will_come(const struct vcpu *vcpu)
{
	return !vcpu->answers_no_more && (atomic_load(&vcpu->started) ||
					  !atomic_load(&vcpu->vm->stopping));
}

/* The lock is taken, which keeps the thread from ending while it is signalled. */
static void kick(struct vcpu *vcpu)
{
	if (!vcpu->answers_no_more)
		vcpu_kick(vcpu);
}

static bool is_open(const struct question *question)
{
	return question->state == QUESTION_POSTED ||
	       question->state == QUESTION_ASKED;
}

/* Puts it behind the others; the lock is taken. */
static void append(struct vcpu *vcpu, struct question *question)
{
	struct question **at = &vcpu->questions;

	while (*at)
		at = &(*at)->next;
	*at = question;
	question->next = NULL;
	question->state = QUESTION_POSTED;
}

/* The lock is taken. */
static void withdraw(struct vcpu *vcpu, struct question *question)
{
	struct question **at = &vcpu->questions;

	while (*at && *at != question)
		at = &(*at)->next;
	if (*at)
		*at = question->next;
	question->state = QUESTION_IDLE;
}

void vcpu_post(struct vcpu *vcpu, struct question *question)
{
	struct pause *pause = &vcpu->vm->pause;

	pthread_mutex_lock(&pause->lock);
	if (will_come(vcpu) && !is_open(question)) {
		append(vcpu, question);
		pthread_cond_broadcast(&pause->changed);
	}
	if (!vcpu->stands_still)
		kick(vcpu);
	pthread_mutex_unlock(&pause->lock);
	vm_wake_halted(vcpu->vm);
}

bool vcpu_ask_until(struct vcpu *vcpu, vcpu_question *ask, void *arg,
		    uint64_t limit_ns)
{
	struct pause *pause = &vcpu->vm->pause;
	struct question question = { .ask = ask, .arg = arg };
	bool in_time = true;

	vcpu_post(vcpu, &question);
	pthread_mutex_lock(&pause->lock);
	/* What has begun is waited for: it is at our stack. */
	while (is_open(&question) && will_come(vcpu) &&
	       (in_time || question.state == QUESTION_ASKED))
		in_time = wait_until(pause, in_time ? limit_ns : FOR_EVER);
	if (question.state == QUESTION_POSTED)
		withdraw(vcpu, &question);
	pthread_mutex_unlock(&pause->lock);
	return question.state == QUESTION_ANSWERED;
}

bool vcpu_ask(struct vcpu *vcpu, vcpu_question *ask, void *arg)
{
	return vcpu_ask_until(vcpu, ask, arg, FOR_EVER);
}

void vm_pause_soon(struct vm *vm)
{
	pthread_mutex_lock(&vm->pause.lock);
	vm->pause.pausers++;
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		kick(&vm->vcpus[id]);
	pthread_mutex_unlock(&vm->pause.lock);
	vm_wake_halted(vm);
}

/* Nobody has to wait for @vcpu; the lock is taken. */
static bool is_waited_for(const struct vcpu *vcpu)
{
	return atomic_load(&vcpu->started) && has_to_stand(vcpu) &&
	       !vcpu->stands_still && !vcpu->answers_no_more;
}

bool vm_pause_wait_until(struct vm *vm, uint64_t limit_ns)
{
	bool in_time = true;

	pthread_mutex_lock(&vm->pause.lock);
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		while (in_time && is_waited_for(&vm->vcpus[id]))
			in_time = wait_until(&vm->pause, limit_ns);
	pthread_mutex_unlock(&vm->pause.lock);
	return in_time;
}

bool vm_pause_wait(struct vm *vm)
{
	vm_pause_wait_until(vm, FOR_EVER);
	return !atomic_load(&vm->stopping);
}

bool vm_pause(struct vm *vm)
{
	vm_pause_soon(vm);
	return vm_pause_wait(vm);
}

void vm_resume(struct vm *vm)
{
	pthread_mutex_lock(&vm->pause.lock);
	vm->pause.pausers--;
	atomic_store(&vm->halted_votes,
		     0); /* their registers may be others now */
	pthread_cond_broadcast(&vm->pause.changed);
	pthread_mutex_unlock(&vm->pause.lock);
}

bool vcpu_is_through(struct vcpu *vcpu)
{
	struct pause *pause = &vcpu->vm->pause;
	bool through;

	pthread_mutex_lock(&pause->lock);
	through = vcpu->answers_no_more;
	pthread_mutex_unlock(&pause->lock);
	return through;
}

bool vm_is_paused(struct vm *vm)
{
	bool paused;

	pthread_mutex_lock(&vm->pause.lock);
	paused = vm->pause.pausers;
	pthread_mutex_unlock(&vm->pause.lock);
	return paused;
}

void vcpu_let_run(struct vcpu *vcpu)
{
	struct pause *pause = &vcpu->vm->pause;

	pthread_mutex_lock(&pause->lock);
	vcpu->nr_let_run++;
	pthread_cond_broadcast(&pause->changed);
	pthread_mutex_unlock(&pause->lock);
}

void vcpu_hold(struct vcpu *vcpu)
{
	struct pause *pause = &vcpu->vm->pause;

	pthread_mutex_lock(&pause->lock);
	vcpu->nr_let_run--;
	if (!vcpu->stands_still)
		kick(vcpu);
	pthread_mutex_unlock(&pause->lock);
	vm_wake_halted(vcpu->vm);
}
