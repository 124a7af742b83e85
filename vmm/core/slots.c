/*
 * include/device_memory.h by slots of KVM's (KVM API,
 * "KVM_SET_USER_MEMORY_REGION"). A slot cannot be changed, only removed and made
 * anew, and meanwhile nothing is there. So the window has slots of its own, apart
 * from the RAM that other vCPUs run from, and only those that are no longer right
 * are touched.
 *
 *   0 ...... A0000 ............ C0000 .............. FFFFF  100000 ...
 *   [  RAM  ][ runs of pages    ][ runs of pages         ][  RAM
 */
#include "core/slots.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "abi/exit_status.h"
#include "core/board_inner.h"
#include "core/vm.h"
#include "device.h"
#include "device_memory.h"
#include "util/lock.h"
#include "util/log.h"

#define PAGE	     4096ULL
#define WINDOW_PAGES ((WINDOW_END - WINDOW_START) / PAGE)
#define ADAPTERS     0xc0000ULL /* no run crosses it */
#define MEMORY_MAX   (64ULL << 20)

/* A device's, number n. */
struct own {
	uint8_t *hva; /* NULL: not made */
	size_t len;
	uint64_t gpa; /* where it is shown */
	size_t offset, shown;
	bool writable;
	bool logged;	   /* KVM records what is written */
	unsigned int slot; /* 0: it was never shown outside the window */
	uint64_t *written; /* behind it: a bit per page, since they were asked for */
	uint64_t *log; /* and room for KVM's answer, as long */
};

/* Pages of the window next to each other that are so in the host, too. */
struct run {
	uint64_t gpa, len; /* 0 bytes: not in use */
	uint8_t *hva;
	uint32_t flags;
	struct own *own;   /* whose it is; NULL: RAM's */
	unsigned int slot; /* 0: none yet */
};

struct slots {
	struct lock lock; /* guards all of it, and what each device shows */
	bool has_window;
	bool held;		    /* board_window_hold() */
	uint8_t ways[WINDOW_PAGES]; /* enum board_ram_way */
	struct run runs[WINDOW_PAGES];
};

static bool is_in_window(uint64_t gpa, uint64_t len)
{
	return gpa >= WINDOW_START && gpa < WINDOW_END &&
	       len <= WINDOW_END - gpa;
}

static uint32_t own_flags(const struct own *own)
{
	return own->writable ? own->logged ? KVM_MEM_LOG_DIRTY_PAGES : 0 :
			       KVM_MEM_READONLY;
}

/* The memory that some device shows at @gpa, or NULL. */
static struct own *find_own(const struct vm *vm, uint64_t gpa)
{
	for (unsigned int i = 0; i < vm->nr_boards; i++) {
		struct own *own = vm->boards[i].memories;

		for (unsigned int n = 0; own && n < BOARD_MEMORIES; n++, own++)
			if (gpa - own->gpa < own->shown)
				return own;
	}
	return NULL;
}

/* What is to be at @gpa in the window: one page, or none. */
static struct run wanted_at(const struct vm *vm, uint64_t gpa)
{
	const uint8_t way = vm->kvm_slots->ways[(gpa - WINDOW_START) / PAGE];
	struct own *own = find_own(vm, gpa);
	struct run run = { .gpa = gpa, .own = own };

	if (own) {
		run.len = PAGE;
		run.hva = own->hva + own->offset + (gpa - own->gpa);
		run.flags = own_flags(own);
	} else if (gpa < vm->mem.low_size && way != BOARD_RAM_HIDDEN) {
		run.len = PAGE;
		run.hva = vm->mem.base + gpa;
		run.flags = way == BOARD_RAM_GUARDED ? KVM_MEM_READONLY : 0;
	}
	return run;
}

static bool goes_on(const struct run *run, const struct run *next)
{
	return run->len && next->len && next->gpa != ADAPTERS &&
	       next->hva == run->hva + run->len && next->own == run->own &&
	       next->flags == run->flags;
}

