/*
 * A system whose CPU and interrupt controllers are in the middle of something when
 * it asks to be saved (HC_SAVE). What it prints behind that, on port 0xE9, must be
 * the same in the one that goes on and in every one that is restored. The last letter
 * of its command line says what it is about:
 *
 *   r  debug and control registers, MSRs, FPU and SSE
 *   s  half-way through REP OUTSB
 *   e  an interrupt in service, and one that waits for it
 *   l  a level that the I/O APIC has given to a CPU
 *   n  an NMI that waits for the end of another
 *   o  a local APIC's timer, once, before and after
 *   p  the same, again and again          d  by the TSC's deadline
 *   h  HLT, and the 8254 wakes it
 *   k  KVM's clock
 *   c  and counts for a second by HLT and the 8254, saved by whoever wants to
 *
 * A multiboot image in flat protected mode.
 */
#include "system32.h"

#define APIC   0xfee00000
#define IOAPIC 0xfec00000

#define APIC_EOI   0xb0
#define APIC_SPIV  0xf0
#define APIC_ISR   0x100
#define APIC_IRR   0x200
#define APIC_ICR   0x300
#define APIC_LVTT  0x320
#define APIC_TMICT 0x380
#define APIC_TMCCT 0x390
#define APIC_TDCR  0x3e0

#define ONE_SHOT     0x00000
#define PERIODIC     0x20000
#define TSC_DEADLINE 0x40000
#define BY_1	     0xb

#define MESSAGE	 0x50 /* vectors: of the local APIC */
#define URGENT	 0x60
#define PIC_BASE 0x20

#define EDU_SLOT 1
#define EDU_BAR	 0xc8000000

static void say_hex(u32 val)
{
	for (int shift = 28; shift >= 0; shift -= 4)
		outb(0xe9, "0123456789abcdef"[val >> shift & 15]);
	outb(0xe9, ' ');
}

static u8 call(u8 function)
{
	outb(HC_PORT, function);
	return inb(HC_PORT);
}

static void save(void)
{
	MUST(call(HC_SAVE) != HC_UNSAVED);
}

static void write_msr(u32 index, u32 high, u32 low)
{
	__asm__ __volatile__("wrmsr" : : "c"(index), "d"(high), "a"(low));
}

static uint64_t read_msr(u32 index)
{
	u32 high, low;

	__asm__ __volatile__("rdmsr" : "=d"(high), "=a"(low) : "c"(index));
	return (uint64_t)high << 32 | low;
}

static uint64_t read_tsc(void)
{
	u32 high, low;

	__asm__ __volatile__("rdtsc" : "=d"(high), "=a"(low));
	return (uint64_t)high << 32 | low;
}

/* --- Interrupts ---------------------------------------------------------- */

struct gate {
	u16 low, selector;
	u16 type, high;
};

static struct gate idt[256] __attribute__((aligned(8)));
static volatile u32 messages, urgents, lines, nmis;
static volatile u32 bar; /* edu's registers */
static char how;

void on_message(void);
void on_urgent(void);
void on_line(void);
void on_nmi(void);
void begin(u32 magic, u32 info);
extern u8 entry_message[], entry_line[], entry_urgent[], entry_nmi[];

/* NMIs are barred until an IRET. */
__asm__(".text\n"
	"entry_urgent:\n"
	"	pusha\n"
	"	call	on_urgent\n"
	"	popa\n"
	"	pushl	8(%esp)\n"
	"	popf\n"
	"	lret	$4\n"
	"entry_nmi:\n"
	"	pusha\n"
	"	call	on_nmi\n"
	"	popa\n"
	"	iret\n");

static void spend(int reads)
{
	while (reads--)
		inb(0x80);
}

static void open_up(int reads)
{
	__asm__ __volatile__("sti");
	spend(reads);
	__asm__ __volatile__("cli");
}

static void wait_for(volatile u32 *count, u32 want)
{
	__asm__ __volatile__("sti");
	while (*count < want)
		inb(0x80);
	__asm__ __volatile__("cli");
}

#define FIRST_PIN 5
#define LAST_PIN  23

/* Remote IRR: a CPU is at it. */
static u32 given_levels(void)
{
	u32 given = 0;

	for (u32 pin = FIRST_PIN; pin <= LAST_PIN; pin++) {
		poke(IOAPIC, 0x10 + 2 * pin);
		given += peek(IOAPIC + 0x10) >> 14 & 1;
	}
	return given;
}

/* Level or not, and edu's, if it is. */
void on_message(void)
{
	messages++;
	if (how == 'e' && messages == 1) {
		poke(APIC + APIC_ICR, 0x44000 | MESSAGE); /* to itself */
		save();
		say_hex(peek(APIC + APIC_ISR + MESSAGE / 32 * 16));
		say_hex(peek(APIC + APIC_IRR + MESSAGE / 32 * 16));
	} else if (how == 'l' && messages == 1) {
		save();
		say_hex(given_levels());
		/* It still asks. */
	} else if (how == 'l') {
		poke(bar + 0x64, peek(bar + 0x24));
	}
	poke(APIC + APIC_EOI, 0);
}

