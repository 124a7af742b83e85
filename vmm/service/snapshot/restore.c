/*
 * --restore FILE: the words of the snapshot make the machine, as those of a response
 * file would, and what it remembers is put into it. No loader is asked.
 */
#define _GNU_SOURCE /* O_PATH */
#include "service/snapshot/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/board.h"
#include "core/state.h"
#include "core/vm.h"
#include "plug.h"
#include "service.h"
#include "service/snapshot/file.h"
#include "service/snapshot/ram.h"
#include "util/log.h"
#include "util/parts.h"

#define COPY_MAX (1U << 24) /* addresses are made of it */

static struct snapshot file = { .fd = -1 };
static unsigned int copy;

bool restore_is_on(void)
{
	return file.bytes;
}

unsigned int restore_copy(void)
{
	return copy;
}

const char *restore_loader(void)
{
	return file.loader;
}

const char *restore_folder(void)
{
	return file.folder;
}

/* Names of files are short where they were said. */
int restore_plug(const struct plug *plug, struct plan *plan, const char *arg)
{
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (here < 0 || chdir(file.folder)) {
		err = -errno;
		log_error("%s: its folder %s: %s", file.path, file.folder,
			  strerror(-err));
	} else {
		err = plug->plug(plan, arg);
	}
	if (here >= 0) {
		if (fchdir(here) && !err)
			err = -errno;
		close(here);
	}
	return err;
}

/* What @of has, over what its bases have: 0 or -errno after one message. */
static int map_files(struct memory *mem, const struct snapshot *of,
		     unsigned int depth)
{
	struct snapshot base;
	int err = 0;

	if (depth == SNAPSHOT_CHAIN_MAX) {
		log_error("%s: goes on from too many others, %u at most",
			  of->path, SNAPSHOT_CHAIN_MAX);
		return -EINVAL;
	}
	if (of->head.base_sum) {
		err = snapshot_open_base(&base, of);
		if (err)
			return err;
		err = map_files(mem, &base, depth + 1);
		snapshot_close(&base);
		if (err)
			return err;
	}
	err = ram_map(mem, of->fd, (off_t)of->head.ram_at, of->runs,
		      of->head.nr_runs);
	if (err)
		log_error("%s: %s%s", of->path, strerror(-err),
			  log_advice(-err));
	return err;
}

static int map_ram(struct vm *vm)
{
	int err;

	if (vm->mem.size != file.head.ram_size) {
		log_error("%s: has %llu KiB of RAM, and not %zu; leave --mem "
			  "away",
			  file.path,
			  (unsigned long long)file.head.ram_size >> 10,
			  vm->mem.size >> 10);
		return -EINVAL;
	}
	err = ram_begin(&vm->mem, file.path);
	if (!err)
		return map_files(&vm->mem, &file, 0);
	log_error("%s: %s%s", file.path, strerror(-err), log_advice(-err));
	return err;
}

int restore_vm(struct vm *vm)
{
	struct parts parts = { 0 };
	int err;

	if (vm->nr_vcpus != file.head.nr_cpus) {
		log_error("%s: has %u vCPUs, and not %u; leave --smp away",
			  file.path, file.head.nr_cpus, vm->nr_vcpus);
		return -EINVAL;
	}
	err = map_ram(vm);
	if (!err)
		err = snapshot_read_parts(&file, &parts);
	if (!err)
		err = state_load(vm, &parts, file.path);
	if (!err)
		boards_let_go(vm);
	parts_free(&parts);
	return err;
}

static int says(const char *arg, struct said *said)
{
	int err;

	if (restore_is_on()) {
		log_error(
			"--restore: one guest in a run; start another kvm-vmm "
			"for %s",
			arg);
		return -EINVAL;
	}
	err = snapshot_open(&file, arg);
	if (err)
		return err;
	said->words = file.words;
	said->image = file.image;
	said->foreign = snapshot_is_foreign(&file);
	return 0;
}

/*
 * "N:FILE", for `fork`: copy number N of the guest. The words in FILE count for nothing,
 * since a hostile guest may have written them: who starts a copy says them as well.
 */
static int says_copy(const char *arg, struct said *said)
{
	static const char *const none[] = { NULL };
	const char *path = strchr(arg, ':');
	uint64_t number;
	int err;

	number = strtoull(arg, NULL, 10);
	if (!path || !number || number > COPY_MAX) {
		log_error("--copy-of: leave it to `kvm-vmm ctl fork`");
		return -EINVAL;
	}
	err = says(path + 1, said);
	said->words = none;
	said->foreign = false; /* it says nothing */
	copy = (unsigned int)number;
	return err;
}

static const struct service copy_of = {
	.name = "copy-of",
	.what = "a copy of a guest, as `fork` starts it",
	.option = "--copy-of",
	.arg = "N:FILE",
	.says = says_copy,
};
SERVICE(copy_of);

static const struct service restore = {
	.name = "restore",
	.what = "lets a guest that was saved to FILE go on",
	.option = "--restore",
	.arg = "FILE",
	.says = says,
};
SERVICE(restore);
