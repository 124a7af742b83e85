/* objects: probes/report/walk.o x86/walk.o x86/walk_words.o x86/flags.o x86/words.o
 * probes/report/state.o probes/report/code.o
 * probes/report/rules/judge.o probes/report/rules/entry.o probes/report/rules/fetch.o
 * probes/report/rules/pages.o probes/report/rules/descriptors.o
 * probes/report/rules/idt.o probes/report/rules/stack.o probes/report/rules/insn.o
 * probes/report/rules/access.o probes/report/rules/data.o probes/report/rules/control.o
 * probes/report/rules/single.o probes/report/rules/selectors.o
 * probes/report/rules/mistakes.o probes/report/rules/host.o core/memory.o core/memory_seen.o util/text.o */
/*
 * The likely cause of a crash, from states made up here; and the registers,
 * code bytes and rules it stands on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "abi/exit_status.h"
#include "probes/report/rules/quiet.h"
#include "x86/bits.h"

#define MIB	 (1ULL << 20)
#define EFER_LMA (1u << 10)
#define LONG	 0x500 /* EFER.LME, LMA */

/* Where the guests made up here have their tables. */
#define CODE  0x1000
#define GDT   0x2000
#define IDT   0x3000
#define PD    0x4000
#define STACK 0x8000

/* Of unit/quiet. */
void rules_judge_quiet(struct rule_case *c, struct text *text)
{
	(void)c;
	(void)text;
}

static struct memory mem;
static struct report_state s;

static int setup(void **state)
{
	static const uint64_t gdt[] = { 0, 0x00cf9b000000ffff,
					0x00cf93000000ffff };

	(void)state;
	if (mem_init(&mem, 4 * MIB))
		return -1;
	mem_write(&mem, GDT, gdt, sizeof(gdt));
	memset(&s, 0, sizeof(s));
	s.mem = &mem;
	s.exit_reason = KVM_EXIT_SHUTDOWN;
	s.code_known = true;
	s.regs.rip = CODE;
	s.regs.rsp = STACK;
	s.regs.rflags = 2;
	s.sregs.cr0 = CR0_PE;
	s.sregs.cs = (struct kvm_segment){ .selector = 8,
					   .limit = 0xffffffff,
					   .type = 11,
					   .s = 1,
					   .present = 1,
					   .db = 1,
					   .g = 1 };
	s.sregs.ss = s.sregs.cs;
	s.sregs.ss.selector = 16;
	s.sregs.ss.type = 3;
	s.sregs.ds = s.sregs.es = s.sregs.ss;
	s.sregs.tr =
		(struct kvm_segment){ .limit = 0x67, .type = 11, .present = 1 };
	s.sregs.gdt.base = GDT;
	s.sregs.gdt.limit = sizeof(gdt) - 1;
	s.sregs.idt.base = IDT;
	s.sregs.idt.limit = 0x7ff;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mem_free(&mem);
	return 0;
}

static void code(const void *bytes, size_t len)
{
	mem_write(&mem, CODE, bytes, len);
}

/* A 32-bit interrupt gate. */
static void gate(unsigned int vector, uint16_t selector, uint32_t handler,
		 uint8_t access)
{
	const uint8_t raw[8] = {
		handler, handler >> 8, selector,      selector >> 8,
		0,	 access,       handler >> 16, handler >> 24
	};

	mem_write(&mem, IDT + vector * 8, raw, sizeof(raw));
}

/* Paging with one 4 MiB page at 0. */
static void paging(void)
{
	static const uint32_t entry = 0x83;

	mem_write(&mem, PD, &entry, sizeof(entry));
	s.sregs.cr0 |= CR0_PG;
	s.sregs.cr3 = PD;
	s.sregs.cr4 = CR4_PSE;
}

static void expect(const char *want)
{
	struct rule_case c = { .state = &s, .status = STATUS_CRASHED };
	char buf[512];
	struct text text;

	text_init(&text, buf, sizeof(buf));
	rules_judge(&c, &text);
	assert_string_equal(buf, want);
}

static void no_room_in_the_idt(void **state)
{
	(void)state;
	code("\xcc", 1);
	s.sregs.idt.limit = 0;
	expect("`int3` raised #BP, breakpoint, and the IDT has no room for "
	       "entry 3 (limit 0x0)");
	s.sregs.cr0 = 0;
	code("\xcd\x21", 2);
	s.sregs.idt.limit = 4 * 0x21 + 2;
	expect("`int` raised interrupt 0x21, and the IDT has no room for "
	       "entry 33 (limit 0x86)");
	s.sregs.idt.limit = 4 * 0x21 + 3;
	expect("`int` raised interrupt 0x21");
}

