/*
 * A system that finds IDE disks and reads and writes them, as those of courses do: by
 * polling, with interrupts, and with the bus master, if there is PCI. Prints a line
 * per step on COM1, and ends with 0 or the number of the first step that went wrong.
 *
 * A multiboot image, in flat protected mode. On hda each double word is its own
 * number, of 16,384 sectors; there may be a CD-ROM of 1,000 blocks as hdb, of the
 * same kind.
 *
 * Sources: ATA/ATAPI-6 (T13 1410D); SFF-8038i, "Bus Master IDE Register Description".
 */
#include "system32.h"

#include "ide_ports.h"

static u32 sector[64 * WORDS];

void on_message(void);
void on_line(void);
void begin(u32 magic, u32 info);

#define PIC_BASE 0x20 /* of 16 lines */

static volatile u32 nr_irqs;
static volatile u8 irq_status;
static int has_cd, is_qemu;

void on_message(void)
{
	nr_irqs++;
	irq_status = inb(BASE + 7);
	outb(0xa0, 0x20);
	outb(0x20, 0x20);
}

void on_line(void)
{
	on_message();
}

static void identify(void)
{
	const u8 *bytes = (const u8 *)sector;
	u8 sum = 0;

	begin_step("1 IDENTIFY DEVICE");
	command(0xec, 0, 0, 0xa0);
	must_wait_for(DRQ);
	in_words(sector, 256);
	must_wait_for(0);
	for (int i = 0; i < 512; i++)
		sum += bytes[i];
	is_qemu = bytes[54] == 'E' && bytes[55] == 'Q';
	if (!is_qemu)
		must_be(sum, 0);
	must_be(sector[30], 16384); /* sectors by LBA */
	if (has_cd)
		return;
	print("  no slave\n");
	outb(BASE + 6, 0xb0);
	must_be(inb(BASE + 7), 0);
	outb(BASE + 7, 0xec);
	must_be(inb(BASE + 7), 0);
	must_be(inl(BASE), 0xffffffff);
	must_be(inb(0x177), 0);
	outb(BASE + 6, 0xa0);
	must_be(inb(BASE + 7), 0x50);
}

static void read(void)
{
	begin_step("2 READ SECTORS");
	command(0x20, 1000, 3, 0xe0);
	for (u32 i = 0; i < 3; i++) {
		must_wait_for(DRQ);
		in_longs(sector, WORDS);
		must_hold(sector, 1000 + i, 1);
	}
	must_wait_for(0);
	command(0x20, 0, 0, 0xe0); /* 256 */
	for (u32 i = 0; i < 256; i++) {
		must_wait_for(DRQ);
		in_words(sector, 256);
		must_hold(sector, i, 1);
	}
	must_wait_for(0);
	begin_step("3 by cylinder, head and sector");
	command(0x20, 7 | 1 << 8, 1, 0xa5); /* 1/5/7 */
	must_wait_for(DRQ);
	in_words(sector, 256);
	must_hold(sector, (16 + 5) * 63 + 6, 1);
	begin_step("4 READ MULTIPLE, and EXT");
	command(0xc4, 2000, 40, 0xe0);
	for (u32 i = 0; i < 40; i += 16) {
		must_wait_for(DRQ);
		in_longs(sector, (i == 32 ? 8 : 16) * WORDS);
		must_hold(sector, 2000 + i, i == 32 ? 8 : 16);
	}
	must_wait_for(0);
	command_48(0x24, 16383, 1);
	must_wait_for(DRQ);
	in_longs(sector, WORDS);
	must_hold(sector, 16383, 1);
}

static void write(void)
{
	begin_step("5 WRITE SECTORS, FLUSH CACHE");
	for (u32 i = 0; i < 64 * WORDS; i++)
		sector[i] = ~i;
	command(0x30, 5000, 40, 0xe0);
	for (u32 i = 0; i < 40; i++) {
		must_wait_for(DRQ);
		out_longs(sector + i * WORDS, WORDS);
	}
	must_wait_for(0);
	command(0xe7, 0, 0, 0xe0);
	must_wait_for(0);
	command(0x20, 5039, 2, 0xe0);
	must_wait_for(DRQ);
	in_longs(sector, WORDS);
	for (u32 i = 0; i < WORDS; i++)
		must_be(sector[i], ~(39 * WORDS + i));
	must_wait_for(DRQ);
	in_longs(sector, WORDS);
	must_hold(sector, 5040, 1);
	must_wait_for(0);
}

static void refuse(void)
{
	begin_step("6 what cannot be, and SRST");
	command(0x20, 16384, 1, 0xe0);
	must_wait_for(ERR);
	MUST(inb(BASE + 1) & 0x14); /* IDNF, or ABRT as QEMU has it */
	command(0xfe, 0, 1, 0xe0);
	must_wait_for(ERR);
	must_be(inb(BASE + 1), 0x04);
	command(0x20, 0, 2, 0xe0);
	must_wait_for(DRQ);
	outb(CONTROL, 6);
	outb(CONTROL, 2);
	must_be(wait(), 0x50);
	must_be(inb(BASE + 2) << 8 | inb(BASE + 3), 0x0101);
	must_be(inb(BASE + 4) | inb(BASE + 5), 0);
	must_be(inb(BASE + 1), 1);
}

