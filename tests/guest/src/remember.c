/*
 * A system that has its devices in the middle of something when it asks to be saved
 * (HC_SAVE), and then looks what they say. What it prints, on port 0xE9, must be the
 * same in the one that goes on and in every one that is restored. The last letter of
 * its command line says what it is about:
 *
 *   r  registers of every kind of device, half written and half read
 *   i  a level that is up, and an edge that waits, at masked inputs
 *   t  ticks of the 8254, and seconds of the clock: three before, three behind
 *   c  what time it is, and how old the guest, before and behind
 *   s  keys by COM1's interrupt    p  by polling COM1
 *   k  keys by the keyboard's      h  by hypercall
 *
 * With keys 'S' asks to be saved, and 'q' ends it.
 *
 * A multiboot image in flat protected mode. Without an IRET, as system32.h has it.
 */
#include "abi/pc.h"
#include "system32.h"

#define PIC_BASE 0x20
#define IOAPIC	 0xfec00000
#define EDU_SLOT 1
#define EDU_BAR	 0xc8000000
#define TEXT	 0xb8000

static void say(const char *text)
{
	for (; *text; text++)
		outb(0xe9, *text);
}

static void say_hex(u32 val, int digits)
{
	while (digits--)
		outb(0xe9, "0123456789abcdef"[val >> 4 * digits & 15]);
	outb(0xe9, ' ');
}

static void say_all(u16 port, int times)
{
	while (times--)
		say_hex(inb(port), 2);
}

static u8 call(u8 function)
{
	outb(HC_PORT, function);
	return inb(HC_PORT);
}

/* What became of it is nobody's business here, but it must be something. */
static void save(void)
{
	MUST(call(HC_SAVE) != HC_UNSAVED);
}

/* --- Interrupts ---------------------------------------------------------- */

struct gate {
	u16 low, selector;
	u16 type, high;
};

static struct gate idt[256] __attribute__((aligned(8)));
static volatile u32 counts[16]; /* by line of the 8259s */
static volatile u32 bar;	/* edu's registers */

void on_message(void);
void on_line(void);
void begin(u32 magic, u32 info);
extern u8 entry_line[];

void on_message(void)
{
	leave(50);
}

static void take_key(void);

/* Which line it is says what is in service. */
void on_line(void)
{
	u32 served, line = 0;

	outb(0x20, 0x0b);
	outb(0xa0, 0x0b);
	served = (inb(0x20) & 0xfb) | inb(0xa0) << 8;
	if (!served)
		return;
	while (!(served >> line & 1))
		line++;
	counts[line]++;
	if (line == 8) {
		outb(0x70, 0x0c);
		inb(0x71);
	} else if (line >= 10 && bar) {
		poke(bar + 0x64, peek(bar + 0x24));
	} else if (line == 4 || line == 1) {
		take_key();
	}
	if (line >= 8)
		outb(0xa0, 0x20);
	outb(0x20, 0x20);
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
	u32 at = (u32)entry_line;

	for (int i = 0; i < 16; i++)
		idt[PIC_BASE + i] = (struct gate){ at, 8, 0x8e00, at >> 16 };
	__asm__ __volatile__("lidt %0" : : "m"(pointer));
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		outb(words[i][0], words[i][1]);
}

static void unmask(u16 lines)
{
	outb(0x21, ~(lines | 4));
	outb(0xa1, ~(lines >> 8));
}

static void wait_for(volatile u32 *count, u32 want)
{
	__asm__ __volatile__("sti");
	while (*count < want)
		inb(0x80);
	__asm__ __volatile__("cli");
}

/* --- PCI ----------------------------------------------------------------- */

static u32 get(u32 reg)
{
	outl(0xcf8, 0x80000000 | EDU_SLOT << 11 | reg);
	return inl(0xcfc);
}

static void put(u32 reg, u32 val)
{
	outl(0xcf8, 0x80000000 | EDU_SLOT << 11 | reg);
	outl(0xcfc, val);
}

static void move_edu(void)
{
	must_be(get(0), 0x11e81234);
	put(0x10, EDU_BAR);
	put(0x04, 0x06);
	bar = EDU_BAR;
}

/* --- r: registers -------------------------------------------------------- */

struct access {
	u16 port;
	u8 val;
};

