/*
 * A system that finds IDE disks and reads and writes them, as those of courses do: by
 * polling, with interrupts, and with the bus master, if there is PCI. Prints a line
 * per step on COM1, and ends with 0 or the number of the first step that went wrong.
 *
 * A multiboot image, in flat protected mode. On hda each double word is its own
 * number; with the word "cd" in its command line there is a CD-ROM of the same kind
 * as hdb, else nothing is.
 *
 * Sources: ATA/ATAPI-6 (T13 1410D); SFF-8038i, "Bus Master IDE Register Description".
 */
#include "system32.h"

#define BASE	0x1f0
#define CONTROL 0x3f6

#define BSY 0x80
#define DRQ 0x08
#define ERR 0x01

#define WORDS 128 /* double words of a sector */

static u32 sector[64 * WORDS];

void on_message(void);
void on_line(void);
void begin(u32 magic, u32 info);

static volatile u32 nr_irqs;
static volatile u8 irq_status;

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

/* The status at the end of BSY; reading it takes the interrupt away. */
static u8 wait(void)
{
	for (u32 i = 0; i < PATIENCE; i++) {
		u8 status = inb(CONTROL);

		if (!(status & BSY))
			return inb(BASE + 7);
	}
	print("  busy for good\n");
	leave(step);
	return 0;
}

static void must_wait_for(u8 bits)
{
	must_be(wait() & (BSY | DRQ | ERR), bits);
}

static void command(u8 code, u32 lba, u32 count, u8 device)
{
	outb(BASE + 6, device);
	outb(BASE + 2, count);
	outb(BASE + 3, lba);
	outb(BASE + 4, lba >> 8);
	outb(BASE + 5, lba >> 16);
	outb(BASE + 7, code);
}

static void command_48(u8 code, u32 lba, u32 count)
{
	outb(BASE + 6, 0x40);
	outb(BASE + 2, count >> 8);
	outb(BASE + 3, lba >> 24);
	outb(BASE + 4, 0);
	outb(BASE + 5, 0);
	command(code, lba, count, 0x40);
}

static void in_words(u32 *to, u32 count)
{
	__asm__ __volatile__("cld; rep insw"
			     : "+D"(to), "+c"(count)
			     : "d"((u16)BASE)
			     : "memory");
}

static void in_longs(u32 *to, u32 count)
{
	__asm__ __volatile__("cld; rep insl"
			     : "+D"(to), "+c"(count)
			     : "d"((u16)BASE)
			     : "memory");
}

static void out_longs(const u32 *from, u32 count)
{
	__asm__ __volatile__("cld; rep outsl"
			     : "+S"(from), "+c"(count)
			     : "d"((u16)BASE)
			     : "memory");
}

static void must_hold(const u32 *data, u32 lba, u32 count)
{
	for (u32 i = 0; i < count * WORDS; i++)
		must_be(data[i], lba * WORDS + i);
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
	must_be(sum, 0);
	must_be(sector[30], 16384); /* sectors by LBA */
	must_be(bytes[54] << 8 | bytes[55], 'I' << 8 | 'M');
	begin_step("2 no slave");
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
	begin_step("3 READ SECTORS");
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
	begin_step("4 by cylinder, head and sector");
	command(0x20, 7 | 1 << 8, 1, 0xa5); /* 1/5/7 */
	must_wait_for(DRQ);
	in_words(sector, 256);
	must_hold(sector, (16 + 5) * 63 + 6, 1);
	begin_step("5 READ MULTIPLE, and EXT");
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
	begin_step("6 WRITE SECTORS, FLUSH CACHE");
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
	begin_step("7 what cannot be");
	command(0x20, 16384, 1, 0xe0);
	must_wait_for(ERR);
	must_be(inb(BASE + 1), 0x10);
	command(0x20, 0, 1, 0xa0); /* sector 0 */
	must_wait_for(ERR);
	command(0xfe, 0, 1, 0xe0);
	must_wait_for(ERR);
	must_be(inb(BASE + 1), 0x04);
	begin_step("8 SRST");
	command(0x20, 0, 2, 0xe0);
	must_wait_for(DRQ);
	outb(CONTROL, 6);
	must_be(inb(CONTROL), BSY);
	outb(CONTROL, 2);
	must_be(wait(), 0x50);
	must_be(inb(BASE + 2) << 8 | inb(BASE + 3), 0x0101);
	must_be(inb(BASE + 4) | inb(BASE + 5), 0);
	must_be(inb(BASE + 1), 1);
}

void begin(u32 magic, u32 info)
{
	(void)magic;
	(void)info;
	outb(CONTROL, 2);
	identify();
	read();
	write();
	refuse();
	print("all is well\n");
	leave(0);
}
