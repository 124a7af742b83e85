/*
 * start.elf: starts a guest of ours where there is no kvm-vmm, on a PC with a
 * multiboot loader. The guest's file is its only module, and what the loader says
 * behind the module's name are the guest's words.
 *
 * Does what vmm/boot/flat.c, prot32.c and long64.c do, with their layout, and then
 * takes the way into that mode (start.S). Whoever asks a hypervisor (the word
 * "hypercalls" in our own line) is only started where port 500h answers. Sources:
 * Multiboot Specification 0.6.96, "Boot information format"; ELF-32 and ELF-64
 * Object File Formats; PC16550D.
 */
#include "start.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi/hypercall.h"
#include "abi/long64.h"

#define GUEST_SIZE_MAX 0x100000 /* of its file */
#define WORDS_MAX      0x1000

#define HAS_CMDLINE 0x4 /* of the loader's flags */
#define HAS_MODULES 0x8

struct multiboot {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
	uint32_t mods_count, mods_addr;
};

struct module {
	uint32_t start, end, words, reserved;
};

/* --- The PC ----------------------------------------------------------------- */

#define COM1	    0x3f8
#define LINE_STATUS (COM1 + 5)
#define CAN_TAKE    0x20
#define ABSENT	    0xff
#define SCREEN_GPA  0xb8000
#define GREY	    0x0700