/* Left half done, wherever something can be. */
static const struct access half[] = {
	{ 0x3fa, 0x81 },		  /* FIFOs */
	{ 0x3fc, 0x10 }, { 0x3f8, 'x' },  /* two characters in loopback */
	{ 0x3f8, 'y' },	 { 0x3ff, 0x5a }, /* scratch */
	{ 0x3fb, 0x9b }, { 0x3f8, 0x0c }, /* the divisor's latch */
	{ 0x3f9, 0x01 }, { 0x80, 0x42 },
	{ 0x92, 0x0a },			 /* POST, A20 */
	{ 0x64, 0xa8 },	 { 0x64, 0x20 }, /* two answers of the keyboard's */
	{ 0x64, 0xc0 },	 { 0x70, 0x41 },
	{ 0x71, 0x99 },			 /* CMOS RAM; the index stays */
	{ 0x43, 0xb6 },	 { 0x42, 0x34 }, /* counter 2, latched */
	{ 0x42, 0x12 },	 { 0x43, 0xc8 },
	{ 0x21, 0xab },	 { 0xa1, 0x57 }, /* masks */
	{ 0x4d0, 0x20 }, { 0x4d1, 0x0c },
	{ 0x3d4, 0x0e }, { 0x3d5, 0x01 }, /* cursor */
	{ 0x3d4, 0x0f }, { 0x3d5, 0x23 },
	{ 0x3c8, 0x05 }, { 0x3c9, 0x11 }, /* two thirds of a colour */
	{ 0x3c9, 0x22 },
};

/* Half of an answer, as of the next two. */
static void begin_halves(int has_ioapic)
{
	for (unsigned int i = 0; i < sizeof(half) / sizeof(half[0]); i++)
		outb(half[i].port, half[i].val);
	inb(0x3da);
	outb(0x3c0, 0x33); /* an index, its data comes */
	__asm__ __volatile__("outw %0, %1" : : "a"((u16)0), "Nd"((u16)0x510));
	must_be(inb(0x511), 'Q');
	outb(PC_PM1_EVT + 3, 0x01); /* the power button's enable */
	poke(bar + 0x04, 0x12345678);
	put(0x3c, 0x5a);
	outl(0xcf8, 0x80000000 | EDU_SLOT << 11 | 0x10);
	if (has_ioapic) {
		poke(IOAPIC, 0x16);
		poke(IOAPIC + 0x10, 0x1a034);
	}
	for (int i = 0; i < 4; i++)
		((u8 *)TEXT)[2 * i] = "kept"[i];
}

static void end_halves(int has_ioapic)
{
	static const u16 ports[] = { 0x3f8, 0x3f9, 0x3fb,	  0x3fc, 0x3ff,
				     0x80,  0x92,  0x60,	  0x60,	 0x64,
				     0x71,  0x42,  0x42,	  0x42,	 0x21,
				     0xa1,  0x4d0, 0x4d1,	  0x3d5, 0x511,
				     0x511, 0x511, PC_PM1_EVT + 3 };

	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		say_hex(inb(ports[i]), 2);
	outb(0x3fb, 0x03);
	say_all(0x3f8, 2);
	say_all(0x3fd, 1);
	outb(0x3c9, 0x33);
	outb(0x3c7, 0x05);
	say_all(0x3c9, 3);
	outb(0x3c0, 0x0d);
	say_hex(inb(0x3c1), 2);
	say_hex(inl(0xcfc), 8);
	say_hex(get(0x3c), 8);
	say_hex(peek(bar + 0x04), 8);
	if (has_ioapic)
		say_hex(peek(IOAPIC + 0x10), 8);
	say_hex(peek(TEXT), 8);
}

/* --- i: a level that is up, an edge that waits --------------------------- */

static void levels_and_edges(void)
{
	outb(0x4d1, 0x0c);
	outb(0x3fc, 0x08);
	outb(0x3f9, 0x02);     /* THR is empty: an edge at line 4 */
	poke(bar + 0x60, 0x1); /* edu asks, a level at line 10 or 11 */
	save();
	outb(0x20, 0x0a);
	outb(0xa0, 0x0a);
	say_hex(inb(0x20) & 0x10, 2);
	say_hex(inb(0xa0) & 0x0c, 2);
	unmask(0x0c10);
	__asm__ __volatile__("sti");
	for (int i = 0; i < 2000; i++)
		inb(0x80);
	__asm__ __volatile__("cli");
	say_hex(counts[4], 1);
	say_hex(counts[10] + counts[11], 1);
	poke(bar + 0x60, 0x2); /* and again: the wire is not stuck */
	__asm__ __volatile__("sti");
	for (int i = 0; i < 2000; i++)
		inb(0x80);
	__asm__ __volatile__("cli");
	say_hex(counts[10] + counts[11], 1);
}