static void the_gate_is_wrong(void **state)
{
	(void)state;
	code("\x0f\x0b", 2);
	expect("`ud2` raised #UD, invalid opcode, and gate 6 of the IDT is "
	       "not present");
	gate(6, 8, 0x1100, 0x8e);
	expect("`ud2` raised #UD, invalid opcode");
	gate(6, 0x10, 0x1100, 0x8e);
	expect("`ud2` raised #UD, invalid opcode, and gate 6 of the IDT names "
	       "0x10, which is no code segment of the GDT");
	gate(6, 0x18, 0x1100, 0x8e);
	expect("`ud2` raised #UD, invalid opcode, and gate 6 of the IDT names "
	       "0x18, which is no code segment of the GDT");
	gate(6, 0, 0x1100, 0x8e);
	expect("`ud2` raised #UD, invalid opcode, and gate 6 of the IDT names "
	       "0x0, which is no code segment of the GDT");
	gate(6, 8, 0x10000000, 0x8e);
	expect("`ud2` raised #UD, invalid opcode, and its handler is at "
	       "0x10000000, where no RAM is");
	s.sregs.idt.base = 0x20000000;
	expect("`ud2` raised #UD, invalid opcode, and its gate is at "
	       "0x20000030, where no RAM is");
}

static void rip_is_not_mapped(void **state)
{
	(void)state;
	paging();
	s.regs.rip = 0x40000000;
	expect("RIP is 0x40000000, which is not mapped (PDE 256 is not "
	       "present), and gate 14 of the IDT is not present");
	gate(14, 8, 0x1100, 0x8e);
	expect("RIP is 0x40000000, which is not mapped (PDE 256 is not "
	       "present)");
	s.sregs.idt.base = 0x80000000;
	expect("RIP is 0x40000000, which is not mapped (PDE 256 is not "
	       "present), and its gate is at 0x80000070, which is not mapped "
	       "(PDE 512 is not present)");
}

static void the_stack_is_not_mapped(void **state)
{
	(void)state;
	paging();
	code("\xcc", 1);
	gate(3, 8, 0x1100, 0x8e);
	s.regs.rsp = 0x50000000;
	expect("`int3` raised #BP, breakpoint, and its frame would go to "
	       "0x4fffffff, which is not mapped (PDE 319 is not present)");
	/* In ring 3 the stack is that of the TSS. */
	s.sregs.ss.dpl = s.sregs.cs.dpl = 3;
	s.sregs.tr.base = 0x7000;
	mem_write(&mem, 0x7004, "\x00\x00\x00\x60\x10", 5);
	mem_write(&mem, PD, "\x87", 1);
	expect("`int3` raised #BP, breakpoint, and its frame would go to "
	       "0x5fffffff, which is not mapped (PDE 383 is not present)");
	s.sregs.tr.limit = 8;
	expect("`int3` raised #BP, breakpoint, and the TSS has no stack for "
	       "ring 0: its limit is 0x8");
}

static void data_is_not_mapped(void **state)
{
	(void)state;
	paging();
	code("\xa3\x00\x00\x00\x30", 5);
	s.sregs.cr2 = 0x30000000;
	expect("the instruction writes to 0x30000000, which is not mapped "
	       "(PDE 192 is not present), and gate 14 of the IDT is not "
	       "present");
	code("\xc5\xf8\x77", 3); /* what memory it needs is not known */
	s.sregs.cr4 |= 1u << 18;
	expect("something accessed 0x30000000, which is not mapped (PDE 192 "
	       "is not present), and gate 14 of the IDT is not present");
	s.sregs.cr2 = 0x1234; /* mapped: it is an old one */
	s.sregs.idt.limit = 0;
	expect("an exception came, and the IDT has no room for the handlers "
	       "of exceptions (limit 0x0)");
}

static void kvm_knows_the_exception(void **state)
{
	(void)state;
	code("\x90", 1);
	s.events.exception.injected = 1;
	s.events.exception.nr = 13;
	expect("there was #GP, general protection, and gate 13 of the IDT is "
	       "not present");
}

