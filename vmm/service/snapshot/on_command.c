/*
 * `save FILE` of the control socket. The broker opens FILE.tmp and renames it, so a
 * guest that broke out of the VMM names no file; the VMM writes to the descriptor
 * that it was handed.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/pause.h"
#include "core/vm.h"
#include "ctl.h"
#include "service/snapshot/file.h"
#include "service/snapshot/since.h"
#include "service/snapshot/snapshot.h"
#include "service/snapshot/target.h"
#include "util/clock.h"

#define PATIENCE_NS (2 * NS_PER_SEC) /* until all vCPUs stand still */
#define HINT	    "`save FILE`, or `save --incremental FILE`"
#define BLOCK	    512 /* st_blocks, stat(2) */
#define INCREMENTAL "--incremental"

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

/* FILE, and whether only what is new is to go there. */
static const char *file_of(const struct ctl_call *call, bool *incremental)
{
	const size_t len = strlen(INCREMENTAL);
	const char *path = call->rest;

	*incremental = !strncmp(path, INCREMENTAL, len) &&
		       (path[len] == ' ' || !path[len]);
	if (*incremental)
		path += len + strspn(path + len, " ");
	return path;
}

static bool prepare(struct ctl_call *call)
{
	struct saving *saving;
	bool incremental;
	const char *path = file_of(call, &incremental);
	int err;

	if (!*path || !strncmp(path, "--", 2)) {
		ctl_refuse(call, HINT,
			   *path ? "save: `%s` is no option of its" :
				   "save: where to?",
			   path);
		return false;
	}
	saving = calloc(1, sizeof(*saving));
	if (saving)
		saving->path = strdup(path);
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

/* The head of the file at @fd, as far as it has one. */
static struct snapshot_head head_of(int fd)
{
	struct snapshot_head head = { .base_sum = 0 };

	if (pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		memset(&head, 0, sizeof(head));
	return head;
}

/* Whether what it goes on from is still there. What the VMM has written there is
 * not believed, but for that. */
static bool has_base(struct saving *saving)
{
	struct snapshot_head head = head_of(saving->target.fd), base;
	char name[NAME_MAX + 1];
	int fd;

	if (!head.base_sum)
		return true;
	if (!snapshot_base_name(saving->target.fd, name))
		return false;
	fd = openat(saving->target.folder, name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	base = head_of(fd);
	close(fd);
	return base.head_sum == head.base_sum;
}

static void settle(struct ctl_call *call, bool ok)
{
	struct saving *saving = call->own;

	if (ok && !has_base(saving)) {
		ctl_refuse(call, "`save FILE` writes all of it",
			   "save: the file that it would go on from is not "
			   "what it was");
		ok = false;
	}
	if (target_end(&saving->target, ok))
		ctl_refuse(call, NULL, "save: %s", saving->target.why);
	forget(saving);
}

/* What it is now, and how long nothing went on. */
static void answer(struct ctl_call *call, uint64_t paused_ns, const char *base)
{
	struct json *json = ctl_reply(call);
	struct stat st;

	if (!fstat(call->fd, &st))
		json_number(json, "bytes", (uint64_t)st.st_blocks * BLOCK);
	json_number(json, "paused_us", paused_ns / NS_PER_US);
	if (base)
		json_string(json, "base", base);
}

/* What each guest was when it was last saved by --incremental; by its place. */
static struct since *sinces;

static struct since *since_of(const struct vm *vm)
{
	if (!sinces)
		sinces = calloc(vm->config.nr_guests, sizeof(*sinces));
	return sinces ? &sinces[vm->config.id] : NULL;
}

static void save(struct ctl_call *call, struct vm *vm, uint64_t start_ns)
{
	bool incremental;
	const char *path = file_of(call, &incremental), *base = NULL;
	struct since *since = since_of(vm);
	uint64_t paused_ns, head_sum;
	char name[NAME_MAX + 1];
	int err;

	if (since && incremental && since_needs(since, path)) {
		vm_resume(vm);
		ctl_refuse(call, "name another file",
			   "save: %s: what is saved goes on from it", path);
		return;
	}
	if (since && !incremental)
		since_forget(since);
	err = since ? snapshot_save_since(vm, call->fd,
					  incremental ? since : NULL, path,
					  &head_sum) :
		      -ENOMEM;
	vm_resume(vm);
	paused_ns = clock_now_ns() - start_ns;
	if (!err && fsync(call->fd))
		err = -errno;
	if (err) {
		ctl_refuse(call, "the run's own messages say more",
			   "save: %s: %s", vm->config.name, strerror(-err));
		return;
	}
	if (incremental) {
		if (since_base(since, path)) {
			snprintf(name, sizeof(name), "%s",
				 since_base(since, path));
			base = name;
		}
		since_saved(since, path, head_sum);
	}
	answer(call, paused_ns, base);
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

static void get_ready(struct vm *vms, unsigned int nr_vms)
{
	(void)vms;
	(void)nr_vms;
	snapshot_prepare();
}

static const struct ctl_command save_row = {
	.name = "save",
	.args = "[--incremental] FILE",
	.what = "writes a guest to FILE, for --restore; it goes on",
	.reach = CTL_ONE,
	.takes_file = true,
	.get_ready = get_ready,
	.prepare = prepare,
	.run = run,
	.settle = settle,
};
CTL(save_row);
