/* objects: probes/report/rules/loop.o probes/report/rules/lines.o
 * probes/report/rules/insn.o probes/report/state.o probes/report/code.o
 * probes/report/walk.o x86/walk.o x86/flags.o x86/words.o core/memory.o core/memory_seen.o
 * util/text.o */
/*
 * Loops that only read, taken apart in code made up here, and the rules about a
 * vCPU that is in one.
 */
#include "quiet_fixture.h"

#define CODE 0x1000
#define FLAG 0x2000

static struct memory mem;

/* A vCPU in 32-bit mode that was seen in the @len bytes at @code, at the
 * offsets @low and @high. */
static bool is_loop(const void *code, size_t len, unsigned int low,
		    unsigned int high)
{
	bool found;

	assert_int_equal(mem_init(&mem, 1 << 20), 0);
	mem_write(&mem, CODE, code, len);
	cpu->nr_halted = cpu->nr_if = 0;
	cpu->low = CODE + low;
	cpu->high = CODE + high;
	cpu->regs.rip = cpu->high;
	cpu->regs.rbx = FLAG;
	cpu->regs.rdx = 0x3fd;
	cpu->sregs.cr0 = CR0_PE;
	cpu->sregs.cs.db = 1;
	found = loop_find(&mem, cpu, &q.loop);
	q.loop.found = found;
	mem_free(&mem);
	return found;
}

#define IS_LOOP(code, low, high) is_loop(code, sizeof(code) - 1, low, high)

static void loops_that_read(void **unused)
{
	(void)unused;
	assert_true(IS_LOOP("\xeb\xfe", 0, 0)); /* jmp $ */
	assert_false(q.loop.reads);
	assert_int_equal(q.loop.start, CODE);
	assert_true(IS_LOOP("\xf3\x90\xeb\xfc", 2, 2)); /* pause */
	assert_int_equal(q.loop.start, CODE);
	/* cmpl $0, (%ebx); je */
	assert_true(IS_LOOP("\x83\x3b\x00\x74\xfb", 0, 3));
	assert_true(q.loop.reads);
	assert_int_equal(q.loop.address, FLAG);
	assert_int_equal(q.loop.size, 4);
	/* movb 8(%ebx), %al; test %al, %al; jne out; jmp back */
	assert_true(IS_LOOP("\x8a\x43\x08\x84\xc0\x75\x02\xeb\xf7", 0, 7));
	assert_int_equal(q.loop.address, FLAG + 8);
	/* lock btsl $0, (%ebx); jc */
	assert_true(IS_LOOP("\xf0\x0f\xba\x2b\x00\x72\xf9", 0, 5));
	assert_true(q.loop.locks);
	/* in (%dx), %al; test $1, %al; je */
	assert_true(IS_LOOP("\xec\xa8\x01\x74\xfb", 0, 3));
	assert_true(q.loop.inputs);
	assert_int_equal(q.loop.port, 0x3fd);
	/* far back: jmp rel32 */
	assert_true(IS_LOOP("\x90\xe9\xfa\xff\xff\xff", 0, 1));
}

static void loops_that_may_end(void **unused)
{
	(void)unused;
	/* incl (%ebx); jne */
	assert_false(IS_LOOP("\xff\x03\x75\xfc", 0, 2));
	/* addl $1, (%ebx); jmp */
	assert_false(IS_LOOP("\x83\x03\x01\xeb\xfb", 0, 3));
	/* mov %al, (%ebx); jmp */
	assert_false(IS_LOOP("\x88\x03\xeb\xfc", 0, 2));
	assert_false(IS_LOOP("\xe8\x00\x00\x00\x00\xeb\xf9", 0, 5)); /* call */
	assert_false(IS_LOOP("\x0f\x31\xeb\xfc", 0, 2));	     /* rdtsc */
	assert_false(IS_LOOP("\x0f\x0b", 0, 0));
	assert_false(IS_LOOP("", 0, 0));
	assert_false(IS_LOOP("\xeb\xfe", 0, 1000)); /* seen elsewhere, too */
	cpu->moved = true;			    /* it counts */
	assert_false(IS_LOOP("\x90\xeb\xfd", 0, 1));
	cpu->moved = false;
	cpu->rax_moved = true;
	assert_false(IS_LOOP("\x90\xeb\xfd", 0, 1));
	assert_true(IS_LOOP("\xec\xa8\x01\x74\xfb", 0, 3));
	cpu->rax_moved = false;
	cpu->nr_exits = 1;
	assert_false(IS_LOOP("\x90\xeb\xfd", 0, 1));
}

static void loops_that_nothing_ends(void **unused)
{
	(void)unused;
	assert_true(IS_LOOP("\xeb\xfe", 0, 0));
	broken(spin_for_good, "the guest is in a loop at 0x1000 that does "
			      "nothing, with interrupts off (IF=0)");
	cpu->nr_if = LOOKS;
	kept(spin_for_good);
	assert_true(IS_LOOP("\x83\x3b\x00\x74\xfb", 0, 3));
	kept(spin_for_good);
	kept(spin_for_cpu);
	broken(spin_for_memory,
	       "the guest is in a loop at 0x1000 that waits for 0x2000, which "
	       "is 0x0; interrupts are off and there is one vCPU");
	q.has_dma = true;
	kept(spin_for_memory);
	q.has_dma = false;
	sample->nr_cpus = 2;
	kept(spin_for_memory); /* nothing is known of the other one */
	cpu[1].looks = LOOKS;
	kept(spin_for_memory); /* it is at work */
	cpu[1].mp_state = KVM_MP_STATE_UNINITIALIZED;
	broken(spin_for_cpu,
	       "the guest is in a loop at 0x1000 that waits for 0x2000, which "
	       "is 0x0, and vCPU 1 was never started");
	cpu[1].mp_state = KVM_MP_STATE_HALTED;
	cpu[1].nr_halted = LOOKS;
	kept(spin_for_cpu);
	broken(spin_for_memory,
	       "the guest is in a loop at 0x1000 that waits for 0x2000, which "
	       "is 0x0; interrupts are off and no other vCPU runs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUIET_TEST(loops_that_read),
		QUIET_TEST(loops_that_may_end),
		QUIET_TEST(loops_that_nothing_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
