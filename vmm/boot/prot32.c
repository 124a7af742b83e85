/*
 * 32-bit programs: an ELF file linked where it is loaded, entered in flat
 * protected mode with paging off, interrupts off and no IDT.
 *
 *   0x00500  GDT: 0x08 code, 0x10 data, both 4 GiB from 0
 *   0x90000  end of the stack, which grows down
 *
 * The program's segments may lie anywhere else in RAM, and best from 1 MiB on.
 *
 * What it wants beyond that, paging and PAE included, it sets up itself.
 */
#include <errno.h>

#include "boot/elf.h"

#define RAM_DEFAULT (16ULL << 20)
#define RAM_MIN	    (2ULL << 20)
#define GDT_GPA	    0x500
#define STACK_TOP   0x90000

static const struct room_taken taken[] = {
	{ GDT_GPA, GDT_GPA + sizeof(cpu_gdt32), "the GDT" },
	{ STACK_TOP - ROOM_STACK, STACK_TOP, "the stack" },
	{ 0 },
};

static int prot32_match(const struct image *image)
{
	return elf_match_guest(image, false);
}

static int prot32_load(const struct image *image, const struct boot_args *args,
		       const struct memory *mem, struct cpu_state *cpu)
{
	struct elf_file elf;
	int err = elf_load_guest(&elf, image, mem, false, taken);

	(void)args;
	if (!err)
		err = mem_write(mem, GDT_GPA, cpu_gdt32, sizeof(cpu_gdt32));
	if (err)
		return err;
	*cpu = cpu_state_prot32;
	cpu->rip = elf.entry;
	cpu->rsp = STACK_TOP;
	cpu->gdt_base = GDT_GPA;
	cpu->gdt_limit = sizeof(cpu_gdt32) - 1;
	return 0;
}

static const struct loader prot32 = {
	.name = "prot32",
	.what = "32-bit program, ELF file entered in flat protected mode",
	.option = "--prot32",
	.mem_default = RAM_DEFAULT,
	.mem_min = RAM_MIN,
	.needs = NEEDS_HLT_ENDS,
	.match = prot32_match,
	.load = prot32_load,
};
LOADER(prot32);
