/*
 * 1K OS and its like: a flat binary at gpa 0x1000, entered at 0x80001000 in
 * 32-bit protected mode with paging on. A page directory maps both 0 and
 * 0x80000000 to gpa 0; of which pages, paged.h says. abi/os1k.h has the details,
 * and the header by which 1K OS is known; --paging needs none.
 */
#include "boot/paged.h"

#include <errno.h>
#include <string.h>

#include "util/log.h"

#define RAM_DEFAULT   (64ULL << 20)
#define RAM_MIN	      (4ULL << 20)
#define LOAD_GPA      OS1K_LOAD_GPA
#define KERNEL_BASE   OS1K_BASE
#define STACK_TOP     0x00100000u
#define GDT_GPA	      0x500
#define DIRECTORY_GPA OS1K_DIRECTORY_GPA

static uint32_t field(const struct image *image, size_t at)
{
	uint32_t value;

	memcpy(&value, image->data + at, sizeof(value));
	return value;
}

static bool has_header(const struct image *image)
{
	return image->size >= OS1K_HEADER_SIZE &&
	       !memcmp(image->data + OS1K_MAGIC_AT, OS1K_MAGIC,
		       OS1K_MAGIC_SIZE);
}

static int paged_match(const struct image *image)
{
	return has_header(image) ? 90 : 0;
}

/* What the header promises, if there is one; 0, -ENOEXEC or -ENOTSUP. */
static int check_header(const struct image *image)
{
	uint32_t version, size, end;

	if (!has_header(image))
		return 0;
	version = field(image, OS1K_VERSION_AT);
	size = field(image, OS1K_SIZE_AT);
	end = field(image, OS1K_END_AT);
	if (version != OS1K_VERSION) {
		log_error("%s: header version %u, and this kvm-vmm knows %u; "
			  "build both from the same tree",
			  image->path, version, OS1K_VERSION);
		return -ENOTSUP;
	}
	if (size != image->size) {
		log_error("%s: the header says %u bytes, and the file has "
			  "%zu; build it again: make os-1k",
			  image->path, size, image->size);
		return -ENOEXEC;
	}
	if (end > DIRECTORY_GPA || end < LOAD_GPA + size) {
		log_error("%s: the header says that it ends at 0x%x, but "
			  "0x%x to 0x%x is where it may",
			  image->path, end, LOAD_GPA + size, DIRECTORY_GPA);
		return -ENOEXEC;
	}
	return 0;
}

/* Makes the page directory, in RAM and in @cpu. 0 or -errno. */
static int write_directory(const struct image *image,
			   const struct boot_args *args,
			   const struct memory *mem, struct cpu_state *cpu)
{
	uint32_t *directory =
		mem_hva(mem, DIRECTORY_GPA, PAGED_ENTRIES * sizeof(uint32_t));

	if (!directory)
		return -EFAULT;
	cpu->cr3 = DIRECTORY_GPA;
	if (paged_map_large(args, mem, directory, cpu))
		return 0;
	return paged_map_small(image, mem, directory);
}

static int paged_load(const struct image *image, const struct boot_args *args,
		      const struct memory *mem, struct cpu_state *cpu)
{
	int err = check_header(image);

	if (err)
		return err;
	if (image->size > DIRECTORY_GPA - LOAD_GPA) {
		log_error("%s: %zu bytes, but at most %d fit between 0x%x and "
			  "the page directory",
			  image->path, image->size, DIRECTORY_GPA - LOAD_GPA,
			  LOAD_GPA);
		return -E2BIG;
	}
	if (mem_write(mem, LOAD_GPA, image->data, image->size) ||
	    mem_write(mem, GDT_GPA, cpu_gdt32, sizeof(cpu_gdt32)))
		return -EFAULT;
	*cpu = cpu_state_paged32;
	cpu->rip = KERNEL_BASE + LOAD_GPA;
	cpu->rsp = KERNEL_BASE + STACK_TOP;
	cpu->rsi = OS1K_FROM_MKVM;
	cpu->gdt_base = KERNEL_BASE + GDT_GPA;
	cpu->gdt_limit = sizeof(cpu_gdt32) - 1;
	return write_directory(image, args, mem, cpu);
}

static const struct loader paged = {
	.name = "paged",
	.what = "32-bit OS, flat binary entered at 0x80001000 with paging on",
	.option = "--paging",
	.mem_default = RAM_DEFAULT,
	.mem_min = RAM_MIN,
	.needs = NEEDS_IRQCHIP | NEEDS_SERIAL,
	.match = paged_match,
	.load = paged_load,
};
LOADER(paged);
