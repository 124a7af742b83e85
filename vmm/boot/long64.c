/*
 * 64-bit programs: an ELF file linked where it is loaded, entered in long mode
 * at ring 0 with all the tables made that a CPU wants there.
 *
 *   0x00500  GDT: order and selectors in abi/long64.h
 *   0x00600  TSS: only RSP0, the stack for traps from ring 3
 *   0x01000  page tables: 4 GiB to themselves, 2 MiB pages (boot/map64.h)
 *   0x20000  command line, at most 64 KiB; RDI points to it
 *   0x90000  end of the stack, which grows down
 *
 * The program's segments may lie anywhere else in RAM, and best from 1 MiB on.
 * Ring 3 may touch the pages of segments that carry the flag PF_USER and none
 * besides. No interrupt controller; interrupts are off and there is no IDT.
 */
#include <errno.h>
#include <string.h>

#include "abi/long64.h"
#include "boot/elf.h"
#include "boot/map64.h"
#include "util/log.h"
#include "boot_args.h"

#define RAM_DEFAULT (16ULL << 20)
#define RAM_MIN	    (2ULL << 20)
#define CMDLINE_MAX 0x10000 /* bytes with the final NUL */

/* A bit that ELF leaves to whoever loads the file: PF_MASKOS has it. */
#define PF_USER 0x00100000u

/* SDM 3A, "TSS Format in 64-Bit Mode" */
#define TSS_SIZE  104
#define TSS_RSP0  4
#define TSS_IOMAP 102 /* offset of the I/O map; the size means there is none */

#define LIMIT(bytes) ((bytes)-1ull)
#define TSS_TYPE     (0x89ull << 40) /* present, 64-bit TSS, not busy */

/* The base of LONG64_TSS is below 64 KiB and its upper half is 0. */
static const uint64_t gdt[] = {
	0,
	0x00af9b000000ffff, /* LONG64_CS */
	0x00cf93000000ffff, /* LONG64_DS */
	0x00cffb000000ffff, /* LONG64_USER_CS32 */
	0x00cff3000000ffff, /* LONG64_USER_DS */
	0x00affb000000ffff, /* LONG64_USER_CS */
	0x00cff3000000ffff, /* LONG64_USER_DS2 */
	TSS_TYPE | (uint64_t)LONG64_TSS_GPA << 16 | LIMIT(TSS_SIZE),
	0,
};

static const struct room_taken taken[] = {
	{ LONG64_GDT, LONG64_GDT + sizeof(gdt), "the GDT" },
	{ LONG64_TSS_GPA, LONG64_TSS_GPA + TSS_SIZE, "the TSS" },
	{ LONG64_PML4, LONG64_PML4 + MAP64_SIZE, "the page tables" },
	{ LONG64_CMDLINE, LONG64_CMDLINE + CMDLINE_MAX, "the command line" },
	{ LONG64_STACK - ROOM_STACK, LONG64_STACK, "the stack" },
	{ 0 },
};

static int long64_match(const struct image *image)
{
	return elf_match_guest(image, true);
}

static int write_tss(const struct memory *mem)
{
	const uint64_t rsp0 = LONG64_STACK;
	const uint16_t iomap = TSS_SIZE;
	uint8_t tss[TSS_SIZE] = { 0 };

	memcpy(tss + TSS_RSP0, &rsp0, sizeof(rsp0));
	memcpy(tss + TSS_IOMAP, &iomap, sizeof(iomap));
	return mem_write(mem, LONG64_TSS_GPA, tss, sizeof(tss));
}

static int write_cmdline(const struct memory *mem, const char *words)
{
	size_t size = strlen(words) + 1;

	if (size > CMDLINE_MAX) {
		log_error("--cmdline: %zu bytes, and a 64-bit program takes at "
			  "most %d",
			  size - 1, CMDLINE_MAX - 1);
		return -E2BIG;
	}
	return mem_write(mem, LONG64_CMDLINE, words, size);
}

/* Whether any page of the user's @user is one of ring 0, too: of a segment of
 * its, or the first, which has the loader's tables. */
static bool shares_page(const struct elf_file *elf,
			const struct elf_segment *user)
{
	const gpa_t mask = ~(MAP64_LARGE_PAGE - 1);
	struct elf_segment seg;
	unsigned int i = 0;

	if (!(user->paddr & mask))
		return true;
	while (elf_next_load(elf, &i, &seg))
		if (!(seg.flags & PF_USER) &&
		    (seg.paddr & mask) < user->paddr + user->memsz &&
		    (user->paddr & mask) < seg.paddr + seg.memsz)
			return true;
	return false;
}

/* Opens ring 3's segments to it. A page is the unit. */
static int open_user_pages(const struct elf_file *elf, const struct memory *mem)
{
	struct elf_segment seg;
	unsigned int i = 0;
	int err = 0;

	while (!err && elf_next_load(elf, &i, &seg)) {
		if (!(seg.flags & PF_USER))
			continue;
		if (shares_page(elf, &seg))
			return elf_refuse(elf->image,
					  "segments of ring 0 and of ring 3 "
					  "share a page of 2 MiB; align them");
		err = map64_allow_user(mem, LONG64_PML4, seg.paddr,
				       seg.paddr + seg.memsz);
	}
	return err;
}

static int long64_load(const struct image *image, const struct boot_args *args,
		       const struct memory *mem, struct cpu_state *cpu)
{
	struct elf_file elf;
	int err = elf_load_guest(&elf, image, mem, true, taken);

	if (!err)
		err = map64_identity(mem, LONG64_PML4);
	if (!err)
		err = open_user_pages(&elf, mem);
	if (!err)
		err = mem_write(mem, LONG64_GDT, gdt, sizeof(gdt));
	if (!err)
		err = write_tss(mem);
	if (!err)
		err = write_cmdline(mem, args->cmdline ? args->cmdline : "");
	if (err)
		return err;
	*cpu = cpu_state_long64;
	cpu->rip = elf.entry;
	cpu->rsp = LONG64_STACK;
	cpu->rdi = LONG64_CMDLINE;
	cpu->cr3 = LONG64_PML4;
	cpu->gdt_base = LONG64_GDT;
	cpu->gdt_limit = LIMIT(sizeof(gdt));
	return 0;
}

static const struct loader long64 = {
	.name = "long64",
	.what = "64-bit program, ELF file entered in long mode at ring 0",
	.option = "--long-mode",
	.mem_default = RAM_DEFAULT,
	.mem_min = RAM_MIN,
	.needs = NEEDS_CMDLINE | NEEDS_HLT_ENDS,
	.match = long64_match,
	.load = long64_load,
};
LOADER(long64);