void on_urgent(void)
{
	urgents++;
	poke(APIC + APIC_EOI, 0);
}

void on_line(void)
{
	lines++;
	outb(0x20, 0x20);
}

void on_nmi(void)
{
	nmis++;
	if (nmis != 1)
		return;
	poke(APIC + APIC_ICR, 0x44400);
	save();
	say_hex(nmis);
}

static void set_gate(unsigned int vector, const u8 *entry)
{
	u32 at = (u32)entry;

	idt[vector] = (struct gate){ at, 8, 0x8e00, at >> 16 };
}

static void set_up_interrupts(void)
{
	struct {
		u16 limit;
		u32 base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, (u32)idt };
	static const u8 words[][2] = {
		{ 0x20, 0x11 },	    { 0xa0, 0x11 },
		{ 0x21, PIC_BASE }, { 0xa1, PIC_BASE + 8 },
		{ 0x21, 4 },	    { 0xa1, 2 },
		{ 0x21, 1 },	    { 0xa1, 1 },
		{ 0x21, 0xff },	    { 0xa1, 0xff }
	};

	set_gate(2, entry_nmi);
	set_gate(PIC_BASE, entry_line);
	set_gate(MESSAGE, entry_message);
	set_gate(URGENT, entry_urgent);
	__asm__ __volatile__("lidt %0" : : "m"(pointer));
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		outb(words[i][0], words[i][1]);
}

static void set_up_apic(void)
{
	poke(APIC + APIC_SPIV, 0x1ff);
	poke(APIC + APIC_TDCR, BY_1);
}

/* --- What is asked -------------------------------------------------------- */

#define NR_WORDS 8

static void registers(void)
{
	static const u32 msrs[] = { 0x174, 0x175, 0x176, 0x277, 0x2ff };
	static u32 out[4 * NR_WORDS] __attribute__((aligned(16)));
	static const u32 in[4] __attribute__((aligned(16))) = { 1, 2, 3, 4 };
	u32 word;

	__asm__ __volatile__("mov %%cr4, %0; or $0x600, %0; mov %0, %%cr4"
			     : "=&r"(word));
	__asm__ __volatile__("mov %0, %%dr0" : : "r"(0x1111));
	__asm__ __volatile__("mov %0, %%dr3" : : "r"(0x4444));
	__asm__ __volatile__("mov %0, %%dr7" : : "r"(0x400));
	__asm__ __volatile__("mov %0, %%cr2" : : "r"(0x12345678));
	write_msr(0x174, 0, 0x8);
	write_msr(0x175, 0, 0x9000);
	write_msr(0x176, 0, 0xa000);
	write_msr(0x277, 0x00070406, 0x00070106);
	if (how == 'f')
		__asm__ __volatile__("fninit; fldpi; fld1; movaps %0, %%xmm0;"
				     "movaps %%xmm0, %%xmm7; addps %%xmm7, "
				     "%%xmm7"
				     :
				     : "m"(in));
	save();
	if (how == 'f') {
		__asm__ __volatile__("movaps %%xmm0, %0" : "=m"(out[0]));
		__asm__ __volatile__("movaps %%xmm7, %0" : "=m"(out[4]));
		__asm__ __volatile__("fstpl %0" : "=m"(out[8]));
		__asm__ __volatile__("fstpl %0" : "=m"(out[10]));
		for (int i = 0; i < 12; i++)
			say_hex(out[i]);
	}
	__asm__ __volatile__("mov %%dr0, %0" : "=r"(word));
	say_hex(word);
	__asm__ __volatile__("mov %%dr3, %0" : "=r"(word));
	say_hex(word);
	__asm__ __volatile__("mov %%cr2, %0" : "=r"(word));
	say_hex(word);
	__asm__ __volatile__("mov %%cr4, %0" : "=r"(word));
	say_hex(word);
	for (unsigned int i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		say_hex(read_msr(msrs[i]) >> 32);
		say_hex(read_msr(msrs[i]));
	}
}

/* Functions of the hypercall, one a byte. */
static void string(void)
{
	static const u8 calls[] = { HC_PUTCHAR, HC_PUTCHAR, HC_SAVE,
				    HC_PUTCHAR, HC_PUTCHAR, HC_PUTCHAR };
	u32 count = sizeof(calls), at = (u32)calls;

	__asm__ __volatile__("rep outsb"
			     : "+S"(at), "+c"(count)
			     : "d"(HC_PORT), "b"('x')
			     : "memory");
	say_hex(count);
	say_hex(at - (u32)calls);
}

static void in_service(void)
{
	set_up_apic();
	poke(APIC + APIC_ICR, 0x44000 | MESSAGE);
	wait_for(&messages, 2);
	open_up(100);
	say_hex(messages);
}

static void put(u32 reg, u32 val)
{
	outl(0xcf8, 0x80000000 | EDU_SLOT << 11 | reg);
	outl(0xcfc, val);
}

