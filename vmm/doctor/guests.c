/*
 * The guests of the doctor: a few bytes of machine code each, with the
 * assembly beside them, and the page tables some of them run on.
 *
 * A guest that tests paging reads a word through a second mapping of the page
 * it lies in; with the translation off or wrong it could not find it.
 */
#include "doctor.h"

#include <string.h>

#include "x86/bits.h"
#include "x86/paging.h"

#define PTE_TABLE (PTE_P | PTE_W)
#define PTE_BIG	  (PTE_TABLE | PTE_PS)

static void put32(uint8_t *ram, uint32_t table, uint32_t index, uint32_t entry)
{
	memcpy(ram + table + index * sizeof(entry), &entry, sizeof(entry));
}

static void put64(uint8_t *ram, uint32_t table, uint32_t index, uint64_t entry)
{
	memcpy(ram + table + index * sizeof(entry), &entry, sizeof(entry));
}

/* Entry 512 of a page directory is where 0x80000000 begins. */
static void map_4k(uint8_t *ram)
{
	uint32_t table = MICRO_TABLES + X86_PAGE_SIZE, page;

	put32(ram, MICRO_TABLES, 0, table | PTE_TABLE);
	put32(ram, MICRO_TABLES, 512, table | PTE_TABLE);
	for (page = 0; page < MICRO_RAM / X86_PAGE_SIZE; page++)
		put32(ram, table, page, page * X86_PAGE_SIZE | PTE_TABLE);
}

/* The mapping that 1K OS starts with. */
static void map_4m(uint8_t *ram)
{
	put32(ram, MICRO_TABLES, 0, PTE_BIG);
	put32(ram, MICRO_TABLES, 512, PTE_BIG);
}

/* Entry 2 of the four page-directory pointers is 0x80000000 again. */
static void map_pae(uint8_t *ram)
{
	uint32_t directory = MICRO_TABLES + X86_PAGE_SIZE;

	put64(ram, MICRO_TABLES, 0, directory | PTE_P);
	put64(ram, MICRO_TABLES, 2, directory | PTE_P);
	put64(ram, directory, 0, PTE_BIG);
}

/* Entry 256 of the PML4 is where the upper half, 0xffff8..., begins. */
static void map_long(uint8_t *ram)
{
	uint32_t pointers = MICRO_TABLES + X86_PAGE_SIZE;
	uint32_t directory = pointers + X86_PAGE_SIZE;

	put64(ram, MICRO_TABLES, 0, pointers | PTE_TABLE);
	put64(ram, MICRO_TABLES, 256, pointers | PTE_TABLE);
	put64(ram, pointers, 0, directory | PTE_TABLE);
	put64(ram, directory, 0, PTE_BIG);
}

/* One instruction stands in each line. */
/* clang-format off */

/* 10 + 9 + ... + 1 = 55 */
static const uint8_t real16_code[] = {
	0x31, 0xc0,	  /*	xor	ax, ax */
	0xb9, 0x0a, 0x00, /*	mov	cx, 10 */
	0x01, 0xc8,	  /* 1:	add	ax, cx */
	0xe2, 0xfc,	  /*	loop	1b */
	0xe7, MICRO_PORT, /*	out	MICRO_PORT, ax */
	0xf4,		  /*	hlt */
};

/* Loads a descriptor, which only protected mode has. */
static const uint8_t prot32_code[] = {
	0x66, 0xb8, 0x10, 0x00,	      /* mov	ax, 0x10 */
	0x8e, 0xd8,		      /* mov	ds, ax */
	0xa1, 0x00, 0x80, 0x00, 0x00, /* mov	eax, [MICRO_WORD] */
	0xe7, MICRO_PORT,	      /* out	MICRO_PORT, eax */
	0xf4,			      /* hlt */
};

static const uint8_t paged32_code[] = {
	0xa1, 0x00, 0x80, 0x00, 0x80, /* mov	eax, [0x80000000 + WORD] */
	0xe7, MICRO_PORT,	      /* out	MICRO_PORT, eax */
	0xf4,			      /* hlt */
};

static const uint8_t long64_code[] = {
	0xa1, 0x00, 0x80, 0x00, 0x00, /* mov	eax, [0xffff800000000000 */
	0x00, 0x80, 0xff, 0xff,	      /*		+ MICRO_WORD] */
	0xe7, MICRO_PORT,	      /* out	MICRO_PORT, eax */
	0xf4,			      /* hlt */
};

/*
 * Puts IRQ0 at vector 8, lets the PIT tick every millisecond, sleeps in `hlt`
 * until three ticks or more have come (a slow host delivers late ones in a
 * bunch) and answers 3 and the interrupt mask that it reads back from the PIC.
 */
