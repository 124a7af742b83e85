/*
 * A system that looks for the PCI device edu and drives it, as a course's
 * driver would: by configuration mechanism #1 and, if ACPI tells of it, by
 * ECAM; it sizes and moves BARs, takes interrupts by the pin, over the 8259s and
 * the I/O APIC, and by MSI, has memory copied, and then does what no system
 * should. Prints a line per step on COM1, and ends with 0 or the number of the
 * first step that went wrong; by port 0xF4 as well, for QEMU (isa-debug-exit).
 *
 * A multiboot image, linked and loaded at 1 MiB, in flat protected mode. With the
 * word "qemu" in its command line it does not insist on places of ours.
 *
 * Sources: PCI 3.0; QEMU, docs/specs/edu; ACPI, "Root System Description
 * Pointer"; SDM 3A, "APIC"; 8259A, 82093AA.
 */
#include "abi/pc.h"
#include "system32.h"

/* --- Configuration space ------------------------------------------------- */

static u32 ecam; /* 0: none */

static u32 cf8_read(u32 slot, u32 reg, int size)
{
	outl(0xcf8, 0x80000000 | slot << 11 | (reg & 0xfc));
	if (size == 1)
		return inb(0xcfc + (reg & 3));
	return inl(0xcfc);
}

static u32 get(u32 slot, u32 reg)
{
	return cf8_read(slot, reg, 4);
}

static void put(u32 slot, u32 reg, u32 val)
{
	outl(0xcf8, 0x80000000 | slot << 11 | (reg & 0xfc));
	outl(0xcfc, val);
}

static void command(u32 slot, u16 bits)
{
	put(slot, 4, bits);
}

/* --- Interrupts ---------------------------------------------------------- */

#define VECTOR	 0x40 /* of the I/O APIC and of messages */
#define PIC_BASE 0x20 /* of 16 lines */
#define LAPIC	 0xfee00000
#define IOAPIC	 0xfec00000

static u32 bar;			 /* where edu's registers are */
static volatile u32 nr_irqs;	 /* by line of the 8259s */
static volatile u32 nr_messages; /* by local APIC */
static volatile u32 last_line, last_causes;

/* edu's: look, acknowledge. */
static void serve(void)
{
	last_causes = peek(bar + 0x24);
	poke(bar + 0x64, last_causes);
}

void on_message(void);
void on_line(void);
void begin(u32 magic, u32 info);
extern u8 entry_message[], entry_line[];

void on_message(void)
{
	nr_messages++;
	serve();
	poke(LAPIC + 0xb0, 0);
}

void on_line(void)
{
	outb(0xa0, 0x0b); /* in service */
	last_line = inb(0xa0) & 0x04 ? 10 : 11;
	nr_irqs++;
	serve();
	outb(0xa0, 0x20);
	outb(0x20, 0x20);
}

struct gate {
	u16 low, selector;
	u16 type, high;
};

static struct gate idt[256] __attribute__((aligned(8)));

static void set_gate(int vector, const void *handler)
{
	u32 at = (u32)handler;

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

	set_gate(VECTOR, entry_message);
	set_gate(PIC_BASE + 10, entry_line);
	set_gate(PIC_BASE + 11, entry_line);
	__asm__ __volatile__("lidt %0" : : "m"(pointer));
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		outb(words[i][0], words[i][1]);
}

/* With interrupts on, until @count says @want. Not for ever. */
static void wait_for(volatile u32 *count, u32 want)
{
	__asm__ __volatile__("sti");
	for (int i = 0; *count != want && i < PATIENCE; i++)
		inb(0x80);
	__asm__ __volatile__("cli");
	must_be(*count, want);
}

static int has_apic(void)
{
	u32 a = 1, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return d >> 9 & 1;
}

static void ioapic_write(u32 reg, u32 val)
{
	poke(IOAPIC, reg);
	poke(IOAPIC + 0x10, val);
}

static u32 ioapic_read(u32 reg)
{
	poke(IOAPIC, reg);
	return peek(IOAPIC + 0x10);
}

/* --- ACPI ---------------------------------------------------------------- */

static int same(u32 at, const char *text)
{
	for (; *text; text++, at++)
		if (peek8(at) != (u8)*text)
			return 0;
	return 1;
}

/* The root pointer, the XSDT or RSDT, and in that the MCFG. */
static u32 find_mcfg(void)
{
	u32 rsdp, root, width;

	for (rsdp = 0xe0000; rsdp < 0x100000; rsdp += 16)
		if (same(rsdp, "RSD PTR "))
			break;
	if (rsdp == 0x100000)
		return 0;
	width = peek8(rsdp + 15) >= 2 ? 8 : 4;
	root = peek(rsdp + (width == 8 ? 24 : 16));
	for (u32 at = root + 36; at < root + peek(root + 4); at += width)
		if (same(peek(at), "MCFG"))
			return peek(peek(at) + 44);
	return 0;
}