/* --- Interrupts ---------------------------------------------------------- */

struct gate {
	u16 low, selector;
	u16 type, high;
};

extern u8 entry_line[];
static struct gate idt[256] __attribute__((aligned(8)));

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
		{ 0x21, 0xfb },	    { 0xa1, 0xbf } /* IRQ14 */
	};
	u32 at = (u32)entry_line;

	idt[PIC_BASE + 14] = (struct gate){ at, 8, 0x8e00, at >> 16 };
	__asm__ __volatile__("lidt %0" : : "m"(pointer));
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		outb(words[i][0], words[i][1]);
}

/* With interrupts on, until there were @want. Not for ever. */
static void wait_for(u32 want)
{
	__asm__ __volatile__("sti");
	for (int i = 0; nr_irqs != want && i < PATIENCE; i++)
		inb(0x80);
	__asm__ __volatile__("cli" : : : "memory");
	must_be(nr_irqs, want);
}

static void by_interrupts(void)
{
	begin_step("7 IRQ14");
	set_up_interrupts();
	outb(CONTROL, 0);
	command(0x20, 77, 2, 0xe0);
	wait_for(1);
	must_be(irq_status & (BSY | DRQ | ERR), DRQ);
	in_longs(sector, WORDS);
	must_hold(sector, 77, 1);
	wait_for(2);
	in_longs(sector, WORDS);
	must_hold(sector, 78, 1);
	command(0x30, 6000, 2, 0xe0);
	must_be(inb(CONTROL) & (BSY | DRQ), DRQ);
	out_longs(sector, WORDS);
	wait_for(3);
	must_be(irq_status & DRQ, DRQ);
	out_longs(sector, WORDS);
	wait_for(4);
	must_be(irq_status, 0x50);
	command(0xef, 0, 0, 0xe0); /* no such feature */
	wait_for(5);
	must_be(irq_status & ERR, ERR);
}

/* --- The bus master ------------------------------------------------------ */

static u32 master; /* its ports */

static u32 config(u32 devfn, u32 reg)
{
	outl(0xcf8, 0x80000000 | devfn << 8 | reg);
	return inl(0xcfc);
}

static struct {
	u32 base, count;
} table[300] __attribute__((aligned(4096)));

static u32 nr_entries;

static void add_entry(const void *at, u32 bytes)
{
	table[nr_entries].base = (u32)at;
	table[nr_entries].count = bytes & 0xffff;
	nr_entries++;
}

/* The table is complete, and in memory: the bus master learns of it. */
static void close_table(void)
{
	table[nr_entries - 1].count |= 0x80000000;
	nr_entries = 0;
	__asm__ __volatile__("" : : : "memory");
	outl(master + 4, (u32)table);
	outb(master + 2, 0x06);
}

/* What the bus master says in the end. */
static u8 run(u8 code, u32 lba, u32 count, u8 device, u8 way)
{
	const u32 before = nr_irqs;

	close_table();
	outb(master, way);
	if (code == 0x25 || code == 0x35)
		command_48(code, lba, count);
	else
		command(code, lba, count, device);
	outb(master, way | 1);
	wait_for(before + 1);
	count = inb(master + 2) & 7;
	outb(master, way);
	return count;
}

static void by_dma(void)
{
	u8 *bytes = (u8 *)sector;
	u32 devfn = 0;

	while (devfn < 256 && config(devfn, 0) != 0x70108086)
		devfn++;
	if (devfn == 256) {
		print("  no bus master\n");
		return;
	}
	begin_step("8 DMA, entries across sectors");
	outl(0xcf8, 0x80000004 | devfn << 8);
	outl(0xcfc, 5);
	master = config(devfn, 0x20) & 0xfffc;
	add_entry(bytes, 514);
	add_entry(bytes + 514, 2);
	add_entry(bytes + 516, 508 + 20 * 512);
	add_entry(bytes + 516 + 508 + 20 * 512, 19 * 512 - 512);
	must_be(run(0xc8, 3000, 40, 0xe0, 8), 4);
	must_hold(sector, 3000, 40);
	for (u32 i = 0; i < 256; i++) /* a sector of them */
		add_entry(bytes + 2 * i, 2);
	must_be(run(0x25, 16000, 1, 0x40, 8), 4);
	must_hold(sector, 16000, 1);
	for (u32 i = 0; i < 8 * WORDS; i++)
		sector[i] = i ^ 0x5a5a5a5a;
	add_entry(bytes, 1000);
	add_entry(bytes + 1000, 8 * 512);
	must_be(run(0x35, 7000, 8, 0x40, 0), 5); /* the table is longer */
	add_entry(bytes + 4096, 4096);
	must_be(run(0xc8, 7000, 8, 0xe0, 8), 4);
	for (u32 i = 0; i < 8 * WORDS; i++)
		must_be(sector[8 * WORDS + i], i ^ 0x5a5a5a5a);
}

