/* objects: core/slots.o core/slots_saved.o util/stash.o util/lock.o util/log.o util/sink.o */
/*
 * Memory of devices' own, and RAM that is hidden or guarded. KVM is a list of the
 * test, which refuses what KVM would: slots across each other, and other flags
 * than that of the log for a slot that is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/board_inner.h"
#include "core/slots.h"
#include "device.h"
#include "device_memory.h"
#include "util/stash.h"

#define SLOTS_MAX 64
#define PAGE	  4096
#define RAM	  (4ULL << 20)
#define ROM_TOP	  0xfffc0000ULL

static struct {
	struct kvm_userspace_memory_region slots[SLOTS_MAX];
	unsigned int nr_calls;
	uint64_t dirty; /* what the log has of any slot, once */
} kvm;

static uint8_t ram[RAM] __attribute__((aligned(PAGE)));

void vm_stop(struct vm *vm, int status, const char *reason, ...)
{
	(void)vm;
	fail_msg("the guest is stopped: %d %s", status, reason);
}

unsigned int vm_new_slot(struct vm *vm)
{
	return 2 + vm->nr_kvm_slots++;
}

static bool meets(const struct kvm_userspace_memory_region *a, uint64_t gpa,
		  uint64_t size)
{
	return a->memory_size && gpa < a->guest_phys_addr + a->memory_size &&
	       a->guest_phys_addr < gpa + size;
}

int vm_set_slot(struct vm *vm, unsigned int slot, uint32_t flags, gpa_t gpa,
		uint64_t size, const void *hva)
{
	struct kvm_userspace_memory_region *own = &kvm.slots[slot];

	(void)vm;
	assert_true(slot < SLOTS_MAX);
	kvm.nr_calls++;
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (i != slot && size && meets(&kvm.slots[i], gpa, size))
			return -EEXIST;
	if (own->memory_size && size) {
		assert_int_equal(own->guest_phys_addr, gpa);
		assert_int_equal(own->memory_size, size);
		assert_ptr_equal((void *)own->userspace_addr, hva);
		assert_int_equal(
			(own->flags ^ flags) & ~KVM_MEM_LOG_DIRTY_PAGES, 0);
	}
	assert_true(size || own->memory_size); /* KVM: EINVAL */
	*own = (struct kvm_userspace_memory_region){
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)hva,
	};
	return 0;
}

int vm_add_ram(struct vm *vm, unsigned int slot, gpa_t gpa, uint64_t size)
{
	return vm_set_slot(vm, slot, 0, gpa, size, vm->mem.base + gpa);
}

/* In place of the C library's: KVM_GET_DIRTY_LOG, nothing else. */
int ioctl(int fd, unsigned long request, ...)
{
	const struct kvm_dirty_log *log;
	va_list args;

	va_start(args, request);
	log = va_arg(args, const struct kvm_dirty_log *);
	va_end(args);
	assert_int_equal(fd, -2);
	assert_true(request == KVM_GET_DIRTY_LOG);
	assert_true(kvm.slots[log->slot].flags & KVM_MEM_LOG_DIRTY_PAGES);
	*(uint64_t *)log->dirty_bitmap = kvm.dirty;
	kvm.dirty = 0;
	return 0;
}

/* What the guest finds at @gpa: a place in the host, or NULL for MMIO. */
static uint8_t *guest_reads(uint64_t gpa)
{
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (meets(&kvm.slots[i], gpa, 1))
			return (uint8_t *)(uintptr_t)kvm.slots[i]
				       .userspace_addr +
			       (gpa - kvm.slots[i].guest_phys_addr);
	return NULL;
}

/* Likewise for writing. */
static uint8_t *guest_writes(uint64_t gpa)
{
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		if (meets(&kvm.slots[i], gpa, 1))
			return kvm.slots[i].flags & KVM_MEM_READONLY ?
				       NULL :
				       guest_reads(gpa);
	return NULL;
}

static const struct device_type type = { .name = "x", .window = "x" };

