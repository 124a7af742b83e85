/*
 * A guest that begins again, in place. What it was before its first instruction is
 * kept from its start: all but RAM as a snapshot has it, and of RAM the pages that
 * somebody has written by then, which are image, initrd and firmware tables. The
 * rest was zeroes; or, in a guest that was restored, what the files of the snapshot
 * have, which are mapped once more.
 *
 * Costs as much memory as what was loaded. Images are not loaded a second time: that
 * takes files, which the sandbox opens no more, and they may have changed.
 */
#include "service/snapshot/again.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/exit_status.h"
#include "core/pause.h"
#include "core/state.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "memory.h"
#include "service/snapshot/pages.h"
#include "service/snapshot/ram.h"
#include "service/snapshot/snapshot.h"
#include "util/log.h"
#include "util/pageset.h"
#include "util/parts.h"

#define SUBJECT "reset"

/* Of one guest. */
struct kept {
	struct parts parts;
	struct pageset pages; /* of RAM, and what was in them, in that order */
	uint8_t *bytes;
	bool is_kept;
};

static struct kept *all; /* by their places */

/* Pages of zeroes are what RAM is without them. */
static void drop_zeroes(const struct memory *mem, const struct pageset *touched,
			struct pageset *pages)
{
	size_t first = 0, nr;

	for (; pageset_next(touched, &first, &nr); first += nr)
		for (size_t page = first; page < first + nr; page++)
			if (ram_is_mapped(mem) ||
			    !ram_is_zero(mem->base + page * SNAPSHOT_PAGE))
				pageset_add(pages, page, 1);
}

static int find_pages(const struct memory *mem, struct pageset *pages)
{
	const size_t nr = mem->size / SNAPSHOT_PAGE;
	struct pageset touched;

	if (pageset_init(pages, nr))
		return -ENOMEM;
	if (pageset_init(&touched, nr))
		return -ENOMEM;
	pages_touched(mem, &touched);
	drop_zeroes(mem, &touched, pages);
	pageset_free(&touched);
	return 0;
}

static int keep_ram(const struct memory *mem, struct kept *kept)
{
	size_t first = 0, nr, len = 0;
	int err = find_pages(mem, &kept->pages);

	if (err)
		return err;
	for (; pageset_next(&kept->pages, &first, &nr); first += nr)
		len += nr * SNAPSHOT_PAGE;
	kept->bytes = malloc(len ? len : 1);
	if (!kept->bytes)
		return -ENOMEM;
	for (first = 0, len = 0; pageset_next(&kept->pages, &first, &nr);
	     first += nr) {
		memcpy(kept->bytes + len, mem->base + first * SNAPSHOT_PAGE,
		       nr * SNAPSHOT_PAGE);
		len += nr * SNAPSHOT_PAGE;
	}
	return 0;
}

static int keep(struct vm *vm, struct kept *kept)
{
	int err;

	if (!state_hold(vm))
		return -ESRCH;
	err = state_remember(vm, &kept->parts);
	if (!err)
		err = keep_ram(&vm->mem, kept);
	state_release(vm);
	return err;
}

void again_keep(struct vm *vms, unsigned int nr_vms)
{
	if (all)
		return; /* another button of the same machine */
	snapshot_prepare();
	all = calloc(nr_vms, sizeof(*all));
	for (unsigned int i = 0; i < nr_vms && all; i++) {
		int err = keep(&vms[i], &all[i]);

		all[i].is_kept = !err;
		if (err)
			log_warn("%s: it cannot be reset: %s",
				 vms[i].config.name, strerror(-err));
	}
}

/* Of all mappings: a private page of a file is the file's again, too. */
static int make_ram(struct vm *vm)
{
	const struct kept *kept = &all[vm->config.id];
	const struct memory *mem = &vm->mem;
	const uint8_t *from = kept->bytes;
	size_t first = 0, nr;
	int err;

	if (madvise(mem->base, mem->size, MADV_DONTNEED))
		return -errno;
	err = ram_map_again(mem);
	if (err)
		return err;
	for (; pageset_next(&kept->pages, &first, &nr); first += nr) {
		memcpy(mem->base + first * SNAPSHOT_PAGE, from,
		       nr * SNAPSHOT_PAGE);
		from += nr * SNAPSHOT_PAGE;
	}
	return 0;
}

static void make(struct vcpu *vcpu, void *arg)
{
	struct vm *vm = vcpu->vm;
	int *err = arg;

	*err = state_reset(vm, &all[vm->config.id].parts, SUBJECT, make_ram);
}

int again_make(struct vm *vm)
{
	int err = -ESRCH;

	if (!all || !all[vm->config.id].is_kept)
		return -ENOENT;
	state_take_turn();
	if (!vcpu_ask(&vm->vcpus[0], make, &err) || atomic_load(&vm->stopping))
		err = -ESRCH;
	state_give_turn();
	if (!err || err == -ESRCH)
		return err;
	vm_stop(vm, STATUS_FAILED, "it cannot be reset: %s", strerror(-err));
	return -EIO;
}