static void out8(uint16_t port, uint8_t value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in8(uint16_t port)
{
	uint8_t value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* 115200 8N1, FIFOs on and empty, DTR and RTS. */
static void serial_setup(void)
{
	static const struct {
		uint8_t at, value;
	} steps[] = { { 1, 0 }, { 3, 0x80 }, { 0, 1 }, { 1, 0 },
		      { 3, 3 }, { 2, 7 },    { 4, 3 } };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		out8(COM1 + steps[i].at, steps[i].value);
}

static void serial_put(char c)
{
	uint8_t status;

	do
		status = in8(LINE_STATUS);
	while (!(status & CAN_TAKE));
	if (status != ABSENT)
		out8(COM1, (uint8_t)c);
}

/* --- Memory ----------------------------------------------------------------- */

void *memcpy(void *to, const void *from, size_t len)
{
	void *first = to;

	asm volatile("rep movsb"
		     : "+D"(to), "+S"(from), "+c"(len)
		     :
		     : "memory");
	return first;
}

void *memset(void *to, int value, size_t len)
{
	void *first = to;

	asm volatile("rep stosb" : "+D"(to), "+c"(len) : "a"(value) : "memory");
	return first;
}

/* A physical address as a pointer, which the compiler knows nothing of. */
static void *at(uint32_t gpa)
{
	void *pointer;

	asm("" : "=r"(pointer) : "0"(gpa));
	return pointer;
}

/* To COM1, and to the top of the text screen where that is. */
static void say(const char *text)
{
	static unsigned int cell;
	uint16_t *screen = at(SCREEN_GPA);

	for (; *text; text++) {
		serial_put(*text);
		if (*text >= ' ')
			screen[cell++] = GREY | (uint8_t)*text;
	}
	serial_put('\r');
	serial_put('\n');
}

static uint8_t guest[GUEST_SIZE_MAX];
static uint32_t guest_size;
static char words[WORDS_MAX];

/* --- ELF files -------------------------------------------------------------- */

#define ELF_MAGIC    0x464c457fu
#define CLASS_64     2
#define PT_LOAD	     1
#define PF_USER	     0x00100000u /* its pages are open to ring 3 */
#define LOADED_FROM  0x10000u	 /* above what guests find there */
#define LOADED_BELOW 0xa0000u
#define MIB	     0x100000u

struct elf {
	bool is_64bit;
	uint32_t entry, phoff, phentsize, phnum;
};

struct segment {
	uint32_t type, flags, offset, paddr, filesz, memsz;
};

static uint32_t get16(uint32_t offset)
{
	return (uint32_t)guest[offset] | (uint32_t)guest[offset + 1] << 8;
}

static uint32_t get32(uint32_t offset)
{
	return get16(offset) | get16(offset + 2) << 16;
}

/* All is below 4 GiB, so that upper halves do not count. */
static bool elf_read(struct elf *elf)
{
	if (guest_size < 64 || get32(0) != ELF_MAGIC)
		return false;
	elf->is_64bit = guest[4] == CLASS_64;
	elf->entry = get32(24);
	elf->phoff = get32(elf->is_64bit ? 32 : 28);
	elf->phentsize = get16(elf->is_64bit ? 54 : 42);
	elf->phnum = get16(elf->is_64bit ? 56 : 44);
	return elf->phentsize >= 32 && elf->phoff <= guest_size &&
	       elf->phnum <= (guest_size - elf->phoff) / elf->phentsize;
}

static struct segment segment_read(const struct elf *elf, uint32_t number)
{
	uint32_t from = elf->phoff + number * elf->phentsize;

	if (elf->is_64bit)
		return (struct segment){ get32(from),	   get32(from + 4),
					 get32(from + 8),  get32(from + 24),
					 get32(from + 32), get32(from + 40) };
	return (struct segment){ get32(from),	   get32(from + 24),
				 get32(from + 4),  get32(from + 12),
				 get32(from + 16), get32(from + 20) };
}

/* In memory that no table, no screen and no byte of ours is in. */
static bool segment_fits(const struct segment *seg)
{
	extern const uint8_t start_first[];
	uint32_t end = seg->paddr + seg->memsz;

	if (seg->filesz > seg->memsz || end < seg->paddr ||
	    seg->offset > guest_size || seg->filesz > guest_size - seg->offset)
		return false;
	if (seg->paddr < MIB)
		return seg->paddr >= LOADED_FROM && end <= LOADED_BELOW;
	return end <= (uint32_t)(uintptr_t)start_first;
}

static bool elf_load(const struct elf *elf)
{
	for (uint32_t i = 0; i < elf->phnum; i++) {
		struct segment seg = segment_read(elf, i);

		if (seg.type != PT_LOAD || !seg.memsz)
			continue;
		if (!segment_fits(&seg))
			return false;
		memcpy(at(seg.paddr), guest + seg.offset, seg.filesz);
		memset(at(seg.paddr + seg.filesz), 0, seg.memsz - seg.filesz);
	}
	return true;
}

/* --- The three kinds --------------------------------------------------------- */

static void start_real(void)
{
	if (guest_size > REAL_SIZE_MAX) {
		say("a real-mode program has at most 64 KiB");
		return;
	}
	memset(at(0), 0, REAL_SIZE_MAX);
	memcpy(at(0), guest, guest_size);
	enter_real();
}

static void start_prot32(const struct elf *elf)
{
	static const uint64_t gdt[] = { 0, 0x00cf9b000000ffff,
					0x00cf93000000ffff };

	_Static_assert(sizeof(gdt) == PROT32_GDT_SIZE, "start.h says so");
	memcpy(at(PROT32_GDT), gdt, sizeof(gdt));
	enter_prot32(elf->entry);
}

#define LARGE_PAGE   0x200000u
#define TABLE_SIZE   0x1000u
#define DIRECTORIES  4u
#define PTE_TABLE    7u	   /* present, writable, open to ring 3 */
#define PTE_PAGE     0x83u /* present, writable, 2 MiB */
#define PTE_USER     4u
#define TSS_SIZE     104u
#define TSS_RSP0     4u
#define TSS_NO_IOMAP 102u

static void map_identity(void)
{
	uint64_t *pml4 = at(LONG64_PML4);
	uint64_t *pdpt = at(LONG64_PML4 + TABLE_SIZE);
	uint64_t *pages = at(LONG64_PML4 + 2 * TABLE_SIZE);

	memset(pml4, 0, 2 * TABLE_SIZE);
	pml4[0] = (LONG64_PML4 + TABLE_SIZE) | PTE_TABLE;
	for (uint32_t i = 0; i < DIRECTORIES; i++)
		pdpt[i] = (LONG64_PML4 + (2 + i) * TABLE_SIZE) | PTE_TABLE;
	for (uint32_t i = 0; i < DIRECTORIES * 512; i++)
		pages[i] = i * LARGE_PAGE | PTE_PAGE;
}

static void open_user_pages(const struct elf *elf)
{
	uint64_t *pages = at(LONG64_PML4 + 2 * TABLE_SIZE);

	for (uint32_t i = 0; i < elf->phnum; i++) {
		struct segment seg = segment_read(elf, i);

		if (seg.type != PT_LOAD || !(seg.flags & PF_USER))
			continue;
		for (uint32_t page = seg.paddr / LARGE_PAGE;
		     page * LARGE_PAGE < seg.paddr + seg.memsz; page++)
			pages[page] |= PTE_USER;
	}
}

/* The order is abi/long64.h's. */
static void write_segments(void)
{
	static const uint64_t gdt[] = { 0,
					0x00af9b000000ffff,
					0x00cf93000000ffff,
					0x00cffb000000ffff,
					0x00cff3000000ffff,
					0x00affb000000ffff,
					0x00cff3000000ffff,
					0x89ull << 40 |
						(uint64_t)LONG64_TSS_GPA << 16 |
						(TSS_SIZE - 1),
					0 };
	uint8_t *tss = at(LONG64_TSS_GPA);

	_Static_assert(sizeof(gdt) == LONG64_GDT_SIZE, "start.h says so");
	memcpy(at(LONG64_GDT), gdt, sizeof(gdt));
	memset(tss, 0, TSS_SIZE);
	*(uint32_t *)(void *)(tss + TSS_RSP0) = LONG64_STACK;
	tss[TSS_NO_IOMAP] = TSS_SIZE;
}

#define EXTENDED_MAX	  0x80000000u
#define EXTENDED_FEATURES 0x80000001u
#define HAS_LONG_MODE	  (1u << 29) /* of EDX */

static bool has_long_mode(void)
{
	uint32_t a = EXTENDED_MAX, b, c, d;

	asm volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	if (a < EXTENDED_FEATURES)
		return false;
	a = EXTENDED_FEATURES;
	asm volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	return d & HAS_LONG_MODE;
}

static void start_long64(const struct elf *elf)
{
	if (!has_long_mode()) {
		say("this CPU has no long mode");
		return;
	}
	map_identity();
	open_user_pages(elf);
	write_segments();
	memcpy(at(LONG64_CMDLINE), words, sizeof(words));
	enter_long64(elf->entry);
}

/* --- From the loader to the guest --------------------------------------------- */

/* What stands behind the first word of @text. */
static const char *behind_name(const char *text)
{
	while (*text && *text != ' ')
		text++;
	while (*text == ' ')
		text++;
	return text;
}

/* All is taken from the loader before any of it is written over. */
static bool take_guest(const struct multiboot *info)
{
	const struct module *module = at(info->mods_addr);
	const char *text;

	if (!(info->flags & HAS_MODULES) || info->mods_count != 1)
		return false;
	guest_size = module->end - module->start;
	if (guest_size > GUEST_SIZE_MAX)
		return false;
	memcpy(guest, at(module->start), guest_size);
	text = behind_name(at(module->words));
	for (size_t i = 0; i < WORDS_MAX - 1 && text[i]; i++)
		words[i] = text[i];
	return true;
}

/* Which guest of a kvm-vmm is this? A bus where nobody is gives ones. */
static bool hypervisor_answers(void)
{
	out8(HC_PORT, HC_GUEST_ID);
	return in8(HC_PORT) != HC_ERROR;
}

void start(const struct multiboot *info);

void start(const struct multiboot *info)
{
	bool asks = info->flags & HAS_CMDLINE &&
		    *behind_name(at(info->cmdline));
	struct elf elf = { 0 };

	serial_setup();
	if (!take_guest(info)) {
		say("start.elf: one module is the guest, of 1 MiB at most");
	} else if (asks && !hypervisor_answers()) {
		say("This program asks its hypervisor by port 500h, and nobody "
		    "answers here: it runs in kvm-vmm.");
	} else if (!elf_read(&elf)) {
		start_real();
	} else if (!elf_load(&elf)) {
		say("start.elf: the guest lies where it cannot");
	} else if (elf.is_64bit) {
		start_long64(&elf);
	} else {
		start_prot32(&elf);
	}
}