/* All of the window, as it is to be, in so many runs; those of 0 bytes are holes. */
static unsigned int find_runs(const struct vm *vm, struct run *runs)
{
	unsigned int nr = 0;

	for (uint64_t gpa = WINDOW_START; gpa < WINDOW_END; gpa += PAGE) {
		const struct run next = wanted_at(vm, gpa);

		if (nr && goes_on(&runs[nr - 1], &next))
			runs[nr - 1].len += PAGE;
		else
			runs[nr++] = next;
	}
	return nr;
}

static bool is_same(const struct run *a, const struct run *b)
{
	return a->len && a->gpa == b->gpa && a->len == b->len &&
	       a->hva == b->hva && a->flags == b->flags;
}

static bool is_among(const struct run *run, const struct run *runs,
		     unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (is_same(run, &runs[i]))
			return true;
	return false;
}

/* Takes what KVM has recorded of @pages pages of @own, from its page @first on. */
static void take_log(struct vm *vm, unsigned int slot, struct own *own,
		     uint64_t first, uint64_t pages)
{
	struct kvm_dirty_log log = { .slot = slot, .dirty_bitmap = own->log };

	memset(own->log, 0, (pages + 63) / 64 * sizeof(*own->log));
	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log))
		return;
	for (uint64_t i = 0; i < pages; i++)
		if (own->log[i / 64] >> i % 64 & 1)
			own->written[(first + i) / 64] |= 1ULL
							  << (first + i) % 64;
}

static void take_run_log(struct vm *vm, const struct run *run)
{
	if (run->flags & KVM_MEM_LOG_DIRTY_PAGES)
		take_log(vm, run->slot, run->own,
			 (size_t)(run->hva - run->own->hva) / PAGE,
			 run->len / PAGE);
}

static int add_run(struct vm *vm, struct run wanted)
{
	struct run *run = vm->kvm_slots->runs;
	int err;

	while (run->len) /* there are as many as pages */
		run++;
	if (!run->slot)
		run->slot = vm_new_slot(vm);
	wanted.slot = run->slot;
	err = vm_set_slot(vm, wanted.slot, wanted.flags, wanted.gpa, wanted.len,
			  wanted.hva);
	if (!err)
		*run = wanted;
	return err;
}

/* Makes the window what it is to be. */
static int settle_window(struct vm *vm)
{
	struct run runs[WINDOW_PAGES];
	const unsigned int nr = find_runs(vm, runs);
	int err = 0;

	for (unsigned int i = 0; i < WINDOW_PAGES; i++) {
		struct run *run = &vm->kvm_slots->runs[i];

		if (!run->len || is_among(run, runs, nr))
			continue;
		take_run_log(vm, run);
		vm_set_slot(vm, run->slot, 0, run->gpa, 0, NULL);
		run->len = 0;
	}
	for (unsigned int i = 0; i < nr && !err; i++)
		if (runs[i].len &&
		    !is_among(&runs[i], vm->kvm_slots->runs, WINDOW_PAGES))
			err = add_run(vm, runs[i]);
	return err;
}

/* The guest cannot go on without. */
static void settle_or_end(struct vm *vm)
{
	int err = vm->kvm_slots->held ? 0 : settle_window(vm);

	if (err)
		vm_stop(vm, STATUS_FAILED, "memory at A0000h to FFFFFh: %s",
			strerror(-err));
}

static int window_failed(const struct vm *vm, int err)
{
	log_error("%s: memory at A0000h to FFFFFh: %s%s", vm->config.name,
		  strerror(-err), log_advice(-err));
	return err;
}

/* For those who look at what the guest sees: mem_seen(). */
static const void *shown_at(const void *shown_by, gpa_t gpa, size_t len)
{
	const struct vm *vm = shown_by;
	const struct own *own;
	const void *found = NULL;

	lock_take(&vm->kvm_slots->lock);
	own = find_own(vm, gpa);
	if (own && len <= own->shown - (gpa - own->gpa))
		found = own->hva + own->offset + (gpa - own->gpa);
	lock_give(&vm->kvm_slots->lock);
	return found;
}