static void by_wrong_dma(void)
{
	u8 *bytes = (u8 *)sector;
	u32 before;

	begin_step("9 DMA that cannot be");
	add_entry((void *)0xf0000000, 512);
	must_be(run(0xc8, 0, 1, 0xe0, 8), 6);
	must_be(irq_status & ERR, ERR);
	add_entry(bytes, 512); /* too short */
	close_table();
	outb(master, 9);
	command(0xc8, 100, 2, 0xe0);
	for (u32 i = 0; inb(master + 2) & 1 && i < PATIENCE; i++)
		;
	must_be(inb(master + 2) & 3, 0);
	outb(master, 8);
	must_be(inb(CONTROL) & DRQ, DRQ);
	add_entry(bytes + 512, 512);
	close_table();
	before = nr_irqs;
	outb(master, 9);
	wait_for(before + 1);
	outb(master, 8);
	must_hold(sector, 100, 2);
}

/* --- The CD-ROM ---------------------------------------------------------- */

static void packet(const u8 *bytes, u32 limit, int dma)
{
	outb(BASE + 6, 0xb0);
	outb(BASE + 1, dma);
	outb(BASE + 4, limit);
	outb(BASE + 5, limit >> 8);
	outb(BASE + 7, 0xa0);
	must_be(inb(CONTROL) & (BSY | DRQ), DRQ);
	must_be(inb(BASE + 2), 1);
	for (int i = 0; i < 12; i += 4)
		outl(BASE, bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 |
				   (u32)bytes[i + 3] << 24);
}

/* All the bytes that come. */
static u32 take(u8 *to)
{
	u32 all = 0;

	while (wait() & DRQ) {
		u32 len = inb(BASE + 4) | inb(BASE + 5) << 8;

		must_be(inb(BASE + 2), 2);
		for (u32 i = 0; i < len; i += 2, all += 2) {
			u16 word;

			__asm__ __volatile__("inw %1, %0"
					     : "=a"(word)
					     : "Nd"((u16)BASE));
			to[all] = word;
			to[all + 1] = word >> 8;
		}
	}
	must_be(inb(BASE + 2), 3);
	return all;
}

static void read_cd(void)
{
	static const u8 inquiry[12] = { 0x12, 0, 0, 0, 36 };
	static const u8 capacity[12] = { 0x25 };
	static const u8 sense[12] = { 0x03, 0, 0, 0, 18 };
	static const u8 toc[12] = { 0x43, 0, 0, 0, 0, 0, 1, 0, 100 };
	static const u8 read[12] = { 0x28, 0, 0, 0, 0, 100, 0, 0, 9 };
	static const u8 beyond[12] = { 0xa8, 0, 0, 0, 3, 0xe8, 0, 0, 0, 1 };
	u8 *bytes = (u8 *)sector;

	begin_step("10 CD-ROM");
	outb(CONTROL, 2);
	packet(inquiry, 100, 0);
	must_be(take(bytes), 36);
	must_be(sector[0] & 0xffff, 0x8005);
	packet(capacity, 100, 0);
	must_be(take(bytes), 8);
	must_be(sector[0], 0xe7030000); /* 999 */
	packet(toc, 100, 0);
	must_be(take(bytes), 20);
	packet(read, 2048, 0);
	must_be(take(bytes), 9 * 2048);
	must_hold(sector, 400, 36);
	packet(beyond, 2048, 0);
	must_wait_for(ERR);
	must_be(inb(BASE + 1) & 0xf0, 0x50);
	packet(sense, 100, 0);
	must_be(take(bytes), 18);
	must_be(bytes[2] << 8 | bytes[12], 0x0521);
	if (!master)
		return;
	print("  by DMA\n");
	outb(CONTROL, 0);
	add_entry(bytes, 9 * 2048);
	close_table();
	nr_irqs = 0;
	packet(read, 0, 1);
	outb(master, 9);
	wait_for(1);
	must_be(inb(master + 2) & 7, 4);
	outb(master, 8);
	must_hold(sector, 400, 36);
}

/* --- All of it ----------------------------------------------------------- */

static void look_for_cd(void)
{
	outb(CONTROL, 6);
	outb(CONTROL, 2);
	wait();
	outb(BASE + 6, 0xb0);
	has_cd = inb(BASE + 4) == 0x14 && inb(BASE + 5) == 0xeb;
	outb(BASE + 6, 0xa0);
}

void begin(u32 magic, u32 info)
{
	(void)magic;
	(void)info;
	look_for_cd();
	identify();
	read();
	write();
	refuse();
	by_interrupts();
	by_dma();
	if (master && !is_qemu)
		by_wrong_dma();
	else
		step++;
	if (has_cd)
		read_cd();
	print("all is well\n");
	leave(0);
}
