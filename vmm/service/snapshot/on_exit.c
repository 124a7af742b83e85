/*
 * --save-on-exit FILE: when the user ends the run, the guest is saved, and then it is
 * over. That is the work of a thread: vCPUs that stand still may have to be waited
 * for, and they for the main thread.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "abi/exit_status.h"
#include "core/pause.h"
#include "core/sandbox.h"
#include "core/vm.h"
#include "service.h"
#include "service/snapshot/progress.h"
#include "service/snapshot/snapshot.h"
#include "service/snapshot/target.h"
#include "util/event.h"
#include "util/log.h"
#include "util/thread.h"

#define OPTION "--save-on-exit"

static struct {
	const char *path;
	struct target target;
	struct vm *vm;
	int bell;
	pthread_t thread;
	bool has_thread; /* main thread, as is: */
	bool begun;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool asked, quit; /* guarded by lock */
	atomic_bool done;
	int err; /* once done */
} saver = {
	.target.folder = -1,
	.target.fd = -1,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static int setup(const char *arg)
{
	saver.path = arg;
	return 0;
}

static int say_ended(const struct vm *vm)
{
	log_error(OPTION ": %s has ended: there is nothing to save",
		  vm->config.name);
	return 0;
}

/* It stays paused, and its devices do nothing more: what they would do now is not in
 * the file, and would be done once more where it goes on. */
static int save(struct vm *vm)
{
	int err;

	if (!vm_pause(vm))
		return say_ended(vm);
	vm->ends_saved = true;
	err = snapshot_save_to(vm, &saver.target, OPTION);
	if (!err)
		log_error("%s: saved to %s; --restore lets it go on",
			  vm->config.name, saver.path);
	return err;
}

/* Whether it is asked to, and not just to go. */
static bool wait_for_wish(void)
{
	bool asked;

	pthread_mutex_lock(&saver.lock);
	while (!saver.asked && !saver.quit)
		pthread_cond_wait(&saver.changed, &saver.lock);
	asked = saver.asked;
	pthread_mutex_unlock(&saver.lock);
	return asked;
}

static void *saver_main(void *arg)
{
	(void)arg;
	progress_want();
	if (sandbox_thread(SANDBOX_SAVER, 1))
		vm_stop(saver.vm, STATUS_FAILED, NULL);
	if (!wait_for_wish())
		return NULL;
	saver.err = save(saver.vm);
	atomic_store(&saver.done, true);
	event_notify(saver.bell);
	return NULL;
}

/* Now, as it opens files: no thread that can is made behind the main one's filter of
 * system calls (core/sandbox.h). */
static int start_thread(void)
{
	int err = thread_start(&saver.thread, saver_main, NULL);

	saver.has_thread = !err;
	if (err) {
		log_error(OPTION ": thread: %s", strerror(-err));
		target_close(&saver.target);
	}
	return err;
}

static int start(struct vm *vms, unsigned int nr_vms)
{
	int err = snapshot_get_ready(&saver.target, OPTION, saver.path, nr_vms);

	saver.vm = vms;
	return err ? err : start_thread();
}

static void ask_thread(bool to_save)
{
	pthread_mutex_lock(&saver.lock);
	saver.asked = to_save;
	saver.quit = !to_save;
	pthread_cond_signal(&saver.changed);
	pthread_mutex_unlock(&saver.lock);
}

static bool goes_first(int bell)
{
	if (saver.begun)
		return !atomic_load(&saver.done);
	if (!saver.has_thread || atomic_load(&saver.vm->stopping))
		return false;
	saver.bell = bell;
	saver.begun = true;
	ask_thread(true);
	return true;
}

static int stop(void)
{
	if (!saver.has_thread)
		return STATUS_OK;
	if (!saver.begun) {
		ask_thread(false);
		say_ended(saver.vm);
	}
	pthread_join(saver.thread, NULL);
	saver.has_thread = false;
	target_close(&saver.target);
	return saver.err ? STATUS_FAILED : STATUS_OK;
}

static const struct service save_on_exit = {
	.name = "save-on-exit",
	.what = "saves the guest to FILE when the user ends the run",
	.option = OPTION,
	.arg = "FILE",
	.setup = setup,
	.start = start,
	.goes_first = goes_first,
	.stop = stop,
};
SERVICE(save_on_exit);