struct machine {
	struct vm vm;
	struct board boards[2];
};

static void open_machine(struct machine *m, bool window)
{
	memset(m, 0, sizeof(*m));
	memset(&kvm, 0, sizeof(kvm));
	m->vm.fd = -2;
	m->vm.mem.base = ram;
	m->vm.mem.size = m->vm.mem.low_size = RAM;
	m->vm.boards = m->boards;
	m->vm.nr_boards = 2;
	for (unsigned int i = 0; i < 2; i++) {
		m->boards[i].vm = &m->vm;
		m->boards[i].dev.type = &type;
	}
	assert_int_equal(slots_add_low(&m->vm, window), 0);
}

static void close_machine(struct machine *m)
{
	slots_free_board(&m->boards[0]);
	slots_free_board(&m->boards[1]);
	slots_free(&m->vm);
}

static void costs_nothing_without(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m, false);
	assert_int_equal(kvm.nr_calls, 1);
	assert_ptr_equal(guest_writes(0), ram);
	assert_ptr_equal(guest_writes(RAM - 1), ram + RAM - 1);
	board_memory(&m.boards[0], 0, PAGE);
	assert_false(
		board_memory_show(&m.boards[0], 0, 0xc0000, 0, PAGE, true));
	board_ram_way(&m.boards[0], 0xc0000, PAGE, BOARD_RAM_HIDDEN);
	assert_int_equal(kvm.nr_calls, 1);
	close_machine(&m);
}

static void is_ram_at_first(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m, true);
	assert_int_equal(kvm.nr_calls, 4);
	for (uint64_t gpa = 0; gpa < RAM; gpa += PAGE)
		assert_ptr_equal(guest_writes(gpa), ram + gpa);
	close_machine(&m);
}

static void covers_ram_in_the_window(void **state)
{
	struct machine m;
	uint8_t *own;

	(void)state;
	open_machine(&m, true);
	own = board_memory(&m.boards[0], 0, 16 * PAGE);
	assert_true(board_memory_show(&m.boards[0], 0, 0xb8000, 4 * PAGE,
				      2 * PAGE, true));
	assert_ptr_equal(guest_writes(0xb8000), own + 4 * PAGE);
	assert_ptr_equal(guest_writes(0xb9fff), own + 6 * PAGE - 1);
	assert_ptr_equal(guest_writes(0xb7fff), ram + 0xb7fff);
	assert_ptr_equal(guest_writes(0xba000), ram + 0xba000);
	assert_true(board_memory_show(&m.boards[0], 0, 0xa0000, 0, 16 * PAGE,
				      false));
	assert_ptr_equal(guest_reads(0xa0000), own);
	assert_null(guest_writes(0xa0000));
	assert_ptr_equal(m.vm.mem.shown(m.vm.mem.shown_by, 0xaffff, 1),
			 own + 16 * PAGE - 1);
	assert_null(m.vm.mem.shown(m.vm.mem.shown_by, 0xaffff, 2));
	assert_null(m.vm.mem.shown(m.vm.mem.shown_by, 0xb8000, 1));
	assert_ptr_equal(guest_writes(0xb8000), ram + 0xb8000);
	assert_true(board_memory_show(&m.boards[0], 0, 0, 0, 0, false));
	assert_ptr_equal(guest_writes(0xa0000), ram + 0xa0000);
	close_machine(&m);
}

/* The one at C0000h stays as it is while the screen's changes. */
static void touches_no_more_than_it_has_to(void **state)
{
	struct machine m;
	unsigned int calls;

	(void)state;
	open_machine(&m, true);
	board_memory(&m.boards[0], 0, 16 * PAGE);
	calls = kvm.nr_calls;
	board_memory_show(&m.boards[0], 0, 0xa0000, 0, 16 * PAGE, true);
	assert_int_equal(kvm.nr_calls, calls + 3); /* one less, two more */
	board_memory_show(&m.boards[0], 0, 0xa0000, 0, 16 * PAGE, true);
	assert_int_equal(kvm.nr_calls, calls + 3); /* it is there */
	close_machine(&m);
}

