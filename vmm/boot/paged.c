/*
 * 1K OS and its like (--paging): a flat binary at gpa 0x1000, entered at
 * 0x80001000 in 32-bit protected mode with paging on. One page directory of
 * 4 MiB pages maps both 0 and 0x80000000 to gpa 0 (SDM 3A, "32-Bit Paging").
 */
#include <errno.h>
#include <string.h>

#include "loader.h"
#include "util/log.h"

#define RAM_DEFAULT   (64ULL << 20)
#define RAM_MIN	      (4ULL << 20)
#define LOAD_GPA      0x1000
#define KERNEL_BASE   0x80000000u
#define STACK_TOP     0x00100000u
#define GDT_GPA	      0x500
#define DIRECTORY_GPA 0x100000
#define LARGE_PAGE    (4u << 20)
#define ENTRIES	      1024
#define PDE_PRESENT   (1u << 0)
#define PDE_WRITABLE  (1u << 1)
#define PDE_LARGE     (1u << 7)

static const uint64_t gdt[] = {
	0, 0x00cf9b000000ffff, /* 0x08: 32-bit code, base 0, limit 4 GiB */
	0x00cf93000000ffff,    /* 0x10: data, base 0, limit 4 GiB */
};

/* Only by its option: a flat binary has no mark of its own. */
static int paged_match(const struct image *image)
{
	(void)image;
	return 0;
}

/* Maps all RAM a directory entry covers whole, at 0 and at KERNEL_BASE. */
static int write_directory(const struct memory *mem)
{
	uint32_t *directory =
		mem_hva(mem, DIRECTORY_GPA, ENTRIES * sizeof(uint32_t));
	unsigned int pages = mem->low_size / LARGE_PAGE;
	unsigned int half = KERNEL_BASE / LARGE_PAGE;

	if (!directory)
		return -EFAULT;
	for (unsigned int i = 0; i < pages && i < half; i++) {
		uint32_t entry = i * LARGE_PAGE | PDE_PRESENT | PDE_WRITABLE |
				 PDE_LARGE;

		directory[i] = entry;
		directory[half + i] = entry;
	}
	return 0;
}

static int paged_load(const struct image *image, const struct boot_args *args,
		      const struct memory *mem, struct cpu_state *cpu)
{
	(void)args;
	if (image->size > DIRECTORY_GPA - LOAD_GPA) {
		log_error("%s: %zu bytes, but at most %d fit between 0x%x and "
			  "the page directory",
			  image->path, image->size, DIRECTORY_GPA - LOAD_GPA,
			  LOAD_GPA);
		return -E2BIG;
	}
	if (mem_write(mem, LOAD_GPA, image->data, image->size) ||
	    mem_write(mem, GDT_GPA, gdt, sizeof(gdt)) || write_directory(mem))
		return -EFAULT;
	*cpu = cpu_state_paged32;
	cpu->rip = KERNEL_BASE + LOAD_GPA;
	cpu->rsp = KERNEL_BASE + STACK_TOP;
	cpu->cr3 = DIRECTORY_GPA;
	cpu->gdt_base = KERNEL_BASE + GDT_GPA;
	cpu->gdt_limit = sizeof(gdt) - 1;
	return 0;
}

static const struct loader paged = {
	.name = "paged",
	.what = "32-bit OS, flat binary entered at 0x80001000 with paging on",
	.option = "--paging",
	.mem_default = RAM_DEFAULT,
	.mem_min = RAM_MIN,
	.needs = NEEDS_IRQCHIP,
	.match = paged_match,
	.load = paged_load,
};
LOADER(paged);