/* Whichever pin edu's wire goes to. */
static void level(void)
{
	set_up_apic();
	put(0x10, EDU_BAR);
	put(0x04, 0x06);
	bar = EDU_BAR;
	for (u32 pin = FIRST_PIN; pin <= LAST_PIN; pin++) {
		poke(IOAPIC, 0x11 + 2 * pin);
		poke(IOAPIC + 0x10, 0);
		poke(IOAPIC, 0x10 + 2 * pin);
		poke(IOAPIC + 0x10, 0x8000 | MESSAGE);
	}
	poke(bar + 0x60, 1);
	wait_for(&messages, 2);
	open_up(100);
	say_hex(messages);
	poke(bar + 0x60, 2); /* and again: nothing is stuck */
	wait_for(&messages, 3);
	open_up(100);
	say_hex(messages);
}

static void not_maskable(void)
{
	set_up_apic();
	poke(APIC + APIC_ICR, 0x44400);
	spend(100);
	say_hex(nmis);
}

static void timer_once(void)
{
	set_up_apic();
	poke(APIC + APIC_LVTT, ONE_SHOT | MESSAGE);
	poke(APIC + APIC_TMICT, 100000000); /* 0.1 s */
	save();
	wait_for(&messages, 1);
	open_up(2000);
	say_hex(messages);
	say_hex(peek(APIC + APIC_TMCCT));
	poke(APIC + APIC_TMICT, 100000);
	wait_for(&messages, 2);
	open_up(2000);
	say_hex(messages);
}

static void timer_again(void)
{
	set_up_apic();
	poke(APIC + APIC_LVTT, PERIODIC | MESSAGE);
	poke(APIC + APIC_TMICT, 10000000);
	wait_for(&messages, 3);
	save();
	wait_for(&messages, messages + 3);
	say_hex(peek(APIC + APIC_TMICT));
}

static void deadline(void)
{
	uint64_t at;

	set_up_apic();
	poke(APIC + APIC_LVTT, TSC_DEADLINE | MESSAGE);
	at = read_tsc() + 100000000;
	write_msr(0x6e0, at >> 32, at);
	save();
	wait_for(&messages, 1);
	MUST(read_tsc() >= at);
	open_up(2000);
	say_hex(messages);
	say_hex(read_msr(0x6e0));
}

static void start_pit(u32 count)
{
	outb(0x43, 0x30);
	outb(0x40, count);
	outb(0x40, count >> 8);
}

/* STI bars interrupts for as long as HLT is not in it. */
static void halt(void)
{
	__asm__ __volatile__("sti; hlt; cli" : : : "memory");
}

static void halted(void)
{
	outb(0x21, 0xfe);
	start_pit(0xffff);
	save();
	halt();
	say_hex(lines);
	start_pit(1000);
	halt();
	say_hex(lines);
}

/* Whoever wakes it, it is no one else. */
static void count(void)
{
	outb(0x21, 0xfe);
	for (u32 want = 1; want <= 20; want++) {
		start_pit(0xffff);
		halt();
		must_be(lines, want);
		outb(0xe9, 'a' + want % 26);
	}
}

/* The page of KVM's clock (the kernel's Documentation/virt/kvm/x86/msr.rst). */
struct pvclock {
	u32 version, pad;
	uint64_t tsc, ns;
	u32 mul;
	int8_t shift;
	u8 flags;
};

static volatile struct pvclock page __attribute__((aligned(64)));

/* In 2^32 ns or so; what is below is not looked at. */
static uint64_t read_clock(void)
{
	uint64_t delta, low;
	u32 version;

	do {
		version = page.version & ~1U;
		delta = read_tsc() - page.tsc;
		delta = page.shift < 0 ? delta >> -page.shift :
					 delta << page.shift;
		low = page.ns + (((delta & 0xffffffff) * page.mul) >> 32) +
		      (delta >> 32) * page.mul;
	} while (version != page.version);
	return low;
}

static void kvm_clock(void)
{
	uint64_t before, after;

	write_msr(0x4b564d01, 0, (u32)&page | 1);
	spend(10);
	before = read_clock();
	MUST(page.version && before);
	save();
	after = read_clock();
	MUST(after >= before);
	MUST(after - before < 60000000000ULL);
	say_hex(page.flags & 2); /* it stood still, and is told so */
	say_hex(read_msr(0x4b564d01) == ((u32)&page | 1));
}

static const struct {
	char letter;
	void (*run)(void);
} cases[] = {
	{ 'r', registers },  { 'f', registers },   { 's', string },
	{ 'e', in_service }, { 'l', level },	   { 'n', not_maskable },
	{ 'o', timer_once }, { 'p', timer_again }, { 'd', deadline },
	{ 'h', halted },     { 'k', kvm_clock },   { 'c', count },
};

/* The information's third word is where the command line is. */
void begin(u32 magic, u32 info)
{
	const char *words = (const char *)peek(info + 16);

	step = 1;
	must_be(magic, 0x2badb002);
	while (*words)
		how = *words++;
	set_up_interrupts();
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		step++;
		if (cases[i].letter == how) {
			cases[i].run();
			leave(0);
		}
	}
	leave(60);
}