static void hides_and_guards_ram(void **state)
{
	struct machine m;
	uint8_t *rom;

	(void)state;
	open_machine(&m, true);
	rom = board_memory(&m.boards[0], 0, 32 * PAGE);
	board_ram_way(&m.boards[0], 0xc0000, 0x40000, BOARD_RAM_HIDDEN);
	assert_null(guest_reads(0xc0000));
	assert_null(guest_reads(0xfffff));
	assert_true(board_memory_show(&m.boards[0], 0, 0xe0000, 0, 32 * PAGE,
				      false));
	assert_ptr_equal(guest_reads(0xfffff), rom + 32 * PAGE - 1);
	assert_null(guest_writes(0xfffff));
	board_ram_way(&m.boards[0], 0xe0000, 0x20000, BOARD_RAM_GUARDED);
	assert_true(board_memory_show(&m.boards[0], 0, 0, 0, 0, false));
	assert_ptr_equal(guest_reads(0xf0000), ram + 0xf0000);
	assert_null(guest_writes(0xf0000));
	board_ram_way(&m.boards[0], 0xe0000, 0x20000, BOARD_RAM_OPEN);
	assert_ptr_equal(guest_writes(0xf0000), ram + 0xf0000);
	assert_null(guest_reads(0xdffff));
	assert_ptr_equal(guest_writes(0xbffff), ram + 0xbffff);
	close_machine(&m);
}

static void moves_outside(void **state)
{
	struct machine m;
	uint8_t *own;

	(void)state;
	open_machine(&m, true);
	own = board_memory(&m.boards[0], 1, 64 * PAGE);
	assert_true(board_memory_show(&m.boards[0], 1, ROM_TOP, 0, 64 * PAGE,
				      false));
	assert_ptr_equal(guest_reads(0xffffffff), own + 64 * PAGE - 1);
	assert_null(guest_writes(0xffffffff));
	assert_true(board_memory_show(&m.boards[0], 1, 0xe0000000, PAGE, PAGE,
				      true));
	assert_ptr_equal(guest_writes(0xe0000000), own + PAGE);
	assert_null(guest_reads(0xffffffff));
	assert_true(board_memory_show(&m.boards[0], 1, 0xa0000, 0, PAGE, true));
	assert_null(guest_reads(0xe0000000));
	assert_ptr_equal(guest_writes(0xa0000), own);
	close_machine(&m);
}

/* A BAR may be moved anywhere. */
static void refuses_what_is_taken(void **state)
{
	static const struct {
		uint64_t gpa, offset, len;
	} bad[] = {
		{ 0x9f000, 0, 2 * PAGE },	  /* into the window */
		{ 0xff000, 0, 2 * PAGE },	  /* and out of it */
		{ 0x1000, 0, PAGE },		  /* RAM */
		{ RAM - PAGE, 0, 2 * PAGE },	  /* some of it */
		{ 0xa0000, 0, PAGE },		  /* the other's */
		{ 0xe0000800, 0, PAGE },	  /* no page */
		{ 0xe0000000, 8, PAGE },	  /* likewise */
		{ 0xe0000000, 0, PAGE / 2 },	  /* likewise */
		{ 0xe0000000, 16 * PAGE, PAGE },  /* behind its end */
		{ 0xe0000000, PAGE, 16 * PAGE },  /* likewise */
		{ -(uint64_t)PAGE, 0, 2 * PAGE }, /* around */
	};
	struct machine m;

	(void)state;
	open_machine(&m, true);
	board_memory(&m.boards[0], 0, 16 * PAGE);
	board_memory(&m.boards[1], 0, 16 * PAGE);
	assert_true(board_memory_show(&m.boards[1], 0, 0xa0000, 0, PAGE, true));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(board_memory_show(&m.boards[0], 0, bad[i].gpa,
					       bad[i].offset, bad[i].len,
					       true));
		assert_int_equal(m.boards[0].vm->nr_boards, 2);
	}
	assert_ptr_equal(guest_writes(0x1000), ram + 0x1000);
	assert_true(board_memory_show(&m.boards[0], 0, 0xa1000, 0, PAGE, true));
	close_machine(&m);
}