int slots_add_low(struct vm *vm, bool window)
{
	const uint64_t size = vm->mem.low_size;
	int err;

	vm->kvm_slots = calloc(1, sizeof(*vm->kvm_slots));
	if (!vm->kvm_slots)
		return window_failed(vm, -ENOMEM);
	vm->kvm_slots->has_window = window;
	vm->mem.shown = shown_at;
	vm->mem.shown_by = vm;
	if (!window)
		return vm_add_ram(vm, 0, 0, size);
	err = vm_add_ram(vm, 0, 0, size < WINDOW_START ? size : WINDOW_START);
	if (!err && size > WINDOW_END)
		err = vm_add_ram(vm, vm_new_slot(vm), WINDOW_END,
				 size - WINDOW_END);
	if (err)
		return err;
	err = settle_window(vm);
	return err ? window_failed(vm, err) : 0;
}

void slots_free(struct vm *vm)
{
	free(vm->kvm_slots);
}

/* Bytes of a log of @len bytes: words with a bit for each page. */
static size_t log_len(size_t len)
{
	return (len / PAGE + 63) / 64 * sizeof(uint64_t);
}

void slots_free_board(struct board *board)
{
	struct own *own = board->memories;

	for (unsigned int i = 0; own && i < BOARD_MEMORIES; i++)
		if (own[i].hva)
			munmap(own[i].hva,
			       own[i].len + 2 * log_len(own[i].len));
	free(own);
}

static void *no_memory(struct board *board, size_t len)
{
	log_error("%s: %s: %zu KiB of memory: %s", board->vm->config.name,
		  board->dev.type->name, len >> 10, strerror(ENOMEM));
	return NULL;
}

