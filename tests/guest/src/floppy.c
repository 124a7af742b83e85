/*
 * A system that drives a floppy disk controller as those of courses do: resets it, seeks,
 * reads and writes by DMA and by the port, and formats a track. Prints a line per step on
 * COM1, and ends with 0 or the number of the first step that went wrong.
 *
 * A multiboot image, in flat protected mode. In A: are 1.44 MB in which each double
 * word is its own number; B: is not there.
 *
 * Sources: Intel 82077AA data sheet, "Command Set"; Intel 8237A data sheet.
 */
#include "system32.h"

#define DOR   0x3f2
#define MSR   0x3f4
#define FIFO  0x3f5
#define CCR   0x3f7
#define WORDS 128 /* of a sector */

static u8 buffer[4 * 512] __attribute__((aligned(4096)));
static u8 result[7];
static int is_qemu;

void on_message(void);
void on_line(void);
void begin(u32 magic, u32 info);

void on_message(void)
{
}

void on_line(void)
{
}

/* Main Status in these bits; or the step went wrong. */
static void wait_for(u8 mask, u8 want)
{
	for (u32 i = 0; i < PATIENCE; i++)
		if ((inb(MSR) & mask) == want)
			return;
	must_be(inb(MSR), want);
}

static void put(u8 byte)
{
	wait_for(0xc0, 0x80);
	outb(FIFO, byte);
}

static u8 get(void)
{
	wait_for(0xc0, 0xc0);
	return inb(FIFO);
}

/* IRQ6 has come to the first 8259, where it waits; masks are no matter. */
static void must_ask(void)
{
	outb(0x20, 0x0a);
	for (u32 i = 0; i < PATIENCE; i++)
		if (inb(0x20) & 0x40)
			return;
	must_be(inb(0x20), 0x40);
}

static u8 sense(u8 pcn)
{
	u8 st0;

	put(0x08);
	st0 = get();
	if (st0 != 0x80)
		must_be(get(), pcn);
	return st0;
}

static void reset(void)
{
	begin_step("1 reset, and four units to be sensed");
	outb(DOR, 0);
	outb(DOR, 0x0c);
	must_ask();
	for (u32 i = 0; i < 4; i++)
		must_be(sense(0), 0xc0 | i);
	must_be(sense(0), 0x80);
	outb(CCR, 0);
	put(0x10);
	must_be(get(), 0x90);
	put(0x18);
	is_qemu = get() != 0x80;
	put(0x03);
	put(0xdf);
	put(0x02);
	outb(DOR, 0x1c);
}

static void seek(void)
{
	begin_step("2 RECALIBRATE, SEEK, READ ID");
	put(0x07);
	put(0);
	must_be(sense(0), 0x20);
	put(0x0f);
	put(4);
	put(40);
	must_be(sense(40) & 0xf3, 0x20);
	must_be(inb(CCR) & 0x80, 0);
	put(0x4a);
	put(0);
	must_be(get() & 0xc3, 0);
	must_be(get() | get(), 0);
	must_be(get(), 40);
	for (u32 i = 0; i < 3; i++)
		get();
	put(0x04);
	put(0);
	must_be(get() & 0x30, 0x20);
}

static void open_channel(u8 mode, u32 len)
{
	const u32 at = (u32)buffer;

	outb(0x0a, 6);
	outb(0x0c, 0);
	outb(0x04, at);
	outb(0x04, at >> 8);
	outb(0x05, len - 1);
	outb(0x05, (len - 1) >> 8);
	outb(0x81, at >> 16);
	outb(0x0b, mode);
	outb(0x0a, 2);
}

/* @code for the sectors from @lba on, which are on the cylinder where the heads are. */
static void begin_data(u8 code, u32 lba, u8 last)
{
	const u8 head = lba / 18 % 2;

	put(code);
	put(head << 2);
	put(lba / 36);
	put(head);
	put(lba % 18 + 1);
	put(2);
	put(last);
	put(0x1b);
	put(0xff);
}

static void end_data(void)
{
	for (u32 i = 0; i < sizeof(result); i++)
		result[i] = get();
	wait_for(0xd0, 0x80);
}