/* There is a message already, from where it was to be made. */
static void shows_nothing_that_was_not_made(void **state)
{
	struct machine m;
	uint64_t pages;

	(void)state;
	open_machine(&m, true);
	for (unsigned int round = 0; round < 2; round++) {
		assert_false(board_memory_show(&m.boards[0], 0, 0xa0000, 0,
					       PAGE, true));
		assert_true(board_memory_show(&m.boards[0], 0, 0, 0, 0, true));
		assert_false(board_memory_written(&m.boards[0], 0, &pages));
		assert_ptr_equal(guest_writes(0xa0000), ram + 0xa0000);
		board_memory(&m.boards[0], 1, PAGE);
	}
	close_machine(&m);
}

static void says_what_was_written(void **state)
{
	static const uint64_t places[] = { 0xa0000, 0xe0000000 };
	struct machine m;
	uint64_t pages;

	(void)state;
	open_machine(&m, true);
	board_memory(&m.boards[0], 0, 16 * PAGE);
	for (size_t i = 0; i < 2; i++) {
		board_memory_show(&m.boards[0], 0, places[i], 2 * PAGE,
				  8 * PAGE, true);
		board_memory_written(&m.boards[0], 0, &pages);
		kvm.dirty = 0x81;
		assert_true(board_memory_written(&m.boards[0], 0, &pages));
		assert_int_equal(pages, 0x204);
		assert_false(board_memory_written(&m.boards[0], 0, &pages));
		assert_int_equal(pages, 0);
		kvm.dirty = 1; /* is not lost when it goes away */
	}
	board_memory_show(&m.boards[0], 0, 0, 0, 0, true);
	assert_true(board_memory_written(&m.boards[0], 0, &pages));
	assert_int_equal(pages, 4);
	close_machine(&m);
}

/* All of it, at first; and nothing is recorded before. */
static void asks_for_a_log_late(void **state)
{
	struct machine m;
	uint64_t pages;

	(void)state;
	open_machine(&m, true);
	board_memory(&m.boards[0], 0, 16 * PAGE);
	board_memory_show(&m.boards[0], 0, 0xe0000000, 0, 16 * PAGE, true);
	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		assert_false(kvm.slots[i].flags & KVM_MEM_LOG_DIRTY_PAGES);
	assert_true(board_memory_written(&m.boards[0], 0, &pages));
	assert_int_equal(pages, 0xffff);
	close_machine(&m);
}

static void is_remembered_without_zeroes(void **state)
{
	static uint8_t from[8 * PAGE], to[8 * PAGE];
	struct stash stash = { 0 };

	(void)state;
	from[3 * PAGE - 1] = 1;
	from[7 * PAGE] = 2;
	memset(to, 0xee, sizeof(to));
	board_memory_save(&stash, from, sizeof(from));
	assert_true(stash.len < 3 * PAGE);
	board_memory_restore(&stash, to, sizeof(to));
	assert_true(stash_is_done(&stash));
	assert_memory_equal(from, to, sizeof(to));
	stash.at = 0;
	stash.data[0] = 2;
	board_memory_restore(&stash, to, sizeof(to));
	assert_true(stash.bad);
	stash_free(&stash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(costs_nothing_without),
		cmocka_unit_test(is_ram_at_first),
		cmocka_unit_test(covers_ram_in_the_window),
		cmocka_unit_test(touches_no_more_than_it_has_to),
		cmocka_unit_test(hides_and_guards_ram),
		cmocka_unit_test(moves_outside),
		cmocka_unit_test(refuses_what_is_taken),
		cmocka_unit_test(shows_nothing_that_was_not_made),
		cmocka_unit_test(says_what_was_written),
		cmocka_unit_test(asks_for_a_log_late),
		cmocka_unit_test(is_remembered_without_zeroes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
