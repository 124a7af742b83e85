/* Standing still, and answering: see pause.h. */
#include "core/pause.h"

#include <linux/kvm.h>
#include <stdatomic.h>
#include <sys/ioctl.h>

#include "core/vcpu.h"
#include "core/vm.h"

void pause_init(struct vm *vm)
{
	pthread_mutex_init(&vm->pause.lock, NULL);
	pthread_cond_init(&vm->pause.changed, NULL);
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

/* The lock is taken. */
static void stand_still(struct vcpu *vcpu, struct pause *pause)
{
	vcpu->stands_still = true;
	pthread_cond_broadcast(&pause->changed);
	while (has_to_stand(vcpu)) {
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

/* Gets @vcpu to a place where it answers, out of the guest or of a wait. */
static void call(struct vcpu *vcpu)
{
	vcpu_kick(vcpu);
	vm_wake_halted(vcpu->vm);
}

/* False: nobody will answer. */
static bool post(struct vcpu *vcpu, struct question *question)
{
	struct pause *pause = &vcpu->vm->pause;
	bool answers, comes;

	pthread_mutex_lock(&pause->lock);
	answers = !vcpu->answers_no_more;
	comes = vcpu->stands_still;
	if (answers && question->state != QUESTION_POSTED &&
	    question->state != QUESTION_ASKED) {
		question->state = QUESTION_POSTED;
		question->next = vcpu->questions;
		vcpu->questions = question;
	}
	pthread_cond_broadcast(&pause->changed);
	pthread_mutex_unlock(&pause->lock);
	if (answers && !comes)
		call(vcpu);
	return answers;
}

void vcpu_post(struct vcpu *vcpu, struct question *question)
{
	post(vcpu, question);
}

bool vcpu_ask(struct vcpu *vcpu, vcpu_question *ask, void *arg)
{
	struct pause *pause = &vcpu->vm->pause;
	struct question question = { .ask = ask, .arg = arg };

	if (!post(vcpu, &question))
		return false;
	pthread_mutex_lock(&pause->lock);
	while (question.state == QUESTION_POSTED ||
	       question.state == QUESTION_ASKED)
		pthread_cond_wait(&pause->changed, &pause->lock);
	pthread_mutex_unlock(&pause->lock);
	return question.state == QUESTION_ANSWERED;
}

void vm_pause_soon(struct vm *vm)
{
	pthread_mutex_lock(&vm->pause.lock);
	vm->pause.pausers++;
	pthread_mutex_unlock(&vm->pause.lock);
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		vcpu_kick(&vm->vcpus[id]);
	vm_wake_halted(vm);
}

/* Nobody has to wait for @vcpu; the lock is taken. */
static bool is_waited_for(const struct vcpu *vcpu)
{
	return atomic_load(&vcpu->started) && has_to_stand(vcpu) &&
	       !vcpu->stands_still && !vcpu->answers_no_more;
}

bool vm_pause_wait(struct vm *vm)
{
	pthread_mutex_lock(&vm->pause.lock);
	for (unsigned int id = 0; id < vm->nr_vcpus; id++)
		while (is_waited_for(&vm->vcpus[id]))
			pthread_cond_wait(&vm->pause.changed, &vm->pause.lock);
	pthread_mutex_unlock(&vm->pause.lock);
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
	pthread_cond_broadcast(&vm->pause.changed);
	pthread_mutex_unlock(&vm->pause.lock);
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
	pthread_mutex_unlock(&pause->lock);
	call(vcpu);
}
