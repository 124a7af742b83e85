/* objects: service/gdb/memory.o x86/walk.o core/memory.o core/memory_seen.o */
/*
 * Memory by linear address: without paging and with each kind of it, across pages,
 * up to where RAM or the tables end, and pages that the guest may not write.
 */
#include "gdb_world.h"

#include "x86/bits.h"
#include "x86/paging.h"

#define PD   0x10000 /* page directory, and tables behind it */
#define DATA 0x40000

/* 32-bit paging: 0x400000 is DATA, 0x401000 behind it is 0x1000 below, read only,
 * and 0x402000 has no RAM; no more. */
static void make_paging_32(void)
{
	struct kvm_sregs *s = &cpu.state.sregs;

	s->cr0 = CR0_PE | CR0_PG;
	s->cr3 = PD;
	put(PD + 4, (PD + 0x1000) | PTE_P | PTE_W, 4);
	put(PD + 0x1000, DATA | PTE_P | PTE_W, 4);
	put(PD + 0x1004, (DATA - 0x1000) | PTE_P, 4);
	put(PD + 0x1008, 0x7fff0000 | PTE_P | PTE_W, 4);
}

static void make_paging_64(void)
{
	struct kvm_sregs *s = &cpu.state.sregs;

	s->cr0 = CR0_PE | CR0_PG;
	s->cr4 = CR4_PAE;
	s->efer = EFER_LME | EFER_LMA;
	s->cr3 = PD;
	put(PD + 511 * 8, (PD + 0x1000) | PTE_P, 8);
	put(PD + 0x1000 + 511 * 8, (PD + 0x2000) | PTE_P, 8);
	put(PD + 0x2000 + 511 * 8, (PD + 0x3000) | PTE_P, 8);
	put(PD + 0x3000 + 511 * 8, DATA | PTE_P, 8); /* the topmost page */
}

static void test_physical(void **state)
{
	uint8_t buf[16] = { 0 };

	(void)state;
	put(DATA, 0x1122334455667788, 8);
	assert_int_equal(memory_read(&cpu, DATA, buf, 8), 8);
	assert_int_equal(buf[0], 0x88);
	assert_int_equal(memory_write(&cpu, 0xffe, "abcd", 4), 4);
	assert_int_equal(memory_read(&cpu, 0xfff, buf, 2), 2);
	assert_memory_equal(buf, "bc", 2);
	assert_int_equal(memory_read(&cpu, SIZE - 3, buf, 16), 3);
	assert_int_equal(memory_read(&cpu, SIZE, buf, 16), 0);
	assert_int_equal(memory_read(&cpu, 0xfee00000, buf, 4), 0);
	/* no address of this mode, and the end of all */
	assert_int_equal(memory_read(&cpu, 1ULL << 32, buf, 1), 0);
	assert_int_equal(memory_read(&cpu, UINT64_MAX, buf, 2), 0);
	assert_int_equal(memory_read(&cpu, 0, buf, 0), 0);
}

static void test_paging(void **state)
{
	uint8_t page[0x3000], *ram = gdb.vm.mem.base, before[0x2000];

	(void)state;
	make_paging_32();
	memcpy(before, ram + PD, sizeof(before));
	memset(ram + DATA, 'd', 0x1000);
	memset(ram + DATA - 0x1000, 'r', 0x1000);
	assert_int_equal(memory_read(&cpu, 0x400ffe, page, 4), 4);
	assert_memory_equal(page, "ddrr", 4);
	assert_int_equal(memory_read(&cpu, 0x400000, page, sizeof(page)),
			 0x2000);
	assert_int_equal(memory_read(&cpu, 0x402000, page, 1), 0);
	assert_int_equal(memory_read(&cpu, 0x403000, page, 1), 0);
	assert_int_equal(memory_read(&cpu, 0, page, 1), 0);
	/* what the guest may only read; and nothing at all, if not all of it */
	assert_int_equal(memory_write(&cpu, 0x400fff, "xyz", 3), 3);
	assert_memory_equal(ram + DATA - 0x1000, "yzr", 3);
	assert_int_equal(memory_write(&cpu, 0x401fff, "xyz", 3), 1);
	assert_int_equal(ram[DATA - 1], 'r');
	assert_memory_equal(before, ram + PD, sizeof(before));
}

static void test_long(void **state)
{
	uint8_t buf[8], *ram = gdb.vm.mem.base;

	(void)state;
	make_paging_64();
	memcpy(ram + DATA + 0xffc, "last", 4);
	assert_int_equal(memory_read(&cpu, -4ULL, buf, 4), 4);
	assert_memory_equal(buf, "last", 4);
	assert_int_equal(memory_read(&cpu, -2ULL, buf, 8),
			 2); /* no way round */
	assert_int_equal(memory_read(&cpu, 1ULL << 47, buf, 1), 0);
	/* a table that is itself, and one outside RAM */
	put(PD, PD | PTE_P, 8);
	assert_int_equal(memory_read(&cpu, 0, buf, 4), 4);
	put(PD, 0xfffffffff000 | PTE_P, 8);
	assert_int_equal(memory_read(&cpu, 0, buf, 4), 0);
}

/* As the client has asked for it: whatever the tables say. */
static void test_past_paging(void **state)
{
	uint8_t buf[16] = { 0 };

	(void)state;
	make_paging_32();
	assert_int_equal(memory_read(&cpu, DATA, buf, 1), 0);
	gdb.physical = true;
	put(DATA, 0x77, 1);
	assert_int_equal(memory_read(&cpu, DATA, buf, 1), 1);
	assert_int_equal(buf[0], 0x77);
	assert_int_equal(memory_write(&cpu, SIZE - 1, "z", 1), 1);
	assert_int_equal(memory_read(&cpu, SIZE - 1, buf, 16), 1);
	assert_int_equal(memory_read(&cpu, UINT64_MAX, buf, 2), 0);
	gdb.physical = false;
}

static void test_user(void **state)
{
	uint64_t gpa;
	bool user;

	(void)state;
	make_paging_32();
	assert_true(
		memory_walk(&cpu.state.sregs, &gdb.vm, 0x400123, &gpa, &user));
	assert_int_equal(gpa, DATA + 0x123);
	assert_false(user);
	put(PD + 4, (PD + 0x1000) | PTE_P | PTE_U, 4);
	put(PD + 0x1000, DATA | PTE_P | PTE_U, 4);
	assert_true(
		memory_walk(&cpu.state.sregs, &gdb.vm, 0x400123, &gpa, &user));
	assert_true(user);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_physical, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paging, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long, setup, teardown),
		cmocka_unit_test_setup_teardown(test_past_paging, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_user, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
