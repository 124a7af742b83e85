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

/* Of 0 bytes there is none. */
static bool set_slot(struct board *board, uint64_t size)
{
	return !vm_set_slot(board->vm, board->page_slot,
			    size ? KVM_MEM_READONLY : 0, board->page_gpa, size,
			    board->page);
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
	board->page = page;
	board->page_gpa = board->planned->ranges[range].base;
	board->page_slot = vm_new_slot(board->vm);
	if (set_slot(board, SHOWN_SIZE))
		return page;
	munmap(page, SHOWN_SIZE);
	board->page = NULL;
	return NULL;
}

bool board_hide_page(struct board *board, bool hide)
{
	if (hide != board->page_hidden &&
	    set_slot(board, hide ? 0 : SHOWN_SIZE))
		board->page_hidden = hide;
	return hide == board->page_hidden;
}

void board_free_page(struct board *board)
{
	if (board->page)
		munmap(board->page, SHOWN_SIZE);
}
