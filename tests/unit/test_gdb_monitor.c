/* objects: service/gdb/monitor_tables.o service/gdb/monitor_tss.o
 * service/gdb/monitor_memory.o service/gdb/monitor_registers.o service/gdb/monitor.o
 * service/gdb/memory.o service/gdb/target.o service/gdb/target_value.o x86/flags.o
 * x86/walk.o x86/walk_words.o x86/descriptor.o x86/words.o core/memory.o core/memory_seen.o
 * util/text.o */
/*
 * What `monitor` says of descriptor tables, of a task's state, of pages and of
 * physical memory, of a guest made up here, friendly or not.
 */
#include "gdb_world.h"

#include "core/symbols.h"
#include "service/gdb/monitor.h"
#include "service/gdb/target.h"
#include "x86/bits.h"
#include "x86/paging.h"

#define GDT	   0x1000
#define IDT	   0x2000
#define TSS	   0x3000
#define PD	   0x10000
#define ANSWER_MAX 30000

static char answer[ANSWER_MAX];

bool far_get_msr(struct gdb_cpu *c, uint32_t index, uint64_t *val)
{
	(void)c;
	*val = index;
	return index != target_msrs[0];
}

bool far_set_msr(struct gdb_cpu *c, uint32_t index, uint64_t val)
{
	(void)c;
	(void)index;
	(void)val;
	return false;
}

bool far_get_fpu(struct gdb_cpu *c, struct kvm_xsave *area)
{
	(void)c;
	memset(area, 0, sizeof(*area));
	return true;
}

bool far_set_fpu(struct gdb_cpu *c, const struct kvm_xsave *area)
{
	(void)c;
	(void)area;
	return false;
}

bool gdb_put(struct gdb_cpu *c, const struct gdb_state *state,
	     unsigned int parts)
{
	(void)c;
	(void)state;
	(void)parts;
	return false;
}

const char *bus_owner(struct bus *bus, uint64_t addr)
{
	(void)bus;
	return addr >> 12 == 0xfec00 ? "ioapic" : NULL;
}

bool vm_symbol_value(const struct vm *vm, const char *name, uint64_t *addr)
{
	(void)vm;
	*addr = 0x5000;
	return !strcmp(name, "handler");
}

void vm_add_symbol(struct text *text, const struct vm *vm, uint64_t addr)
{
	(void)vm;
	if (addr >> 4 == 0x500)
		text_add(text, " <handler+0x%x>", (unsigned int)addr & 0xf);
}