/* --- The steps ----------------------------------------------------------- */

static int is_qemu;
static u32 slot; /* edu's */
static u32 msi;	 /* its capability; 0: none */

static void find(void)
{
	begin_step("1 configuration mechanism #1");
	outl(0xcf8, 0x80000000);
	must_be(inl(0xcf8), 0x80000000);
	outb(0xcfb, 1); /* no part of that register */
	must_be(inl(0xcf8), 0x80000000);
	outl(0xcf8, 0x80000600); /* across the reset register at 0xcf9 */
	must_be(inl(0xcf8), 0x80000600);
	must_be(get(0, 8) >> 16, 0x0600);
	if (!is_qemu)
		must_be(get(0, 0), 0x00081b36);
	begin_step("2 edu");
	for (slot = 1; slot < 32 && get(slot, 0) != 0x11e81234; slot++)
		;
	if (!is_qemu)
		must_be(slot, 1);
	must_be(cf8_read(slot, 0x03, 1), 0x11);
	must_be(cf8_read(slot, 0x0b, 1), 0x00);
	must_be(cf8_read(slot, 0x0a, 1), 0xff);
	must_be(cf8_read(slot, 0x3d, 1), 1);
	if (!is_qemu)
		must_be(get(2, 0), 0xffffffff);
}

static void compare_ecam(void)
{
	u32 line;

	begin_step("3 ECAM");
	ecam = find_mcfg();
	if (!ecam) {
		print("  none\n");
		return;
	}
	for (u32 reg = 0; reg < 0x100; reg += 4)
		must_be(peek(ecam + (slot << 15) + reg), get(slot, reg));
	must_be(peek(ecam + (slot << 15) + 0x100), 0xffffffff);
	must_be(*(const u16 *)(ecam + (slot << 15) + 2), 0x11e8);
	line = get(slot, 0x3c) & 0xff;
	poke(ecam + (slot << 15) + 0x3c, 0x55);
	must_be(get(slot, 0x3c) & 0xff, 0x55);
	put(slot, 0x3c, line);
}

static void move(u32 to)
{
	put(slot, 0x10, to);
	must_be(get(slot, 0x10), to);
	bar = to;
	must_be(peek(bar), 0x010000ed);
}

static void size_and_move(void)
{
	u32 first;

	begin_step("4 BARs");
	first = bar = get(slot, 0x10);
	if (!is_qemu)
		must_be(bar, 0xc1000000);
	put(slot, 0x10, 0xffffffff);
	must_be(get(slot, 0x10), 0xfff00000);
	put(slot, 0x10, bar);
	command(slot, 2);
	must_be(peek(bar), 0x010000ed);
	move(0xf0000000);
	if (!is_qemu)
		must_be(peek(first), 0xffffffff);
	poke(bar + 4, 0x12345678);
	move(first);
	must_be(peek(bar + 4), ~0x12345678);
	command(slot, 0);
	must_be(peek(bar), is_qemu ? 0 : 0xffffffff);
	command(slot, 6);
	must_be(peek(bar + 4), ~0x12345678);
}

static void wait_while(u32 reg, u32 bits)
{
	int i;

	for (i = 0; peek(bar + reg) & bits && i < PATIENCE; i++)
		inb(0x80);
	must_be(peek(bar + reg) & bits, 0);
}

static void dma(u32 src, u32 dst, u32 count, u32 cmd)
{
	poke(bar + 0x80, src);
	poke(bar + 0x88, dst);
	poke(bar + 0x90, count);
	poke(bar + 0x98, cmd | 1);
	wait_while(0x98, 1);
}

static u8 memory[0x1000] __attribute__((aligned(4096)));

static void compute_and_copy(void)
{
	begin_step("5 factorial and DMA");
	poke(bar + 0x08, 10);
	wait_while(0x20, 1);
	must_be(peek(bar + 0x08), 3628800);
	for (int i = 0; i < 256; i++)
		memory[i] = i ^ 0x5a;
	dma((u32)memory, 0x40000, 256, 0);
	dma(0x40000, (u32)memory + 0x800, 256, 2);
	for (int i = 0; i < 256; i++)
		must_be(memory[0x800 + i], i ^ 0x5a);
	must_be(nr_irqs, 0);
}

static void by_the_8259s(void)
{
	u32 line = get(slot, 0x3c) & 0xff;

	begin_step("6 INTx# by the 8259s");
	MUST(line == 10 || line == 11);
	outb(0x21, 0xfb);
	outb(0xa1, ~(1 << (line - 8)));
	must_be(get(slot, 4) >> 16 & 8, 0);
	poke(bar + 0x60, 0x5);
	must_be(get(slot, 4) >> 16 & 8, 8);
	wait_for(&nr_irqs, 1);
	must_be(last_line, line);
	must_be(last_causes, 5);
	must_be(get(slot, 4) >> 16 & 8, 0);
	command(slot, 0x406); /* the pin is off */
	poke(bar + 0x60, 1);
	must_be(get(slot, 4) >> 16 & 8, 8);
	__asm__ __volatile__("sti; nop; nop; cli");
	must_be(nr_irqs, 1);
	command(slot, 6);
	wait_for(&nr_irqs, 2);
	poke(bar + 0x20, 0x80); /* when the factorial is there */
	poke(bar + 0x08, 3);
	wait_for(&nr_irqs, 3);
	must_be(last_causes, 1);
	must_be(peek(bar + 8), 6);
	poke(bar + 0x20, 0);
	outb(0xa1, 0xff);
	outb(0x21, 0xff);
}