static void pages_that_cannot_be_executed(void **state)
{
	static const uint64_t entries[] = { 0x5003, 0x6003, 0x83 | 1ULL << 63 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		mem_write(&mem, 0x4000 + i * 0x1000, &entries[i], 8);
	s.sregs.cr0 |= CR0_PG;
	s.sregs.cr3 = PD;
	s.sregs.cr4 = CR4_PAE;
	s.sregs.efer = LONG | 0x800;
	s.sregs.cs.l = 1;
	s.sregs.cs.db = 0;
	gate(14, 8, 0x1100, 0x8e);
	expect("the page of RIP is not executable, and gate 14 of the IDT is "
	       "not present"); /* 14 * 16 is another place */
	s.sregs.efer = LONG;
	s.sregs.ss.dpl = 3;
	s.sregs.idt.limit = 0;
	expect("RIP is 0x1000, whose PDE 0 is 0x8000000000000083, with NX set "
	       "while EFER.NXE is clear, and the IDT has no room for entry 14 "
	       "(limit 0x0)");
	mem_write(&mem, 0x6007, "", 1);
	expect("the page of RIP is the kernel's, not the user's, and the IDT "
	       "has no room for entry 14 (limit 0x0)");
}

static void what_cannot_be_seen_is_not_guessed(void **state)
{
	(void)state;
	code("\x90\x90", 2);
	expect("the instruction at RIP raised an exception, and gate 14 of "
	       "the IDT is not present");
	gate(13, 8, 0x1100, 0x8e); /* one that may have worked */
	expect("");
	s.exit_reason = KVM_EXIT_INTERNAL_ERROR;
	s.suberror = 99;
	expect("");
}

static void only_a_moment_before_is_known(void **state)
{
	(void)state;
	s.lost = true;
	code("\xcc", 1);
	expect("an exception came, and as it was then, gate 14 of the IDT is "
	       "not present");
	gate(13, 8, 0x1100, 0x8e); /* one that may have worked */
	expect("");
}

static void instructions_for_the_emulator(void **state)
{
	(void)state;
	s.exit_reason = KVM_EXIT_INTERNAL_ERROR;
	s.suberror = KVM_INTERNAL_ERROR_EMULATION;
	code("\x0f\xae\x2f", 3);
	expect("KVM ran this code in its emulator, which cannot do "
	       "`xrstor`; a KVM on VT-x or AMD-V may: try lab/run");
	code("\x90", 1);
	expect("KVM ran this code in its emulator, which cannot do the "
	       "instruction at RIP; a KVM on VT-x or AMD-V may: try "
	       "lab/run");
	code("\xcc", 1);
	s.sregs.idt.limit = 0;
	expect("`int3` raised #BP, breakpoint, and the IDT has no room for "
	       "entry 3 (limit 0x0)");
	s.regs.rip = 0x30000000;
	expect("RIP is 0x30000000, where no RAM is");
}

/* Where the crash may be in a handler, which a replay does not see. */
static void a_handler_may_have_been_entered(void **state)
{
	(void)state;
	code("\xcc", 1);
	assert_false(report_may_enter_handler(&s)); /* no gate is present */
	gate(14, 8, 0x1100, 0x8e);
	assert_false(report_may_enter_handler(&s)); /* it is #BP */
	gate(8, 8, 0x1100, 0x8e);
	assert_true(report_may_enter_handler(&s)); /* #BP, and so #DF */
	gate(8, 8, 0x1100, 0);
	gate(3, 8, 0x1100, 0x8e);
	assert_true(report_may_enter_handler(&s));
	s.regs.rsp = 0x10000000; /* no RAM for the frame */
	assert_false(report_may_enter_handler(&s));
	s.regs.rsp = STACK;
	code("\xa3\x00\x00\x00\x30", 5); /* whatever a MOV raises */
	assert_true(report_may_enter_handler(&s));
	s.sregs.idt.limit = 0;
	assert_false(report_may_enter_handler(&s));
}

static void a_kvm_without_paging(void **state)
{
	(void)state;
	s.paging_lost = true;
	expect("this KVM turned paging off again, so it cannot run such "
	       "guests; see --doctor, and try lab/run");
}

static void rules_of_entry(void **state)
{
	(void)state;
	s.exit_reason = KVM_EXIT_FAIL_ENTRY;
	expect("");
	s.regs.rflags = 0;
	expect("a reserved bit of RFLAGS has the wrong value");
	s.regs.rflags = 2;
	s.regs.rip = 1ULL << 32;
	expect("RIP is above 4 GiB outside 64-bit mode");
	s.regs.rip = CODE;
	s.sregs.cs.limit = 0x123456;
	expect("a segment's limit does not fit its granularity");
	s.sregs.cs.type = 3;
	expect("CS is no present code segment");
	s.sregs.efer = LONG;
	s.sregs.cr0 = CR0_PG;
	expect("CR0.PG is set without CR0.PE");
	s.sregs.cr0 |= CR0_PE;
	expect("EFER.LMA is set without CR4.PAE");
	s.sregs.efer = EFER_LMA;
	expect("EFER.LMA is set without EFER.LME");
}

static void names_of_instructions(void **state)
{
	static const struct {
		uint8_t bytes[4], len;
		bool wide;
		const char *name;
	} codes[] = {
		{ { 0xcc }, 1, false, "int3" },
		{ { 0x66, 0xcf }, 2, false, "iret" },
		{ { 0x48, 0xcf }, 2, true, "iret" },
		{ { 0x48, 0xcf }, 2, false, NULL }, /* dec %eax */
		{ { 0xf7, 0xf1 }, 2, false, "div" },
		{ { 0xf7, 0xe1 }, 2, false, NULL }, /* mul */
		{ { 0x0f, 0xae, 0x2f }, 3, true, "xrstor" },
		{ { 0x0f, 0x38, 0xf0, 0x00 },
		  4,
		  true,
		  "an SSSE3 or SSE4 instruction" },
		{ { 0xc5, 0xf8, 0x77 }, 3, true, "an AVX instruction" },
		{ { 0xc5, 0x06 }, 2, false, NULL }, /* lds */
		{ { 0x0f, 0x28, 0xc1 }, 3, false, "an MMX or SSE instruction" },
		{ { 0xd9, 0xe8 }, 2, false, "an x87 instruction" },
		{ { 0x00, 0x00 }, 2, false, NULL },
		{ { 0x00 }, 1, false, NULL },
		{ { 0x66 }, 1, false, NULL },
		{ { 0 }, 0, false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const char *name = report_name_code(
			codes[i].bytes, codes[i].len, codes[i].wide);

		if (codes[i].name)
			assert_string_equal(name, codes[i].name);
		else
			assert_null(name);
	}
}

static void bytes_around_rip(void **state)
{
	char buf[512];
	struct text text;

	(void)state;
	paging();
	s.regs.rip = 0x3ffffe; /* two bytes before the end of what is mapped */
	mem_write(&mem, 0x3ffffe, "\xaa\xbb", 2);
	text_init(&text, buf, sizeof(buf));
	report_add_code(&text, &s);
	assert_string_equal(buf, "  code at 0x3ffff6: 00 00 00 00 00 00 00 00 "
				 "<aa> bb ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? ?? "
				 "?? ??\n");
	s.regs.rip = 1;
	text_init(&text, buf, sizeof(buf));
	report_add_code(&text, &s);
	assert_memory_equal(buf, "  code at 0x0: 00 <00> ", 23);
	s.regs.rip = ~0ULL;
	text_init(&text, buf, sizeof(buf));
	report_add_code(&text, &s);
	assert_memory_equal(buf, "  code at 0xfffffff7: ?? ", 25);
}

static void registers_in_words(void **state)
{
	char buf[2048];
	struct text text;

	(void)state;
	s.regs.rax = 0x1234;
	s.regs.rflags = 0x246;
	s.sregs.ds = s.sregs.es = s.sregs.fs = s.sregs.gs = s.sregs.ss;
	text_init(&text, buf, sizeof(buf));
	report_add_mode(&text, &s.sregs);
	text_add(&text, "\n");
	report_add_registers(&text, &s);
	report_add_segments(&text, &s.sregs);
	report_add_control(&text, &s.sregs);
	assert_string_equal(
		buf,
		"32-bit protected mode, paging off, ring 0\n"
		"  eax 00001234  ebx 00000000  ecx 00000000  edx 00000000\n"
		"  esi 00000000  edi 00000000  ebp 00000000  esp 00008000\n"
		"  eip 00001000  flags 246 PF ZF IF\n"
		"  cs 0008  base 0x0 limit 0xffffffff  32-bit code, ring 0\n"
		"  ss ds es fs gs 0010  base 0x0 limit 0xffffffff  data, ring "
		"0\n"
		"  gdt base 0x2000 limit 0x17   idt base 0x3000 limit 0x7ff\n"
		"  cr0 1 PE   cr2 0   cr3 0\n"
		"  cr4 0   efer 0\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(no_room_in_the_idt),
		TEST(the_gate_is_wrong),
		TEST(rip_is_not_mapped),
		TEST(the_stack_is_not_mapped),
		TEST(data_is_not_mapped),
		TEST(kvm_knows_the_exception),
		TEST(pages_that_cannot_be_executed),
		TEST(what_cannot_be_seen_is_not_guessed),
		TEST(only_a_moment_before_is_known),
		TEST(instructions_for_the_emulator),
		TEST(a_handler_may_have_been_entered),
		TEST(a_kvm_without_paging),
		TEST(rules_of_entry),
		TEST(names_of_instructions),
		TEST(bytes_around_rip),
		TEST(registers_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