/* Those of a whole machine are tried in one: tests/guest/test_gdb_inside.py. */
#define NOT_HERE(name)                                                 \
	void name(struct gdb_cpu *c, const char *rest, struct text *t) \
	{                                                              \
		(void)c;                                               \
		text_add(t, #name "(%s)", rest);                       \
	}
NOT_HERE(monitor_devices)
NOT_HERE(monitor_irq)
NOT_HERE(monitor_cpus)
NOT_HERE(monitor_step)

static int setup_protected(void **state)
{
	int err = setup(state);

	cpu.state.sregs.cr0 = CR0_PE;
	gdb.physical = true; /* which is nothing to those that ask here */
	return err;
}

static const char *ask(const char *words)
{
	struct text text;

	text_init(&text, answer, sizeof(answer));
	monitor_run(&cpu, words, &text);
	assert_true(text.len < sizeof(answer) - 1); /* nothing was left out */
	return answer;
}

#define SAYS(words, lines) assert_string_equal(ask(words), lines)
#define HAS(words, piece)  assert_non_null(strstr(ask(words), piece))

static void test_words(void **state)
{
	(void)state;
	HAS("help", "info gdt [SELECTOR]");
	HAS("nonsense", "no such command");
	HAS("", "no such command");
	HAS("info", "no such command");
	HAS("info registersx", "no such command");
	HAS("info irq now", "no such command");
	SAYS("  info   irq  ", "monitor_irq()");
	SAYS("step irqs on", "monitor_step(irqs on)");
	HAS("info page", "an address is a number");
	HAS("info page 0x", "an address is a number");
	HAS("info page 12q", "an address is a number");
	HAS("info page 0x11112222333344445", "an address is a number");
	HAS("info page 0x1 2", "an address is a number");
	HAS("info page nowhere", "nowhere: an address is a number");
	HAS("info page handler + 0x4", "linear 0x5004 <handler+0x4>");
	HAS("info page 4096", "linear 0x1000 ");
	HAS("info gdt 0xg", "not a number");
	cpu.state.sregs.cs.base = 0x5000;
	cpu.state.sregs.gs.base = 0x123;
	cpu.state.regs.rip = 8;
	cpu.state.regs.rsp = 0x700;
	HAS("info page $pc", "linear 0x5008 <handler+0x8>");
	HAS("info page $sp + 8", "linear 0x708 ");
	HAS("info page $esp", "linear 0x700 ");
	HAS("info page $cr0", "linear 0x1 ");
	HAS("info page $lstar", "linear 0xc0000082 ");
	HAS("info page $star",
	    "an address is a number"); /* KVM does not tell */
	HAS("info page $cs_desc", "an address is a number");
	HAS("info page $", "an address is a number");
}

/* Whatever the guest has made of them. */
static void test_registers(void **state)
{
	struct kvm_sregs *s = &cpu.state.sregs;

	(void)state;
	s->cr0 = CR0_PE | CR0_ET;
	s->cr4 = CR4_PAE | CR4_PSE;
	s->cs = (struct kvm_segment){ .selector = 0x1b,
				      .type = 0xb,
				      .s = 1,
				      .dpl = 3,
				      .present = 1,
				      .db = 1,
				      .limit = 0xfffff };
	s->ldt = (struct kvm_segment){ .type = 12, .base = 0x77, .limit = 5 };
	s->fs = (struct kvm_segment){ .base = 0x55, .unusable = 1 };
	s->idt = (struct kvm_dtable){ .base = 0x1234, .limit = 0x7ff };
	cpu.state.regs.rflags = 0x246;
	HAS("info registers", "\neflags         0x00000246 PF ZF IF\n");
	HAS("info registers", "\ncr0            0x00000011 PE ET\n");
	HAS("info registers", "\ncr4            0x00000030 PSE PAE\n");
	HAS("info registers",
	    "\ncs             001b  base 0x0 limit 0xfffff DPL 3 D/B "
	    "execute/read accessed  32-bit code\n");
	HAS("info registers",
	    "\nldtr           0000  base 0x77 limit 0x5  32-bit call gate\n");
	HAS("info registers", "\nfs             0000  base 0x55  none\n");
	HAS("info registers", "\nidtr           base 0x1234 limit 0x7ff\n");
	HAS("info registers", "\nstar           KVM does not tell\n");
	HAS("info registers", "\nlstar          0x00000000c0000082\n");
}

static void make_gdt(void)
{
	struct kvm_sregs *s = &cpu.state.sregs;

	put(GDT + 0x08, 0x00cf9b000000ffff, 8);
	put(GDT + 0x10, 0x00cf93000000ffff, 8);
	put(GDT + 0x28, 0x0000890030000067, 8);
	put(GDT + 0x30, 0x00409a005000ffff, 8); /* based at 5000h */
	s->gdt = (struct kvm_dtable){ .base = GDT, .limit = 0x37 };
	s->cs.selector = 0x08;
	s->ss.selector = s->ds.selector = 0x13;
}

static void test_gdt(void **state)
{
	(void)state;
	make_gdt();
	SAYS("info gdt",
	     "gdt  base 0x1000 limit 0x37\n"
	     "0000  empty\n"
	     "0008  32-bit code  base 0x0 limit 0xffffffff DPL 0 G D/B "
	     "execute/read accessed  in cs\n"
	     "0010  32-bit data  base 0x0 limit 0xffffffff DPL 0 G D/B "
	     "read/write accessed  in ss ds\n"
	     "0018-0020  empty\n"
	     "0028  32-bit TSS  base 0x3000 limit 0x67 DPL 0\n"
	     "0030  32-bit code  base 0x5000 limit 0xffff DPL 0 D/B "
	     "execute/read\n");
	SAYS("info gdt 0x2b", "gdt  base 0x1000 limit 0x37\n"
			      "0028  32-bit TSS  base 0x3000 limit 0x67 DPL 0\n"
			      "0030  32-bit code  base 0x5000 limit 0xffff "
			      "DPL 0 D/B execute/read\n");
	SAYS("info gdt 0xffffffffffffffff", "gdt  base 0x1000 limit 0x37\n");
	cpu.state.sregs.gdt.limit = 0;
	SAYS("info gdt", "gdt  base 0x1000 limit 0x0\n");
	HAS("info ldt", "there is none");
}

/* A large one of which the limit leaves only half, and one over an LDT's entries
 * that has no memory behind it. */
static void test_hostile_tables(void **state)
{
	struct kvm_sregs *s = &cpu.state.sregs;

	(void)state;
	s->cr0 = CR0_PE | CR0_PG;
	s->cr4 = CR4_PAE;
	s->efer = EFER_LME | EFER_LMA;
	s->cr3 = PD;
	put(PD, (PD + 0x1000) | PTE_P, 8);
	put(PD + 0x1000, (PD + 0x2000) | PTE_P, 8);
	put(PD + 0x2000, 0 | PTE_P | PTE_PS, 8); /* 2 MiB; RAM has one */
	put(GDT + 8, 0x00008b0030000067, 8);
	put(GDT + 16, 0xffffffff, 8);
	s->gdt = (struct kvm_dtable){ .base = GDT, .limit = 0xf };
	SAYS("info gdt", "gdt  base 0x1000 limit 0xf\n"
			 "0000  empty\n"
			 "0008  busy 64-bit TSS  base 0xffffffff00003000 limit "
			 "0x67 DPL 0  cut off by the limit\n");
	s->gdt = (struct kvm_dtable){ .base = SIZE - 8, .limit = 0xffff };
	SAYS("info gdt", "gdt  base 0xffff8 limit 0xffff\n"
			 "0000  empty\n"
			 "0008-fff8  no memory there\n");
	s->gdt = (struct kvm_dtable){ .base = -16ULL, .limit = 0xffff };
	HAS("info gdt", "\n0000-0008  no memory there\n"); /* and round */
	HAS("info gdt", "\n1018  busy 64-bit TSS");
	s->idt = (struct kvm_dtable){ .base = 1ULL << 47, .limit = 0xffff };
	SAYS("info idt", "idt  base 0x800000000000 limit 0xffff\n"
			 "00-ff  no memory there\n");
	s->ldt = (struct kvm_segment){
		.selector = 8, .present = 1, .base = GDT, .limit = -1
	};
	HAS("info ldt", "000c  busy 64-bit TSS");
	s->ldt.limit = 5;
	SAYS("info ldt", "ldt  base 0x1000 limit 0x5\n");
}

/* 8192 descriptors, none of them like another: it ends somewhere. */
static void test_endless(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 8192; i++)
		put(0x40000 + i * 8, 0x0000920000000000 | i << 16, 8);
	cpu.state.sregs.gdt =
		(struct kvm_dtable){ .base = 0x40000, .limit = 0xffff };
	HAS("info gdt", "\nand so on: more with `monitor info gdt 0x");
	HAS("info gdt 0xfff8", "\nfff8  16-bit data  base 0x1fff");
}