static void by_the_ioapic(void)
{
	u32 pin;

	begin_step("7 INTx# by the I/O APIC");
	poke(LAPIC + 0xf0, 0x1ff);
	for (pin = 16; pin < 24; pin++) {
		ioapic_write(0x11 + 2 * pin, peek(LAPIC + 0x20));
		ioapic_write(0x10 + 2 * pin, 0xa000 | VECTOR);
	}
	poke(bar + 0x60, 0x9);
	for (pin = 16; pin < 24; pin++)
		if (ioapic_read(0x10 + 2 * pin) & 0x4000)
			break;
	if (!is_qemu)
		must_be(pin, PC_PCI_INTX_GSI + slot % 4);
	wait_for(&nr_messages, 1);
	must_be(last_causes, 9);
	must_be(ioapic_read(0x10 + 2 * pin) & 0x4000, 0);
	for (pin = 16; pin < 24; pin++)
		ioapic_write(0x10 + 2 * pin, 0x10000);
}

static void find_msi(void)
{
	msi = 0;
	if (!(get(slot, 4) >> 16 & 0x10))
		return;
	for (msi = get(slot, 0x34) & 0xff; msi;
	     msi = get(slot, msi) >> 8 & 0xff)
		if ((get(slot, msi) & 0xff) == 5)
			return;
}

static void by_message(void)
{
	begin_step("8 MSI");
	find_msi();
	MUST(msi);
	MUST(get(slot, msi) >> 16 & 0x80); /* 64 bits */
	put(slot, msi + 4, LAPIC);
	put(slot, msi + 8, 0);
	put(slot, msi + 12, VECTOR);
	put(slot, msi, 0x00010000);
	poke(bar + 0x60, 0x11);
	wait_for(&nr_messages, 2);
	must_be(last_causes, 0x11);
	dma(0x40000, (u32)memory, 16, 6);
	wait_for(&nr_messages, 3);
	must_be(last_causes, 0x100);
	if (get(slot, msi) >> 16 & 0x100) { /* it can be masked */
		put(slot, msi + 16, 1);
		poke(bar + 0x60, 0x21);
		must_be(get(slot, msi + 20), 1);
		__asm__ __volatile__("sti; nop; nop; cli");
		must_be(nr_messages, 3);
		put(slot, msi + 16, 0);
		wait_for(&nr_messages, 4);
	}
	put(slot, msi, 0);
}

/* What hardware leaves to the one who does it. */
static void do_harm(void)
{
	static const u32 places[] = { 0xfec00000, 0xfee00000, 0xe0000000,
				      0x00100000, 0xfff00000 };

	begin_step("9 what no system does"); /* and QEMU ends for */
	poke((u32)memory, 0x600d);
	if (is_qemu)
		return;
	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		put(slot, 0x10, places[i]);
		must_be(peek((u32)memory), 0x600d);
		must_be(get(slot, 0), 0x11e81234);
		if (has_apic())
			must_be(ioapic_read(1) & 0xff, 0x11);
		if (ecam)
			must_be(peek(ecam + (slot << 15)), 0x11e81234);
	}
}

static void copy_anywhere(u32 first)
{
	if (is_qemu)
		return;
	put(slot, 0x10, first);
	bar = first;
	dma(0x0fffff00, 0x40000, 0x1000, 0); /* no RAM */
	dma(0x40000, 0xffffffff, 0x1000, 2);
	dma(0, 0x3ffff, 0x1000, 0); /* not the page */
	dma(0xffffffff, 0, 0xffffffff, 2);
	must_be(peek(bar), 0x010000ed);
	must_be(peek((u32)memory), 0x600d);
	must_be(*(u16 *)(bar + 2), 0xffff); /* no such access */
}

void begin(u32 magic, u32 info)
{
	const char *words = "";
	u32 first;

	if (magic == 0x2badb002 && peek(info) & 4)
		words = (const char *)peek(info + 16);
	for (; *words; words++)
		is_qemu |= same((u32)words, "qemu");
	find();
	compare_ecam();
	size_and_move();
	first = bar;
	compute_and_copy();
	set_up_interrupts();
	by_the_8259s();
	if (has_apic()) {
		by_the_ioapic();
		by_message();
	} else {
		find_msi();
		must_be(msi, 0);
	}
	do_harm();
	copy_anywhere(first);
	print("all is well\n");
	leave(0);
}
