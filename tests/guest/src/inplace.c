/*
 * Reads, changes and writes a register of the edu device in one instruction, and
 * something that lies across two pages, which are accesses of their own; keeps count
 * and compares. Prints twenty letters on port 0xE9. To be saved as it does so, by
 * whoever wants to; needs --edu, the first in its slot.
 *
 * A multiboot image in flat protected mode.
 */
#include "system32.h"

#define EDU_SLOT 1
#define EDU_BAR	 0xc8000000
#define COUNT	 0x90  /* of DMA: keeps what is written */
#define ACROSS	 0xffe /* where edu says that there are ones */
#define ROUNDS	 500

void on_message(void);
void on_line(void);
void begin(u32 magic, u32 info);

void on_message(void)
{
}

void on_line(void)
{
}

static void put(u32 reg, u32 val)
{
	outl(0xcf8, 0x80000000 | EDU_SLOT << 11 | reg);
	outl(0xcfc, val);
}

/* One more in memory; and whether it is 0 by that. */
static u8 increment(u32 addr)
{
	u8 zero;

	__asm__ __volatile__("incl (%1)"
			     : "=@ccz"(zero)
			     : "r"(addr)
			     : "memory");
	return zero;
}

void begin(u32 magic, u32 info)
{
	(void)info;
	step = 1;
	must_be(magic, 0x2badb002);
	put(0x10, EDU_BAR);
	put(0x04, 0x02);
	for (u32 letter = 0; letter < 20; letter++) {
		for (u32 i = 1; i <= ROUNDS; i++) {
			step = 2;
			MUST(!increment(EDU_BAR + COUNT));
			step = 3;
			must_be(peek(EDU_BAR + COUNT), letter * ROUNDS + i);
			step = 4;
			MUST(increment(EDU_BAR + ACROSS));
			step = 5;
			must_be(peek(EDU_BAR + ACROSS), 0xffffffff);
		}
		outb(0xe9, 'a' + letter);
	}
	leave(0);
}
