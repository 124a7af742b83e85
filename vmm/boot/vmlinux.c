/*
 * vmlinux: the kernel as an uncompressed ELF file. Nothing has to be unpacked
 * in the guest, so it boots quicker than the bzImage of the same kernel. Its
 * segments go to their physical addresses, .bss is RAM that is zero already,
 * and startup_64 (or startup_32) is entered as by a bzImage's own unpacker.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "boot/linux.h"
#include "util/log.h"

#define SEGMENTS_MAX   64
#define HEADER_VERSION 0x020f
#define HEADER_MAGIC   0x53726448 /* "HdrS" */
#define BOOT_FLAG      0xaa55
#define CMDLINE_SIZE   2047	  /* COMMAND_LINE_SIZE of x86 less the NUL */
#define INITRD_MAX     0x7fffffff /* as x86 kernels say in their bzImage */
#define KERNEL_HALF_64 0xffffffff80000000ULL
#define KERNEL_HALF_32 0x40000000ULL /* lowest CONFIG_PAGE_OFFSET */

/* One program header, whatever the file's class. */
struct segment {
	uint32_t type;
	uint64_t offset, vaddr, paddr, filesz, memsz;
};

/* The file header's part that matters here, whatever the class. */
struct elf_file {
	const struct image *image;
	bool is_64bit;
	uint64_t entry, phoff;
	unsigned int phnum, phentsize;
};

static int malformed(const struct image *image, const char *why)
{
	log_error("%s: vmlinux: %s", image->path, why);
	return -ENOEXEC;
}

static bool open_64(struct elf_file *elf)
{
	Elf64_Ehdr header;

	if (elf->image->size < sizeof(header))
		return false;
	memcpy(&header, elf->image->data, sizeof(header));
	elf->entry = header.e_entry;
	elf->phoff = header.e_phoff;
	elf->phnum = header.e_phnum;
	elf->phentsize = header.e_phentsize;
	return header.e_machine == EM_X86_64 && header.e_type == ET_EXEC &&
	       elf->phentsize == sizeof(Elf64_Phdr);
}

static bool open_32(struct elf_file *elf)
{
	Elf32_Ehdr header;

	if (elf->image->size < sizeof(header))
		return false;
	memcpy(&header, elf->image->data, sizeof(header));
	elf->entry = header.e_entry;
	elf->phoff = header.e_phoff;
	elf->phnum = header.e_phnum;
	elf->phentsize = header.e_phentsize;
	return header.e_machine == EM_386 && header.e_type == ET_EXEC &&
	       elf->phentsize == sizeof(Elf32_Phdr);
}

/* Whether the file is an x86 executable with a program header table in it. */
static bool elf_open(struct elf_file *elf, const struct image *image)
{
	uint64_t table;

	*elf = (struct elf_file){ .image = image };
	if (image->size < EI_NIDENT || memcmp(image->data, ELFMAG, SELFMAG) ||
	    image->data[EI_DATA] != ELFDATA2LSB)
		return false;
	elf->is_64bit = image->data[EI_CLASS] == ELFCLASS64;
	if (!(elf->is_64bit ? open_64(elf) : open_32(elf)))
		return false;
	table = (uint64_t)elf->phnum * elf->phentsize;
	return elf->phnum && elf->phnum <= SEGMENTS_MAX &&
	       elf->phoff <= image->size && table <= image->size - elf->phoff;
}

static struct segment elf_segment(const struct elf_file *elf, unsigned int i)
{
	const uint8_t *at = elf->image->data + elf->phoff + i * elf->phentsize;
	Elf64_Phdr p64;
	Elf32_Phdr p32;

	if (elf->is_64bit) {
		memcpy(&p64, at, sizeof(p64));
		return (struct segment){
			p64.p_type,  p64.p_offset, p64.p_vaddr,
			p64.p_paddr, p64.p_filesz, p64.p_memsz
		};
	}
	memcpy(&p32, at, sizeof(p32));
	return (struct segment){ p32.p_type,  p32.p_offset, p32.p_vaddr,
				 p32.p_paddr, p32.p_filesz, p32.p_memsz };
}

static bool is_elf(const struct image *image)
{
	return image->size >= EI_NIDENT &&
	       !memcmp(image->data, ELFMAG, SELFMAG);
}

/* A kernel is linked high and entered low: by a physical address. */
static bool looks_like_kernel(const struct elf_file *elf)
{
	uint64_t half = elf->is_64bit ? KERNEL_HALF_64 : KERNEL_HALF_32;

	for (unsigned int i = 0; i < elf->phnum; i++) {
		struct segment seg = elf_segment(elf, i);

		if (seg.type == PT_LOAD && seg.memsz)
			return seg.vaddr >= half &&
			       elf->entry - seg.paddr < seg.memsz;
	}
	return false;
}

/* Any ELF file is taken rather than called something else, and load() then
 * says what is wrong with it. */
static int vmlinux_match(const struct image *image)
{
	struct elf_file elf;

	if (!is_elf(image))
		return 0;
	return elf_open(&elf, image) && looks_like_kernel(&elf) ? 80 : 5;
}

static int load_segment(const struct image *image, const struct segment *seg,
			const struct memory *mem, struct linux_kernel *kernel)
{
	gpa_t end = seg->paddr + seg->memsz;

	if (seg->offset > image->size || seg->filesz > seg->memsz ||
	    seg->filesz > image->size - seg->offset)
		return malformed(image, "truncated: a segment reaches beyond "
					"the end of the file");
	if (end < seg->paddr)
		return malformed(image, "a segment wraps around");
	if (seg->paddr < kernel->end)
		return malformed(image, "its segments overlap, or are not in "
					"ascending order");
	if (!kernel->end)
		kernel->start = seg->paddr;
	kernel->end = end;
	if (linux_check_room(kernel, mem))
		return -E2BIG;
	return mem_write_sparse(mem, seg->paddr, image->data + seg->offset,
				seg->filesz);
}

static int load_segments(const struct elf_file *elf, const struct memory *mem,
			 struct linux_kernel *kernel)
{
	for (unsigned int i = 0; i < elf->phnum; i++) {
		struct segment seg = elf_segment(elf, i);
		int err = 0;

		if (seg.type == PT_LOAD && seg.memsz)
			err = load_segment(elf->image, &seg, mem, kernel);
		if (err)
			return err;
	}
	if (elf->entry < kernel->start || elf->entry >= kernel->end)
		return malformed(elf->image,
				 "no segment holds the entry point");
	return 0;
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
	int err;

	if (!elf_open(&elf, image))
		return malformed(image, "not an ELF executable for x86 whose "
					"program headers lie in the file");
	err = load_segments(&elf, mem, &kernel);
	if (err)
		return err;
	kernel.is_64bit = elf.is_64bit;
	kernel.entry = elf.entry;
	return linux_boot(&kernel, args, mem, cpu);
}

static const struct loader vmlinux = {
	.name = "vmlinux",
	.what = "uncompressed Linux kernel, an ELF file",
	.option = "--linux",
	.mem_min = LINUX_RAM_MIN,
	.needs = LINUX_NEEDS,
	.match = vmlinux_match,
	.load = vmlinux_load,
};
LOADER(vmlinux);
