/*
 * --save-on-exit FILE: when the user ends the run, the guest is saved, and then it is
 * over. That is the work of a thread: vCPUs that stand still may have to be waited
 * for, and they for the main thread.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "abi/exit_status.h"
#include "core/pause.h"
#include "core/vm.h"
#include "service.h"
#include "service/snapshot/snapshot.h"
#include "service/snapshot/target.h"
#include "util/event.h"
#include "util/log.h"

#define OPTION "--save-on-exit"

static struct {
	const char *path;
	struct target target;
	struct vm *vm;
	int bell;
	pthread_t thread;
	bool begun; /* main thread */
	atomic_bool done;
	int err; /* once done */
} saver;

static int setup(const char *arg)
{
	saver.path = arg;
	return 0;
}

static int start(struct vm *vms, unsigned int nr_vms)
{
	if (nr_vms != 1) {
		log_error(OPTION ": one guest goes into a file; give each a "
				 "run of its own");
		return -EINVAL;
	}
	saver.vm = vms;
	snapshot_prepare();
	return target_say(&saver.target, OPTION,
			  target_open(&saver.target, saver.path));
}

static int say_ended(const struct vm *vm)
{
	log_error(OPTION ": %s has ended by itself: there is nothing to save",
		  vm->config.name);
	return 0;
}

/* It stays paused: what it would do now is not in the file. */
static int save(struct vm *vm)
{
	if (!vm_pause(vm))
		return say_ended(vm);
	return snapshot_save_to(vm, &saver.target, OPTION);
}

static void *saver_main(void *arg)
{
	(void)arg;
	saver.err = save(saver.vm);
	atomic_store(&saver.done, true);
	event_notify(saver.bell);
	return NULL;
}

static bool goes_first(int bell)
{
	if (saver.begun)
		return !atomic_load(&saver.done);
	if (atomic_load(&saver.vm->stopping))
		return false;
	saver.bell = bell;
	saver.err = pthread_create(&saver.thread, NULL, saver_main, NULL);
	saver.begun = !saver.err;
	if (saver.err)
		log_error(OPTION ": thread: %s", strerror(saver.err));
	return saver.begun;
}

static int stop(void)
{
	if (saver.begun)
		pthread_join(saver.thread, NULL);
	else if (saver.vm && !saver.err)
		say_ended(saver.vm);
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