static void test_idt(void **state)
{
	struct kvm_sregs *s = &cpu.state.sregs;

	(void)state;
	make_gdt();
	put(IDT + 13 * 8, 0x00008e0000085000, 8);
	put(IDT + 32 * 8, 0x0000ef0000300004, 8);
	put(IDT + 33 * 8, 0x0000850000280000, 8);
	s->idt = (struct kvm_dtable){ .base = IDT, .limit = 0x7ff };
	SAYS("info idt",
	     "idt  base 0x2000 limit 0x7ff\n"
	     "00-0c  empty\n"
	     "0d  32-bit interrupt gate  selector 0008 offset 0x5000 DPL 0 "
	     "<handler+0x0>  #GP, general protection\n"
	     "0e-1f  empty\n"
	     "20  32-bit trap gate  selector 0030 offset 0x4 DPL 3 "
	     "<handler+0x4>\n"
	     "21  task gate  selector 0028 DPL 0\n"
	     "22-ff  empty\n");
	SAYS("info idt 0x21", "idt  base 0x2000 limit 0x7ff\n"
			      "21  task gate  selector 0028 DPL 0\n"
			      "22-ff  empty\n");
	SAYS("info idt 300", "idt  base 0x2000 limit 0x7ff\n");
	s->cr0 = 0;
	s->idt = (struct kvm_dtable){ .limit = 0x3ff };
	put(8 * 4, 0x04f00010, 4);
	HAS("info idt", "08  04f0:0010  #DF, double fault\n");
	HAS("info idt 8", "limit 0x3ff\n08  04f0:0010");
	s->cr0 = CR0_PE;
	s->idt.limit = 0xffff;
	HAS("info idt", "nobody has loaded one\n");
	put(0, 0x00cf9b000000ffff, 8);
	HAS("info idt", "\n00  no gate: 32-bit code  base");
}

static void test_tss(void **state)
{
	struct kvm_segment *tr = &cpu.state.sregs.tr;

	(void)state;
	SAYS("info tss", "nobody has loaded one: TR is 0000\n");
	*tr = (struct kvm_segment){ .selector = 0x28,
				    .base = TSS,
				    .limit = 0x87,
				    .type = 11,
				    .present = 1 };
	put(TSS + 4, 0x8000, 4);
	put(TSS + 8, 0x10, 4);
	put(TSS + 0x66, 0x68, 2);
	HAS("info tss", "32-bit TSS  tr 0028 base 0x3000 limit 0x87\n");
	HAS("info tss", "ss0:esp0    0010:00008000\n");
	HAS("info tss", "I/O bitmap at 0x68 for ports below 0xf8\n");
	tr->limit = 0x67;
	HAS("info tss", "no I/O bitmap");
	tr->limit = 0x1f;
	HAS("info tss", "its limit is below 0x67");
	HAS("info tss", "ss:esp      no memory there, or beyond the limit\n");
	tr->type = 3;
	tr->limit = 0x2b;
	HAS("info tss", "16-bit TSS");
	HAS("info tss", "ss0:sp0     8000:0000\n");
	tr->base = -4ULL;
	HAS("info tss", "ss0:sp0     no memory there");
	cpu.state.sregs.cr0 |= CR0_PG;
	cpu.state.sregs.efer = EFER_LMA;
	HAS("info tss", "64-bit TSS");
}

