/*
 * `save FILE` of the control socket. The broker opens FILE.tmp and renames it, so a
 * guest that broke out of the VMM names no file; the VMM writes to the descriptor
 * that it was handed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/pause.h"
#include "core/vm.h"
#include "ctl.h"
#include "service/snapshot/snapshot.h"
#include "service/snapshot/target.h"
#include "util/clock.h"

#define PATIENCE_NS (2 * NS_PER_SEC) /* until all vCPUs stand still */
#define HINT	    "`save FILE`"
#define BLOCK	    512 /* st_blocks, stat(2) */

/* The broker's: what is between prepare() and settle(). */
struct saving {
	struct target target;
	char *path;
};

static void forget(struct saving *saving)
{
	target_close(&saving->target);
	free(saving->path);
	free(saving);
}

static bool prepare(struct ctl_call *call)
{
	struct saving *saving;
	int err;

	if (!*call->rest) {
		ctl_refuse(call, HINT, "save: where to?");
		return false;
	}
	saving = calloc(1, sizeof(*saving));
	if (saving)
		saving->path = strdup(call->rest);
	if (!saving || !saving->path) {
		free(saving);
		ctl_refuse(call, NULL, "save: %s", strerror(ENOMEM));
		return false;
	}
	err = target_open(&saving->target, saving->path);
	if (!err)
		err = target_begin(&saving->target);
	if (err) {
		ctl_refuse(call, NULL, "save: %s", saving->target.why);
		forget(saving);
		return false;
	}
	call->own = saving;
	call->fd = fcntl(saving->target.fd, F_DUPFD_CLOEXEC, 0);
	return true;
}

static void settle(struct ctl_call *call, bool ok)
{
	struct saving *saving = call->own;

	if (target_end(&saving->target, ok))
		ctl_refuse(call, NULL, "save: %s", saving->target.why);
	forget(saving);
}

/* What it is now, and how long nothing went on. */
static void answer(struct ctl_call *call, uint64_t paused_ns)
{
	struct json *json = ctl_reply(call);
	struct stat st;

	if (!fstat(call->fd, &st))
		json_number(json, "bytes", (uint64_t)st.st_blocks * BLOCK);
	json_number(json, "paused_us", paused_ns / NS_PER_US);
}

static void save(struct ctl_call *call, struct vm *vm, uint64_t start_ns)
{
	uint64_t paused_ns;
	int err = snapshot_save(vm, call->fd);

	vm_resume(vm);
	paused_ns = clock_now_ns() - start_ns;
	if (!err && fsync(call->fd))
		err = -errno;
	if (err)
		ctl_refuse(call, "the run's own messages say more",
			   "save: %s: %s", vm->config.name, strerror(-err));
	else
		answer(call, paused_ns);
}

static void run(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	const uint64_t start_ns = clock_now_ns();

	(void)nr_vms;
	if (call->fd < 0) {
		ctl_refuse(call, NULL, "save: no file came along");
		return;
	}
	vm_pause_soon(vms);
	if (vm_pause_wait_until(vms, start_ns + PATIENCE_NS)) {
		save(call, vms, start_ns);
		return;
	}
	vm_resume(vms);
	ctl_refuse(call, NULL,
		   atomic_load(&vms->stopping) ?
			   "save: %s has ended" :
			   "save: %s does not come to stand still",
		   vms->config.name);
}

static const struct ctl_command save_row = {
	.name = "save",
	.args = "FILE",
	.what = "writes a guest to FILE, for --restore; it goes on",
	.reach = CTL_ONE,
	.takes_file = true,
	.get_ready = snapshot_prepare,
	.prepare = prepare,
	.run = run,
	.settle = settle,
};
CTL(save_row);
