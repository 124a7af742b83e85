/* Errands for the main thread: see errand.h. */
#define _GNU_SOURCE /* gettid() */
#include "core/errand.h"

#include <pthread.h>
#include <unistd.h>

#include "core/vm.h"
#include "util/event.h"

static bool is_main_thread(void)
{
	return gettid() == getpid();
}

void errand_post(struct vm *vm, struct errand *errand)
{
	if (is_main_thread()) {
		errand->run(errand->arg);
		return;
	}
	pthread_mutex_lock(&vm->errand_lock);
	if (!errand->is_waiting) {
		errand->is_waiting = true;
		errand->next = vm->errands;
		vm->errands = errand;
	}
	pthread_mutex_unlock(&vm->errand_lock);
	event_notify(vm->config.stop_fd);
}

/* An errand that somebody waits for. */
struct awaited {
	struct vm *vm;
	void (*run)(void *arg);
	void *arg;
	bool done; /* guarded by the VM's errand_lock */
};

static void run_awaited(void *arg)
{
	struct awaited *awaited = arg;
	struct vm *vm = awaited->vm;

	awaited->run(awaited->arg);
	pthread_mutex_lock(&vm->errand_lock);
	awaited->done = true;
	pthread_cond_broadcast(&vm->errand_done);
	pthread_mutex_unlock(&vm->errand_lock);
}

void errand_do(struct vm *vm, void (*run)(void *arg), void *arg)
{
	struct awaited awaited = { .vm = vm, .run = run, .arg = arg };
	struct errand errand = { .run = run_awaited, .arg = &awaited };

	errand_post(vm, &errand);
	pthread_mutex_lock(&vm->errand_lock);
	while (!awaited.done)
		pthread_cond_wait(&vm->errand_done, &vm->errand_lock);
	pthread_mutex_unlock(&vm->errand_lock);
}

static struct errand *take(struct vm *vm)
{
	struct errand *errand;

	pthread_mutex_lock(&vm->errand_lock);
	errand = vm->errands;
	if (errand) {
		vm->errands = errand->next;
		errand->is_waiting = false;
	}
	pthread_mutex_unlock(&vm->errand_lock);
	return errand;
}

void errands_answer(struct vm *vm)
{
	struct errand *errand;

	while ((errand = take(vm)))
		errand->run(errand->arg);
}
