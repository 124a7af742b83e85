/* The first channel of IDE as a program in 32 bits has it, behind system32.h. */
#ifndef MKVM_TESTS_IDE_PORTS_H
#define MKVM_TESTS_IDE_PORTS_H

#define BASE	0x1f0
#define CONTROL 0x3f6

#define BSY 0x80
#define DRQ 0x08
#define ERR 0x01

#define WORDS 128 /* double words of a sector */

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

#endif
