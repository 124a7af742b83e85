/* include/shown_page.h by a slot of memory that is read only (KVM API,
 * "KVM_SET_USER_MEMORY_REGION", KVM_MEM_READONLY): a write there is an MMIO exit. */
#include "core/shown.h"

#include <linux/kvm.h>
#include <sys/mman.h>

#include "core/board_inner.h"
#include "core/plan.h"
#include "device.h"
#include "feature.h"
#include "shown_page.h"

static const struct feature shown = {
	.name = "shown-registers",
	.what = "registers of virtio over MMIO that are read without an exit",
};
FEATURE(shown);

static bool add_slot(struct board *board, uint64_t gpa, void *page)
{
	struct vm *vm = board->vm;

	return !vm_set_slot(vm, vm_new_slot(vm), KVM_MEM_READONLY, gpa,
			    SHOWN_SIZE, page);
}

void *board_show_page(struct board *board, unsigned int range)
{
	void *page;

	if (!board->planned || !board_has(board, shown.name) ||
	    !kvm_cap(board->vm->kvm, KVM_CAP_READONLY_MEM))
		return NULL;
	page = mmap(NULL, SHOWN_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return NULL;
	if (!add_slot(board, board->planned->ranges[range].base, page)) {
		munmap(page, SHOWN_SIZE);
		return NULL;
	}
	board->page = page;
	return page;
}

void board_free_page(struct board *board)
{
	if (board->page)
		munmap(board->page, SHOWN_SIZE);
}
