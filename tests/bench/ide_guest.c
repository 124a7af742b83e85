/*
 * What pc_boot.S goes on with: 4 KiB of the first disk, anywhere, by each way that a
 * system has, with a marker before and behind each kind of work and REQUESTS requests
 * in between; the ide script divides. It waits by HLT for the interrupt, as a system
 * does that has something better to do, or reads the status again and again. On the
 * disk each double word behind the first PROGRAM sectors is its own number.
 */
#include "system32.h"

#include "ide_ports.h"
#include "marker.h"

#define REQUESTS 64
#define WARM	 4
#define COUNT	 8 /* sectors of a request */
#define PROGRAM	 128
#define PLACES	 1024 /* of 4 KiB, behind these */
#define PIC_BASE 0x20
#define LINE	 14

void on_message(void);
void on_line(void);
void begin(void);

static u32 data[COUNT * WORDS] __attribute__((aligned(4096)));
static volatile u8 asked, status;
static u32 seed = 1, master;

static struct {
	u32 base, count;
} table __attribute__((aligned(8)));

void on_message(void)
{
}

void on_line(void)
{
	status = inb(BASE + 7);
	outb(0xa0, 0x20);
	outb(0x20, 0x20);
	asked = 1;
}

/* The same places in every run: a generator of Knuth's. */
static u32 random_place(void)
{
	seed = seed * 1664525 + 1013904223;
	return PROGRAM + (seed >> 16) % PLACES * COUNT;
}

static void wait_for_line(void)
{
	while (!asked)
		__asm__ __volatile__("sti; hlt; cli" : : : "memory");
	asked = 0;
	must_be(status & (BSY | ERR), 0);
}

static void check(u32 lba)
{
	must_be(data[0], lba * WORDS);
	must_be(data[COUNT * WORDS - 1], (lba + COUNT) * WORDS - 1);
}

/* @block sectors at a time. */
static void read_polled(u8 code, u32 block)
{
	const u32 lba = random_place();

	outb(CONTROL, 2);
	command(code, lba, COUNT, 0xe0);
	for (u32 i = 0; i < COUNT; i += block) {
		must_wait_for(DRQ);
		in_longs(data + i * WORDS, block * WORDS);
	}
	check(lba);
}

static void read_asked(u8 code, u32 block)
{
	const u32 lba = random_place();

	outb(CONTROL, 0);
	command(code, lba, COUNT, 0xe0);
	for (u32 i = 0; i < COUNT; i += block) {
		wait_for_line();
		in_longs(data + i * WORDS, block * WORDS);
	}
	check(lba);
}

static void polled(void)
{
	read_polled(0x20, 1);
}

static void polled_blocks(void)
{
	read_polled(0xc4, COUNT);
}

static void asked_for(void)
{
	read_asked(0x20, 1);
}

static void asked_for_blocks(void)
{
	read_asked(0xc4, COUNT);
}

/* As Linux does it: table, direction, command, start; and on the interrupt the bus
 * master's status, stop. */
static void by_dma(u8 code, u8 way)
{
	const u32 lba = random_place();

	outb(CONTROL, 0);
	table.base = (u32)data;
	table.count = 0x80000000 | sizeof(data);
	__asm__ __volatile__("" : : : "memory");
	outl(master + 4, (u32)&table);
	outb(master + 2, 0x06);
	outb(master, way);
	command(code, lba, COUNT, 0xe0);
	outb(master, way | 1);
	wait_for_line();
	must_be(inb(master + 2) & 7, 4);
	outb(master, way);
	if (way)
		check(lba);
}

static void dma(void)
{
	by_dma(0xc8, 8);
}

#define MARK(id)                                                     \
	__asm__ volatile(".byte %c0, %c1, %c2, %c3, %c4, %c5, %c6"   \
			 :                                           \
			 : "i"(0x0f), "i"(0x1f), "i"(0x80), "i"(id), \
			   "i"(0x4b), "i"(0x56), "i"(0x4d)           \
			 : "memory")

#define MEASURE(work, id)                          \
	do {                                       \
		for (u32 i = 0; i < WARM; i++)     \
			work();                    \
		MARK(id);                          \
		for (u32 i = 0; i < REQUESTS; i++) \
			work();                    \
		MARK('.');                         \
	} while (0)

struct gate {
	u16 low, selector;
	u16 type, high;
};

extern u8 entry_line[];
static struct gate idt[PIC_BASE + 16] __attribute__((aligned(8)));

static void set_up_line(void)
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
		{ 0x21, 0xfb },	    { 0xa1, 0xbf },
	};
	const u32 at = (u32)entry_line;

	idt[PIC_BASE + LINE] = (struct gate){ at, 8, 0x8e00, at >> 16 };
	__asm__ __volatile__("lidt %0" : : "m"(pointer));
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		outb(words[i][0], words[i][1]);
}

static u32 config(u32 devfn, u32 reg)
{
	outl(0xcf8, 0x80000000 | devfn << 8 | reg);
	return inl(0xcfc);
}

static void find_master(void)
{
	u32 devfn = 0;

	while (devfn < 256 && config(devfn, 0) != 0x70108086)
		devfn++;
	MUST(devfn < 256);
	outl(0xcf8, 0x80000004 | devfn << 8);
	outl(0xcfc, 5);
	master = config(devfn, 0x20) & 0xfffc;
}

void begin(void)
{
	begin_step("ide_guest");
	find_master();
	set_up_line();
	outb(CONTROL, 2);
	command(0xc6, 0, COUNT, 0xe0);
	must_wait_for(0);
	for (u32 lba = PROGRAM; lba < PROGRAM + PLACES * COUNT; lba += COUNT) {
		command(0xc4, lba, COUNT, 0xe0);
		must_wait_for(DRQ);
		in_longs(data, COUNT * WORDS);
		check(lba);
	}
	MEASURE(polled, 'p');
	MEASURE(polled_blocks, 'm');
	MEASURE(asked_for, 'P');
	MEASURE(asked_for_blocks, 'M');
	MEASURE(dma, 'D');
	print("ide_guest: done\n");
	leave(0);
}