void *board_memory(struct board *board, unsigned int index, size_t len)
{
	struct own *own;
	uint8_t *hva;

	if (!board->memories)
		board->memories = calloc(BOARD_MEMORIES, sizeof(*own));
	if (!board->memories || index >= BOARD_MEMORIES || !len || len % PAGE ||
	    len > MEMORY_MAX)
		return no_memory(board, len);
	own = &board->memories[index];
	hva = mmap(NULL, len + 2 * log_len(len), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (hva == MAP_FAILED)
		return no_memory(board, len);
	madvise(hva, len, MADV_DONTDUMP);
	own->written = (uint64_t *)(hva + len);
	own->log = (uint64_t *)(hva + len + log_len(len));
	own->len = len;
	own->hva = hva;
	return hva;
}

/* NULL: it could not be made. */
static struct own *own_of(struct board *board, unsigned int index)
{
	struct own *own = board->memories;

	return own && own[index].hva ? &own[index] : NULL;
}

/* Where it is shown outside the window. */
static void take_own_log(struct vm *vm, struct own *own)
{
	if (own_flags(own) & KVM_MEM_LOG_DIRTY_PAGES)
		take_log(vm, own->slot, own, own->offset / PAGE,
			 own->shown / PAGE);
}

/* It is not shown there any more; the window is to be settled if it was in there. */
static void hide(struct vm *vm, struct own *own)
{
	if (own->shown && !is_in_window(own->gpa, own->shown)) {
		take_own_log(vm, own);
		vm_set_slot(vm, own->slot, 0, own->gpa, 0, NULL);
	}
	own->shown = 0;
}

static bool show_outside(struct vm *vm, struct own *own)
{
	if (!own->slot)
		own->slot = vm_new_slot(vm);
	return !vm_set_slot(vm, own->slot, own_flags(own), own->gpa, own->shown,
			    own->hva + own->offset);
}

static bool is_free(const struct vm *vm, uint64_t gpa, size_t len)
{
	for (uint64_t at = gpa; at < gpa + len; at += PAGE)
		if (find_own(vm, at))
			return false;
	return true;
}

static bool may_show(const struct board *board, const struct own *own,
		     uint64_t gpa, size_t offset, size_t len)
{
	if ((gpa | offset | len) % PAGE || offset > own->len ||
	    len > own->len - offset || gpa + len < gpa)
		return false;
	if (gpa >= WINDOW_END || gpa + len <= WINDOW_START)
		return true;
	return board->vm->kvm_slots->has_window && is_in_window(gpa, len) &&
	       is_free(board->vm, gpa, len);
}

/* The lock is taken. */
static bool show(struct board *board, struct own *own, uint64_t gpa,
		 size_t offset, size_t len, bool writable)
{
	struct vm *vm = board->vm;
	const bool was_in = own->shown && is_in_window(own->gpa, own->shown);
	bool shown = true;

	hide(vm, own);
	if (len && may_show(board, own, gpa, offset, len)) {
		own->gpa = gpa;
		own->offset = offset;
		own->shown = len;
		own->writable = writable;
	} else {
		shown = !len;
	}
	if (was_in || (own->shown && is_in_window(gpa, len)))
		settle_or_end(vm);
	if (own->shown && !is_in_window(gpa, len) && !show_outside(vm, own)) {
		own->shown = 0;
		shown = false;
	}
	return shown;
}

bool board_memory_show(struct board *board, unsigned int index, uint64_t gpa,
		       size_t offset, size_t len, bool writable)
{
	struct own *own = own_of(board, index);
	struct slots *slots = board->vm->kvm_slots;
	bool shown = true;

	if (!own)
		return !len;
	lock_take(&slots->lock);
	if (!own->shown || own->gpa != gpa || own->offset != offset ||
	    own->shown != len || own->writable != writable)
		shown = show(board, own, gpa, offset, len, writable);
	lock_give(&slots->lock);
	return shown;
}

/* From now on. KVM changes flags of a slot without removing it. */
static void begin_log(struct vm *vm, struct own *own)
{
	const size_t pages = own->len / PAGE;

	own->logged = true;
	for (size_t i = 0; i < pages; i++)
		own->written[i / 64] |= 1ULL << i % 64;
	if (own->shown && !is_in_window(own->gpa, own->shown))
		show_outside(vm, own);
	for (unsigned int i = 0; i < WINDOW_PAGES; i++) {
		struct run *run = &vm->kvm_slots->runs[i];

		if (!run->len || run->own != own)
			continue;
		run->flags = own_flags(own);
		vm_set_slot(vm, run->slot, run->flags, run->gpa, run->len,
			    run->hva);
	}
}

static void take_logs(struct vm *vm, struct own *own)
{
	if (own->shown && !is_in_window(own->gpa, own->shown))
		take_own_log(vm, own);
	for (unsigned int i = 0; i < WINDOW_PAGES; i++)
		if (vm->kvm_slots->runs[i].len &&
		    vm->kvm_slots->runs[i].own == own)
			take_run_log(vm, &vm->kvm_slots->runs[i]);
}

bool board_memory_written(struct board *board, unsigned int index,
			  uint64_t *pages)
{
	struct own *own = own_of(board, index);
	struct slots *slots = board->vm->kvm_slots;
	uint64_t any = 0;

	if (!own)
		return false;
	lock_take(&slots->lock);
	if (own->logged)
		take_logs(board->vm, own);
	else
		begin_log(board->vm, own);
	for (size_t i = 0; i < log_len(own->len) / sizeof(any); i++) {
		any |= own->written[i];
		pages[i] = own->written[i];
		own->written[i] = 0;
	}
	lock_give(&slots->lock);
	return any;
}

void board_ram_way(struct board *board, uint64_t gpa, size_t len,
		   enum board_ram_way way)
{
	struct slots *slots = board->vm->kvm_slots;
	const size_t first = (gpa - WINDOW_START) / PAGE;

	if (!slots->has_window || !is_in_window(gpa, len))
		return;
	lock_take(&slots->lock);
	memset(&slots->ways[first], way, len / PAGE);
	settle_or_end(board->vm);
	lock_give(&slots->lock);
}

static void set_held(struct vm *vm, bool held)
{
	lock_take(&vm->kvm_slots->lock);
	vm->kvm_slots->held = held;
	if (vm->kvm_slots->has_window)
		settle_or_end(vm);
	lock_give(&vm->kvm_slots->lock);
}

void board_window_hold(struct board *board)
{
	set_held(board->vm, true);
}

void board_window_settle(struct board *board)
{
	set_held(board->vm, false);
}