static void go_to(u32 lba)
{
	put(0x0f);
	put(0);
	put(lba / 36);
	must_be(sense(lba / 36), 0x20);
}

static void move(u8 code, u32 lba, u32 len)
{
	open_channel(code == 0xc5 ? 0x4a : 0x46, len);
	go_to(lba);
	begin_data(code, lba, 18);
	end_data();
	must_be(result[0] & 0xc0, 0);
	must_be(result[1] | result[2], 0);
}

static void must_hold(u32 lba, u32 nr)
{
	for (u32 i = 0; i < nr * WORDS; i++)
		must_be(((u32 *)buffer)[i], lba * WORDS + i);
}

static void dma(void)
{
	begin_step("3 READ DATA by DMA, from one side to the other");
	move(0xe6, 36 * 33 + 16, 2048);
	must_hold(36 * 33 + 16, 4);
	must_be(result[3], 33);
	must_be(result[4], 1);
	must_be(result[5], 3);
	move(0xe6, 2879, 512);
	must_hold(2879, 1);
	begin_step("4 WRITE DATA, and what it leaves alone");
	for (u32 i = 0; i < sizeof(buffer); i++)
		buffer[i] = i * 7;
	move(0xc5, 1000, 1024);
	for (u32 i = 0; i < sizeof(buffer); i++)
		buffer[i] = 0;
	move(0xe6, 1000, 1536);
	for (u32 i = 0; i < 1024; i++)
		must_be(buffer[i], (u8)(i * 7));
	must_be(*(u32 *)(buffer + 1024), 1002 * WORDS);
}

static void refuse(void)
{
	begin_step("5 what is not there");
	open_channel(0x46, 512);
	go_to(0);
	begin_data(0x46, 0, 18);
	end_data();
	must_be(result[0] & 0xc0, 0);
	put(0x46);
	put(0);
	put(0);
	put(0);
	put(19);
	put(2);
	put(36);
	put(0x1b);
	put(0xff);
	end_data();
	must_be(result[0] & 0xc0, 0x40);
	put(0x1f);
	must_be(get(), 0x80);
	if (is_qemu)
		return;
	put(0x07);
	put(1);
	must_be(sense(0), 0x71);
}

/* QEMU takes back RQM before the result. */
static void port(void)
{
	if (is_qemu)
		return;
	begin_step("6 READ DATA and WRITE DATA by the port");
	put(0x03);
	put(0xdf);
	put(0x03);
	go_to(360);
	begin_data(0x46, 362, 4);
	for (u32 i = 0; i < 1024; i++) {
		wait_for(0xe0, 0xe0);
		buffer[i] = inb(FIFO);
	}
	end_data();
	must_hold(362, 2);
	begin_data(0x45, 360, 1);
	for (u32 i = 0; i < 512; i++) {
		wait_for(0xe0, 0xa0);
		outb(FIFO, i);
	}
	end_data();
	put(0x03);
	put(0xdf);
	put(0x02);
	move(0xe6, 360, 1024);
	for (u32 i = 0; i < 512; i++)
		must_be(buffer[i], (u8)i);
	must_be(*(u32 *)(buffer + 512), 361 * WORDS);
}

static void format(void)
{
	if (is_qemu)
		return;
	begin_step("7 FORMAT TRACK");
	for (u32 i = 0; i < 18; i++) {
		buffer[4 * i] = 50;
		buffer[4 * i + 1] = 1;
		buffer[4 * i + 2] = i + 1;
		buffer[4 * i + 3] = 2;
	}
	open_channel(0x4a, 72);
	go_to(50 * 36);
	put(0x4d);
	put(4);
	put(2);
	put(18);
	put(0x54);
	put(0xf6);
	end_data();
	must_be(result[0] & 0xc0, 0);
	move(0xe6, 50 * 36 + 34, 1024);
	for (u32 i = 0; i < 1024; i++)
		must_be(buffer[i], 0xf6);
	move(0xe6, 50 * 36 + 17, 512);
	must_hold(50 * 36 + 17, 1);
}

void begin(u32 magic, u32 info)
{
	(void)magic;
	(void)info;
	reset();
	seek();
	dma();
	refuse();
	port();
	format();
	outb(DOR, 0x0c);
	print("all is well\n");
	leave(0);
}
