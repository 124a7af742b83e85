/* Machines that begin again at the press of a button: see reset_button.h. */
#include "reset_button.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "abi/exit_status.h"
#include "core/pause.h"
#include "core/sandbox.h"
#include "core/services.h"
#include "core/vm.h"
#include "service/snapshot/again.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/thread.h"

/* A vCPU may be in a device that waits for whoever reads our output. */
#define PATIENCE_NS (2 * NS_PER_SEC)

static struct {
	pthread_t thread;
	bool runs;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct vm *pressed; /* guarded by lock, as is: */
	bool over;
} button = { .lock = PTHREAD_MUTEX_INITIALIZER,
	     .changed = PTHREAD_COND_INITIALIZER };

static void reset(struct vm *vm)
{
	const uint64_t limit_ns = clock_now_ns() + PATIENCE_NS;
	int err = -EBUSY;

	if (atomic_load(&vm->stopping) || !atomic_load(&vm->begun))
		return;
	vm_pause_soon(vm);
	if (vm_pause_wait_until(vm, limit_ns))
		err = again_make(vm);
	vm_resume(vm);
	if (err == -EBUSY || err == -ENOENT)
		log_warn("%s: it was not reset: %s", vm->config.name,
			 err == -EBUSY ? "it does not come to stand still" :
					 "it was not kept as it was");
}

static struct vm *wait_for_press(void)
{
	struct vm *vm;

	pthread_mutex_lock(&button.lock);
	while (!button.pressed && !button.over)
		pthread_cond_wait(&button.changed, &button.lock);
	vm = button.over ? NULL : button.pressed;
	button.pressed = NULL;
	pthread_mutex_unlock(&button.lock);
	return vm;
}

static void *button_main(void *arg)
{
	struct vm *vm;

	if (sandbox_thread(SANDBOX_SERVICE, 3)) {
		vm_stop(arg, STATUS_FAILED, NULL);
		return NULL;
	}
	while ((vm = wait_for_press()))
		reset(vm);
	return NULL;
}

int reset_button_keep(struct vm *vms, unsigned int nr)
{
	int err;

	if (button.runs)
		return 0;
	again_keep(vms, nr);
	err = thread_start(&button.thread, button_main, vms);
	button.runs = !err;
	if (err)
		log_error("reset button: thread: %s", strerror(-err));
	return err;
}

void reset_button_press(struct vm *vm)
{
	if (services_debugging()) {
		log_warn("%s: it is not reset while its instructions are "
			 "watched",
			 vm->config.name);
		return;
	}
	pthread_mutex_lock(&button.lock);
	button.pressed = vm;
	pthread_cond_signal(&button.changed);
	pthread_mutex_unlock(&button.lock);
}

void reset_button_end(void)
{
	if (!button.runs)
		return;
	pthread_mutex_lock(&button.lock);
	button.over = true;
	pthread_cond_signal(&button.changed);
	pthread_mutex_unlock(&button.lock);
	pthread_join(button.thread, NULL);
	button.runs = false;
}