/* --- t: ticks ------------------------------------------------------------ */

static void ticks(void)
{
	outb(0x43, 0x34);
	outb(0x40, 0x9c);
	outb(0x40, 0x2e); /* 100 Hz */
	outb(0x70, 0x0b);
	outb(0x71, 0x12); /* each second */
	unmask(0x0101);
	wait_for(&counts[0], 3);
	wait_for(&counts[8], 1);
	save();
	say("ticks ");
	wait_for(&counts[0], counts[0] + 3);
	wait_for(&counts[8], counts[8] + 1);
	say("go on");
}

/* --- c: what time it is -------------------------------------------------- */

static void say_time(u8 function)
{
	u32 low, high;

	outb(HC_PORT, function);
	low = inl(HC_PORT);
	high = inl(HC_PORT);
	say_hex(high, 8);
	say_hex(low, 8);
}

static void clock(void)
{
	say_time(HC_TIME);
	save();
	say_time(HC_TIME);
	for (u8 reg = 0; reg < 10; reg++) {
		outb(0x70, reg);
		say_hex(inb(0x71), 2);
	}
}

/* --- Keys ---------------------------------------------------------------- */

static char how;
static u8 keys[256];
static volatile u32 nr_keys;

/* Scan codes of set 1, pressed; others are 0. */
static u8 letter_of(u8 code)
{
	return code == 0x1e ? 'a' :
	       code == 0x30 ? 'b' :
	       code == 0x1f ? 'S' :
	       code == 0x10 ? 'q' :
			      0;
}

static void put_key(u8 key)
{
	if (key && nr_keys < sizeof(keys))
		keys[nr_keys++] = key;
}

static void take_key(void)
{
	if (how == 'k')
		put_key(letter_of(inb(0x60)));
	while (how == 's' && inb(0x3fd) & 1)
		put_key(inb(0x3f8));
	if (how == 'i')
		inb(0x3fa);
}

/* Looks for a key, where no interrupt tells of it. */
static void poll_key(void)
{
	u8 key;

	if (how == 'p' && inb(0x3fd) & 1)
		put_key(inb(0x3f8));
	if (how != 'h')
		return;
	key = call(HC_GETCHAR);
	if (key != HC_NOCHAR)
		put_key(key);
}

static void listen(void)
{
	if (how == 's') {
		outb(0x3fa, 0x81);
		outb(0x3fc, 0x0b);
		outb(0x3f9, 0x01);
		unmask(0x0010);
	} else if (how == 'k') {
		outb(0x64, 0x60);
		outb(0x60, 0x45);
		unmask(0x0002);
	} else {
		outb(0x3fa, 0x01);
	}
}

static void read_keys(void)
{
	u32 at = 0;

	listen();
	for (;;) {
		__asm__ __volatile__("sti");
		inb(0x80);
		__asm__ __volatile__("cli");
		poll_key();
		for (; at < nr_keys; at++) {
			outb(0xe9, keys[at]);
			if (keys[at] == 'S')
				save();
			if (keys[at] == 'q')
				leave(0);
		}
	}
}

/* --- The way through ----------------------------------------------------- */

static char last_letter(u32 info)
{
	const char *word = (const char *)peek(info + 16);
	char last = 0;

	if (peek(info) & 4)
		for (; *word; word++)
			last = *word;
	return last;
}

static int has_apic(void)
{
	u32 a = 1, b, c = 0, d;

	__asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	return d >> 9 & 1;
}

void begin(u32 magic, u32 info)
{
	(void)magic;
	how = last_letter(info);
	set_up_interrupts();
	if (how == 'r' || how == 'i')
		move_edu();
	if (how == 'r') {
		begin_halves(has_apic());
		save();
		end_halves(has_apic());
	} else if (how == 'i') {
		levels_and_edges();
	} else if (how == 't') {
		ticks();
	} else if (how == 'c') {
		clock();
	} else {
		read_keys();
	}
	leave(0);
}