static const uint8_t timer_code[] = {
	0xb0, 0x11, 0xe6, 0x20, /*	out	0x20, 0x11  ICW1: begin */
	0xb0, 0x08, 0xe6, 0x21, /*	out	0x21, 0x08  ICW2: vectors 8.. */
	0xb0, 0x04, 0xe6, 0x21, /*	out	0x21, 0x04  ICW3: slave on 2 */
	0xb0, 0x01, 0xe6, 0x21, /*	out	0x21, 0x01  ICW4: 8086 mode */
	0xb0, 0xfe, 0xe6, 0x21, /*	out	0x21, 0xfe  only IRQ0 open */
	0xb0, 0x34, 0xe6, 0x43, /*	out	0x43, 0x34  timer 0, mode 2 */
	0xb0, 0xa9, 0xe6, 0x40, /*	out	0x40, 0xa9  1193182 Hz */
	0xb0, 0x04, 0xe6, 0x40, /*	out	0x40, 0x04    / 1193 */
	0x31, 0xdb,		/*	xor	bx, bx */
	0xfb,			/* 1:	sti */
	0xf4,			/*	hlt */
	0x80, 0xfb, 0x03,	/*	cmp	bl, 3 */
	0x72, 0xf9,		/*	jb	1b */
	0xfa,			/*	cli */
	0xe4, 0x21,		/*	in	al, 0x21 */
	0xb4, 0x03,		/*	mov	ah, 3 */
	0xe7, MICRO_PORT,	/*	out	MICRO_PORT, ax */
	0xf4,			/*	hlt */
#define TIMER_ISR 49
	0x43,			/* isr:	inc	bx */
	0xb0, 0x20, 0xe6, 0x20, /*	out	0x20, 0x20  end of interrupt */
	0xcf,			/*	iret */
};

_Static_assert(sizeof(timer_code) == TIMER_ISR + 6, "isr is at TIMER_ISR");

/* Entry 8 of the real-mode vector table: offset, then segment 0. */
static void set_timer_vector(uint8_t *ram)
{
	put32(ram, 0, 8, MICRO_CODE + TIMER_ISR);
}

static const uint8_t step_code[] = {
	0x90, /* nop */
	0x90, /* nop */
	0x90, /* nop */
	0xf4, /* hlt */
};

/* The answer comes first: what starting up costs is not to be measured. */
static const uint8_t speed_code[] = {
	0x31, 0xc0,	  /*	xor	eax, eax */
	0xe7, MICRO_PORT, /*	out	MICRO_PORT, eax */
	0x48, 0xff, 0xc0, /* 1:	inc	rax */
	0xeb, 0xfb,	  /*	jmp	1b */
};

/* clang-format on */

#define CODE(bytes) .code = (bytes), .size = sizeof(bytes)

const struct micro_guest guest_real16 = {
	.start = START_REAL16,
	CODE(real16_code),
	.expect = 55,
};

const struct micro_guest guest_prot32 = {
	.start = START_PROT32,
	CODE(prot32_code),
	.expect = MICRO_MAGIC,
};

const struct micro_guest guest_paging_4k = {
	.start = START_PAGED32,
	CODE(paged32_code),
	.expect = MICRO_MAGIC,
	.prepare = map_4k,
};

const struct micro_guest guest_paging_4m = {
	.start = START_PAGED32,
	CODE(paged32_code),
	.expect = MICRO_MAGIC,
	.cr4 = CR4_PSE,
	.prepare = map_4m,
};

const struct micro_guest guest_pae = {
	.start = START_PAGED32,
	CODE(paged32_code),
	.expect = MICRO_MAGIC,
	.cr4 = CR4_PAE,
	.prepare = map_pae,
};

const struct micro_guest guest_long64 = {
	.start = START_LONG64,
	CODE(long64_code),
	.expect = MICRO_MAGIC,
	.cr4 = CR4_PAE,
	.prepare = map_long,
};

const struct micro_guest guest_timer = {
	.start = START_REAL16,
	.flags = MICRO_IRQCHIP,
	CODE(timer_code),
	.expect = 0x03fe,
	.prepare = set_timer_vector,
};

const struct micro_guest guest_step = {
	.start = START_REAL16,
	.flags = MICRO_STEP,
	CODE(step_code),
	.expect = 3,
};

const struct micro_guest guest_speed = {
	.start = START_LONG64,
	.flags = MICRO_TIMED,
	CODE(speed_code),
	.cr4 = CR4_PAE,
	.prepare = map_long,
};
