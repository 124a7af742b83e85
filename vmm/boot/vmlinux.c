/*
 * vmlinux: the kernel as an uncompressed ELF file. Nothing has to be unpacked
 * in the guest, so it boots quicker than the bzImage of the same kernel. Its
 * segments go to their physical addresses, .bss is RAM that is zero already,
 * and startup_64 (or startup_32) is entered as by a bzImage's own unpacker.
 */
#include "boot/elf.h"
#include "boot/linux.h"
#include "boot/sparse.h"
#include "boot_args.h"

#define SCORE_KERNEL   80
#define HEADER_VERSION 0x020f
#define HEADER_MAGIC   0x53726448 /* "HdrS" */
#define BOOT_FLAG      0xaa55
#define CMDLINE_SIZE   2047	  /* COMMAND_LINE_SIZE of x86 less the NUL */
#define INITRD_MAX     0x7fffffff /* as x86 kernels say in their bzImage */
#define KERNEL_HALF_64 0xffffffff80000000ULL
#define KERNEL_HALF_32 0x40000000ULL /* lowest CONFIG_PAGE_OFFSET */

/* A kernel is linked high and entered low: by a physical address. */
static bool is_kernel(const struct elf_file *elf)
{
	uint64_t half = elf->is_64bit ? KERNEL_HALF_64 : KERNEL_HALF_32;
	struct elf_segment seg;
	unsigned int i = 0;

	while (elf_next_load(elf, &i, &seg))
		if (elf->entry - seg.paddr < seg.memsz)
			return seg.vaddr >= half && seg.vaddr != seg.paddr;
	return false;
}

static int vmlinux_match(const struct image *image)
{
	struct elf_file elf;

	if (!elf_has_magic(image))
		return 0;
	return !elf_open(&elf, image) && is_kernel(&elf) ? SCORE_KERNEL :
							   ELF_SCORE_ANY;
}

static bool vmlinux_drives_windows(const struct image *image)
{
	struct elf_file elf;

	return !elf_open(&elf, image) && linux_vmlinux_drives_windows(&elf);
}

static int load_segments(const struct elf_file *elf, const struct memory *mem,
			 struct linux_kernel *kernel)
{
	struct elf_segment seg;
	unsigned int i = 0;
	int err = 0;

	while (!err && elf_next_load(elf, &i, &seg)) {
		gpa_t end = seg.paddr + seg.memsz;

		if (kernel->end < end)
			kernel->end = end;
		err = linux_check_room(kernel->path, seg.paddr, end, mem);
		if (!err)
			err = mem_write_sparse(mem, seg.paddr,
					       elf->image->data + seg.offset,
					       seg.filesz);
	}
	return err;
}

static int vmlinux_load(const struct image *image, const struct boot_args *args,
			const struct memory *mem, struct cpu_state *cpu)
{
	struct linux_kernel kernel = {
		.path = image->path,
		.header = { .boot_flag = BOOT_FLAG,
			    .header = HEADER_MAGIC,
			    .version = HEADER_VERSION,
			    .loadflags = 1,
			    .cmdline_size = CMDLINE_SIZE,
			    .initrd_addr_max = INITRD_MAX },
	};
	struct elf_file elf;
	const char *why;
	uint64_t unused;
	int err;

	why = elf_open(&elf, image);
	if (!why && !is_kernel(&elf))
		why = "not a Linux kernel: one is linked in the upper half of "
		      "the address space, and entered in the lower";
	if (why)
		return elf_refuse(image, why);
	err = load_segments(&elf, mem, &kernel);
	if (err)
		return err;
	kernel.is_64bit = elf.is_64bit;
	kernel.is_for_pcs = elf_find_note(&elf, "Xen", ELF_NOTE_ANY, &unused);
	kernel.reads_acpi = args->nr_windows && linux_vmlinux_reads_acpi(&elf);
	kernel.entry = elf.entry;
	return linux_boot(&kernel, args, mem, cpu);
}

static const struct loader vmlinux = {
	.name = "vmlinux",
	.what = "uncompressed Linux kernel, an ELF file",
	.option = "--linux",
	.mem_min = LINUX_RAM_MIN,
	.needs = LINUX_NEEDS,
	.keys = LINUX_KEYS,
	.drives_windows = vmlinux_drives_windows,
	.match = vmlinux_match,
	.load = vmlinux_load,
};
LOADER(vmlinux);
