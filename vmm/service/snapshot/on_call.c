/*
 * --save FILE: where a guest goes that asks to be saved, by a hypercall. It says
 * when, and never where to. From then on its vCPUs stand still; a thread waits until
 * all do, since no vCPU can, saves the guest and lets it go on.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "abi/exit_status.h"
#include "core/pause.h"
#include "core/sandbox.h"
#include "core/vm.h"
#include "service.h"
#include "service/snapshot/snapshot.h"
#include "service/snapshot/target.h"
#include "util/log.h"
#include "util/thread.h"

#define OPTION "--save"

static struct {
	const char *path;
	struct target target;
	struct vm *vm;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int asked; /* calls, each of which pauses the guest; by lock */
	bool quit;	    /* guarded by lock, too */
} caller = {
	.target.folder = -1,
	.target.fd = -1,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static int setup(const char *arg)
{
	caller.path = arg;
	return 0;
}

/* It stands still. */
static bool save_now(void)
{
	if (snapshot_save_to(caller.vm, &caller.target, OPTION))
		return false;
	log_info("%s: saved to %s", caller.vm->config.name, caller.path);
	return true;
}

/* Whether somebody asks, for whom it is waited. */
static bool wait_for_call(void)
{
	bool asked;

	pthread_mutex_lock(&caller.lock);
	while (!caller.asked && !caller.quit)
		pthread_cond_wait(&caller.changed, &caller.lock);
	asked = caller.asked;
	pthread_mutex_unlock(&caller.lock);
	return asked;
}

/* All who have asked; several vCPUs may, and are saved as one. */
static unsigned int take_calls(void)
{
	unsigned int asked;

	pthread_mutex_lock(&caller.lock);
	asked = caller.asked;
	caller.asked = 0;
	pthread_mutex_unlock(&caller.lock);
	return asked;
}

static void *caller_main(void *arg)
{
	struct vm *vm = caller.vm;

	(void)arg;
	if (sandbox_thread(SANDBOX_SAVER, 0))
		vm_stop(vm, STATUS_FAILED, NULL);
	while (wait_for_call()) {
		bool still = vm_pause_wait(vm);
		unsigned int asked = take_calls();

		atomic_store(&vm->saved, still && save_now());
		while (asked--)
			vm_resume(vm);
	}
	return NULL;
}

static int start(struct vm *vms, unsigned int nr_vms)
{
	int err =
		snapshot_get_ready(&caller.target, OPTION, caller.path, nr_vms);

	caller.vm = vms;
	if (err)
		return err;
	err = thread_start(&caller.thread, caller_main, NULL);
	caller.has_thread = !err;
	if (err) {
		log_error(OPTION ": thread: %s", strerror(-err));
		target_close(&caller.target);
	}
	return err;
}

static bool save(struct vm *vm)
{
	pthread_mutex_lock(&caller.lock);
	caller.asked++;
	vm_pause_soon(vm);
	pthread_cond_signal(&caller.changed);
	pthread_mutex_unlock(&caller.lock);
	return true;
}

static int stop(void)
{
	if (!caller.has_thread)
		return STATUS_OK;
	pthread_mutex_lock(&caller.lock);
	caller.quit = true;
	pthread_cond_signal(&caller.changed);
	pthread_mutex_unlock(&caller.lock);
	pthread_join(caller.thread, NULL);
	caller.has_thread = false;
	target_close(&caller.target);
	return STATUS_OK;
}

static const struct service save_on_call = {
	.name = "save",
	.what = "where a guest is saved that asks for it: vmctl save",
	.option = OPTION,
	.arg = "FILE",
	.setup = setup,
	.start = start,
	.save = save,
	.stop = stop,
};
SERVICE(save_on_call);