static void test_page(void **state)
{
	struct kvm_sregs *s = &cpu.state.sregs;

	(void)state;
	SAYS("info page 0x5003", "linear 0x5003 <handler+0x3>  cr3 0x0\n"
				 "physical 0x5003  RAM\n"
				 "paging is off\n");
	HAS("info page 0xfec00010", "physical 0xfec00010  ioapic\n");
	HAS("info page 0x7ff00000", "physical 0x7ff00000  nothing is there\n");
	s->cr0 |= CR0_PG;
	s->cr3 = PD;
	put(PD + 4, (PD + 0x1000) | PTE_P | PTE_U, 4);
	put(PD + 0x1000, 0x8000 | PTE_P | PTE_W | 0x20, 4);
	SAYS("info page 0x400123",
	     "linear 0x400123  cr3 0x10000\n"
	     "  PDE      1 at 0x10004: 0x11005 P U\n"
	     "  PTE      0 at 0x11000: 0x8023 P W A -> 0x8123, 4 KiB page\n"
	     "physical 0x8123  RAM\n"
	     "read only, not for ring 3, executable\n");
	HAS("info page 0", "no page: PDE 0 is not present\n");
	HAS("info page 0x100400123", "before long mode they have 32 bits\n");
}

static void test_phys(void **state)
{
	(void)state;
	put(0x500, 0x216d2d6e694d, 8);
	SAYS("phys 0x500 8", "00000500  4d 69 6e 2d 6d 21 00 00"
			     "                          Min-m!..\n");
	HAS("phys 0x500", "\n00000530  ");
	SAYS("phys 0x600 = 90 90f4",
	     "00000600  90 90 f4"
	     "                                         ...\n");
	SAYS("phys 0x602=cc", "00000602  cc"
			      "                                               "
			      ".\n");
	HAS("phys 0x600 =", "are needed");
	HAS("phys 0x600 = 9", "are needed");
	HAS("phys 0x600 = 90 zz", "are needed");
	HAS("phys 0xfffff = 90 90", "not all of it is RAM");
	HAS("phys 0xffff8 16", "000ffff8  00 00 00 00 00 00 00 00 ");
	HAS("phys 0xffff8 16", "00100000  nothing is there, no RAM\n");
	HAS("phys 0xfec00000", "fec00000  ioapic, no RAM\n");
	HAS("phys 0x500 0", "the length is");
	HAS("phys 0x500 5000", "the length is");
	HAS("phys 0xffffffffffffffff", "ffffffffffffffff  nothing is there");
	HAS("phys", "an address is a number");
}

static uint64_t noise_state;

/* xorshift64 */
static uint64_t noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 7;
	noise_state ^= noise_state << 17;
	return noise_state;
}

static void make_noise(void *to, size_t len)
{
	uint8_t *bytes = to;

	for (size_t i = 0; i < len; i++)
		bytes[i] = noise();
}

/* Registers of any value, of which tables begin and end in RAM, mostly, and anything
 * in it: whatever is asked, there is an answer, and it ends. */
static void test_garbage(void **state)
{
	static const char *const words[] = {
		"info registers", "info gdt",	    "info ldt",
		"info idt",	  "info tss",	    "info page $pc",
		"info page $cr2", "phys $cr3 4096", "info idt 0x80",
	};
	struct kvm_sregs *s = &cpu.state.sregs;

	(void)state;
	noise_state = 1;
	make_noise(gdb.vm.mem.base, 0x40000);
	for (unsigned int i = 0; i < 200; i++) {
		make_noise(&cpu.state, sizeof(cpu.state));
		s->cr0 = noise() & (CR0_PE | CR0_PG);
		s->efer = noise() & (EFER_LME | EFER_LMA);
		s->cr3 &= SIZE - 1;
		if (i % 4) {
			s->gdt.base %= SIZE;
			s->idt.base %= SIZE;
			s->tr.base %= SIZE;
			s->ldt.base %= SIZE;
		}
		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++)
			assert_true(*ask(words[j]));
	}
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup_protected, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_words),   TEST(test_registers),
		TEST(test_gdt),	    TEST(test_hostile_tables),
		TEST(test_endless), TEST(test_idt),
		TEST(test_tss),	    TEST(test_page),
		TEST(test_phys),    TEST(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
